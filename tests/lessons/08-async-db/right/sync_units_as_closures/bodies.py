"""The bodies that clients send."""

from pydantic import BaseModel, Field

from tables import MAX_BIGINT


class NewAuthor(BaseModel):
    """The body of POST /authors."""

    name: str = Field(min_length=1, max_length=100)


class NewBook(BaseModel):
    """The body of POST /books."""

    title: str = Field(min_length=1, max_length=200)
    isbn: str = Field(pattern=r"^\d{13}$")
    stock: int = Field(ge=0, le=MAX_BIGINT)
    author_id: int


class NewLine(BaseModel):
    """A line of an order that a customer sends."""

    book_id: int
    copies: int = Field(ge=1)


class NewOrder(BaseModel):
    """The body of POST /orders."""

    lines: list[NewLine] = Field(min_length=1)
