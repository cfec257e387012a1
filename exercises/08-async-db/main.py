"""The bookshop with a database. The task is in README.md, beside this file."""

import os

from fastapi import FastAPI
from pydantic import BaseModel, Field
from sqlalchemy import ForeignKey, String, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///bookshop.db")
"""Where the database is, and which driver talks to it. The environment decides."""


class Base(DeclarativeBase):
    """What all tables have in common."""


class Author(Base):
    """A row of the table of authors."""

    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    # 08.6: an author has books.


class Book(Base):
    """A row of the table of books."""

    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    isbn: Mapped[str] = mapped_column(String(13))  # 08.5: no two books have the same one.
    stock: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    # 08.7: a book has an author.


class Order(Base):
    """A row of the table of orders."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    # 08.8: an order has lines.


class OrderLine(Base):
    """A row of the table of order lines: how many copies of which book."""

    __tablename__ = "order_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    copies: Mapped[int]


class NewAuthor(BaseModel):
    """The body of POST /authors."""

    name: str = Field(min_length=1, max_length=100)


class NewBook(BaseModel):
    """The body of POST /books."""

    title: str = Field(min_length=1, max_length=200)
    isbn: str = Field(pattern=r"^\d{13}$")
    stock: int = Field(ge=0)
    author_id: int


class NewLine(BaseModel):
    """A line of an order that a customer sends."""

    book_id: int
    copies: int = Field(ge=1)


class NewOrder(BaseModel):
    """The body of POST /orders."""

    lines: list[NewLine] = Field(min_length=1)


# 08.1: this engine blocks the server while the database works.
engine = create_engine(DATABASE_URL.replace("+aiosqlite", ""))

# 08.2: make the tables when the app starts, dispose the engine when it stops.
app = FastAPI(title="Bookshop API")

# 08.3: a dependency that gives each request a session of its own.


@app.get("/health")
async def check_health() -> dict[str, str]:
    """Say that the database answers. 08.1: without blocking."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return {"database": "ok"}


# 08.3: functions that answer POST /authors and GET /authors.

# 08.4: functions that answer POST /books and GET /books/{book_id}. Later: 08.5.

# 08.6: a function that answers GET /authors/{author_id}.

# 08.7: a function that answers GET /books.

# 08.8: functions that answer POST /orders and GET /orders. Later: 08.9.
