"""The bookshop with a database: the reference for lesson 08."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, cast

from fastapi import Depends, FastAPI, HTTPException, status
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import CursorResult, ForeignKey, String, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///bookshop.db")
"""Where the database is, and which driver talks to it. The environment decides."""


class Base(DeclarativeBase):
    """What all tables have in common."""


class Author(Base):
    """A row of the table of authors."""

    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    books: Mapped[list["Book"]] = relationship(
        back_populates="author", order_by="Book.id", lazy="raise"
    )


class Book(Base):
    """A row of the table of books."""

    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    isbn: Mapped[str] = mapped_column(String(13), unique=True)
    stock: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books", lazy="raise")


class Order(Base):
    """A row of the table of orders."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.id", lazy="raise")


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


class FromRow(BaseModel):
    """What is built from a row rather than from a dict."""

    model_config = ConfigDict(from_attributes=True)


class AuthorOut(FromRow):
    """An author without their books."""

    id: int
    name: str


class BookTitle(FromRow):
    """A book as its author's page shows it."""

    id: int
    title: str


class AuthorWithBooks(AuthorOut):
    """An author's page."""

    books: list[BookTitle]


class BookOut(BookTitle):
    """All that the table of books says of a book."""

    isbn: str
    stock: int
    author_id: int


class BookWithAuthor(BookTitle):
    """A book as the list shows it."""

    stock: int
    author: AuthorOut


class LineOut(FromRow):
    """A line of an order."""

    book_id: int
    copies: int


class OrderOut(FromRow):
    """An order that was accepted."""

    id: int
    lines: list[LineOut]


engine = create_async_engine(DATABASE_URL)
make_session = async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Make the tables that are missing; at the end, close the connections."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    try:
        yield
    finally:
        await engine.dispose()


app = FastAPI(title="Bookshop API", lifespan=lifespan)


async def open_session() -> AsyncIterator[AsyncSession]:
    """Give a request a session of its own, which is closed whatever happens."""
    async with make_session() as session:
        yield session


Session = Annotated[AsyncSession, Depends(open_session)]


def missing(what: str, number: int) -> HTTPException:
    """Return the answer for a row that is not there."""
    return HTTPException(status.HTTP_404_NOT_FOUND, f"There is no {what} {number}")


async def find_book(session: AsyncSession, book_id: int) -> Book:
    """Return the book, or answer 404."""
    book = await session.get(Book, book_id)
    if book is None:
        raise missing("book", book_id)
    return book


@app.get("/health")
async def check_health(session: Session) -> dict[str, str]:
    """Say that the database answers."""
    await session.execute(text("SELECT 1"))
    return {"database": "ok"}


@app.post("/authors", status_code=status.HTTP_201_CREATED, response_model=AuthorOut)
async def create_author(new: NewAuthor, session: Session) -> Author:
    """Store an author."""
    author = Author(name=new.name)
    session.add(author)
    await session.commit()
    return author


@app.get("/authors", response_model=list[AuthorOut])
async def list_authors(session: Session) -> Sequence[Author]:
    """List all authors."""
    return (await session.scalars(select(Author).order_by(Author.id))).all()


@app.get("/authors/{author_id}", response_model=AuthorWithBooks)
async def show_author(author_id: int, session: Session) -> Author:
    """Show an author with their books."""
    author = await session.get(Author, author_id, options=[selectinload(Author.books)])
    if author is None:
        raise missing("author", author_id)
    return author


@app.post("/books", status_code=status.HTTP_201_CREATED, response_model=BookOut)
async def create_book(new: NewBook, session: Session) -> Book:
    """Store a book, unless its ISBN is taken."""
    if await session.get(Author, new.author_id) is None:
        raise missing("author", new.author_id)
    book = Book(**new.model_dump())
    session.add(book)
    try:
        await session.commit()
    except IntegrityError:
        await session.rollback()
        first = await session.scalar(select(Book.id).where(Book.isbn == new.isbn))
        raise HTTPException(
            status.HTTP_409_CONFLICT, f"Book {first} already has the ISBN {new.isbn}"
        ) from None
    return book


@app.get("/books", response_model=list[BookWithAuthor])
async def list_books(session: Session) -> Sequence[Book]:
    """List all books with their authors, in one statement."""
    books = select(Book).options(joinedload(Book.author)).order_by(Book.id)
    return (await session.scalars(books)).all()


@app.get("/books/{book_id}", response_model=BookOut)
async def show_book(book_id: int, session: Session) -> Book:
    """Show the book of that number."""
    return await find_book(session, book_id)


@app.post("/orders", status_code=status.HTTP_201_CREATED, response_model=OrderOut)
async def place_order(new: NewOrder, session: Session) -> Order:
    """Take the copies of every line from stock and store the order, or change nothing."""
    async with session.begin():
        # Always in the same order, so that two orders never wait for each other.
        for line in sorted(new.lines, key=lambda line: line.book_id):
            await take_copies(session, line)
        order = Order(lines=[OrderLine(**line.model_dump()) for line in new.lines])
        session.add(order)
    return order


async def take_copies(session: AsyncSession, line: NewLine) -> None:
    """Take copies from stock if there are enough, or answer 404 or 409."""
    enough = Book.id == line.book_id, Book.stock >= line.copies
    take = update(Book).where(*enough).values(stock=Book.stock - line.copies)
    taken = cast("CursorResult[Any]", await session.execute(take))  # what an UPDATE returns
    if taken.rowcount == 0:
        await find_book(session, line.book_id)
        raise HTTPException(
            status.HTTP_409_CONFLICT, f"There are not enough copies of book {line.book_id}"
        )


@app.get("/orders", response_model=list[OrderOut])
async def list_orders(session: Session) -> Sequence[Order]:
    """List all orders with their lines."""
    orders = select(Order).options(selectinload(Order.lines)).order_by(Order.id)
    return (await session.scalars(orders)).all()
