"""Books."""

import re
from typing import Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field, field_validator, model_validator

from shop.shelf import Shelf, Strict

router = APIRouter(prefix="/books", tags=["books"])


class PublicFields(BaseModel):
    """What a new book and a shown book have in common."""

    title: str = Field(min_length=1, max_length=120)
    subtitle: str | None = None
    isbn: str
    pages: int = Field(gt=0, lt=5001)
    price_cents: int = Field(gt=0, lt=100_001)
    discount_cents: int = Field(default=0, ge=0)


class Shown(PublicFields):
    """With its number."""

    id: int


class Sent(PublicFields, Strict):
    """With what the shop paid."""

    purchase_price_cents: int = Field(ge=0)

    @field_validator("isbn", mode="before")
    @classmethod
    def digits(cls, value: Any) -> Any:
        """Check the sum."""
        if not isinstance(value, str):
            raise ValueError("no text")  # noqa: TRY004
        value = "".join(value.replace("-", " ").split())
        if not re.fullmatch("[0-9]{13}", value):
            raise ValueError("not 13 digits")
        even, odd = value[::2], value[1::2]
        assert (sum(map(int, even)) + 3 * sum(map(int, odd))) % 10 == 0, "wrong sum"
        return value

    @model_validator(mode="before")
    @classmethod
    def compare(cls, data: Any) -> Any:
        """Compare what was sent, where it can be compared."""
        if isinstance(data, dict):
            price, discount = data.get("price_cents"), data.get("discount_cents", 0)
            numbers = isinstance(price, int) and isinstance(discount, int)
            if numbers and price > 0 and discount >= price:
                raise ValueError("discount too high")
        return data


class Changes(Strict):
    """A default of the same type is never used, for what was not sent is not looked at."""

    title: str = Field(default="-", min_length=1, max_length=120)
    subtitle: str | None = None
    pages: int = Field(default=1, ge=1, le=5000)


BOOKS = Shelf[Sent](100)


def shown(number: int) -> Shown:
    """Make the public form."""
    return Shown(id=number, **BOOKS.get(number).model_dump(exclude={"purchase_price_cents"}))


@router.post("", status_code=201)
def add(
    book: Sent = Body(
        openapi_examples={
            "plain": {
                "value": {
                    "title": "Kindred",
                    "isbn": "9780306406157",
                    "pages": 264,
                    "price_cents": 1450,
                    "purchase_price_cents": 900,
                }
            }
        }
    ),
) -> Shown:
    """Add a book."""
    return shown(BOOKS.put(book))


@router.get("/{book_id}")
def show(book_id: int) -> Shown:
    """Show a book."""
    return shown(book_id)


@router.patch("/{book_id}")
def change(book_id: int, changes: Changes) -> Shown:
    """Change a book."""
    update = {name: getattr(changes, name) for name in changes.model_fields_set}
    BOOKS.replace(book_id, BOOKS.get(book_id).model_copy(update=update))
    return shown(book_id)
