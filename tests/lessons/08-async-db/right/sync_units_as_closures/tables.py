"""The tables, as dataclasses."""

from typing import Annotated

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    mapped_column,
    relationship,
)

MAX_INTEGER = 2**31 - 1
"""The highest number that an INTEGER column holds on every database."""

MAX_BIGINT = 2**63 - 1
"""The highest number that a BIGINT column holds on every database."""

Key = Annotated[int, mapped_column(primary_key=True)]
Copies = Annotated[int, mapped_column(BigInteger)]


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """What all tables have in common."""


class Author(Base, kw_only=True):
    """A row of the table of authors."""

    __tablename__ = "authors"

    id: Mapped[Key] = mapped_column(init=False)
    name: Mapped[str] = mapped_column(String(100))
    books: Mapped[list["Book"]] = relationship(
        init=False, repr=False, back_populates="author", order_by="Book.id"
    )


class Book(Base, kw_only=True):
    """A row of the table of books."""

    __tablename__ = "books"

    id: Mapped[Key] = mapped_column(init=False)
    title: Mapped[str] = mapped_column(String(200))
    isbn: Mapped[str] = mapped_column(String(13), unique=True)
    stock: Mapped[Copies]
    author_id: Mapped[int] = mapped_column(ForeignKey(Author.id))
    author: Mapped[Author] = relationship(init=False, repr=False, back_populates="books")


class Order(Base, kw_only=True):
    """A row of the table of orders."""

    __tablename__ = "orders"

    id: Mapped[Key] = mapped_column(init=False)
    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.id")


class OrderLine(Base, kw_only=True):
    """A row of the table of order lines: how many copies of which book."""

    __tablename__ = "order_lines"

    id: Mapped[Key] = mapped_column(init=False)
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id), init=False)
    book_id: Mapped[int] = mapped_column(ForeignKey(Book.id))
    copies: Mapped[Copies]
