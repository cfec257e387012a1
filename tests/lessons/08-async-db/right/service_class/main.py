"""The bookshop with a database: thin path operations around one service class."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from operator import attrgetter
from typing import Annotated, Any, ClassVar, TypeVar, cast

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import BigInteger, CursorResult, ForeignKey, String, select, text, update
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
from sqlalchemy.orm.interfaces import ORMOption

DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///bookshop.db")
"""Where the database is, and which driver talks to it. The environment decides."""

MAX_ID = 2**31 - 1
"""The highest number that an INTEGER column holds on every database."""

MAX_COPIES = 2**63 - 1
"""The highest number that a BIGINT column holds on every database."""


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
    stock: Mapped[int] = mapped_column(BigInteger)
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
    copies: Mapped[int] = mapped_column(BigInteger)


class NewAuthor(BaseModel):
    """The body of POST /authors."""

    name: str = Field(min_length=1, max_length=100)


class NewBook(BaseModel):
    """The body of POST /books."""

    title: str = Field(min_length=1, max_length=200)
    isbn: str = Field(pattern=r"^\d{13}$")
    stock: int = Field(ge=0, le=MAX_COPIES)
    author_id: int


class NewLine(BaseModel):
    """A line of an order that a customer sends."""

    book_id: int
    copies: int = Field(ge=1)


class NewOrder(BaseModel):
    """The body of POST /orders."""

    lines: list[NewLine] = Field(min_length=1)


class Answer(BaseModel):
    """What all answers have in common: they are read from rows."""

    model_config = ConfigDict(from_attributes=True)


class AuthorOut(Answer):
    """An author, without the books."""

    id: int
    name: str


class BookTitle(Answer):
    """A book as it stands below its author."""

    id: int
    title: str


class AuthorWithBooks(AuthorOut):
    """An author with all of their books."""

    books: list[BookTitle]


class BookOut(Answer):
    """A book with the number of its author."""

    id: int
    title: str
    isbn: str
    stock: int
    author_id: int


class BookWithAuthor(Answer):
    """A book as it stands in the list of all books."""

    id: int
    title: str
    stock: int
    author: AuthorOut


class LineOut(Answer):
    """A line of an order."""

    book_id: int
    copies: int


class OrderOut(Answer):
    """An order with its lines."""

    id: int
    lines: list[LineOut]


class RefusalError(Exception):
    """The shop can't do what the client asks for."""

    status: ClassVar[int]


class MissingError(RefusalError):
    """The client names something that is not there."""

    status = 404

    def __init__(self, what: str, number: int) -> None:
        super().__init__(f"There is no {what} {number}")


class TakenError(RefusalError):
    """Another book has the ISBN."""

    status = 409

    def __init__(self, book_id: int, isbn: str) -> None:
        super().__init__(f"Book {book_id} already has the ISBN {isbn}")


class TooFewError(RefusalError):
    """The stock is lower than what the client orders."""

    status = 409

    def __init__(self, book_id: int) -> None:
        super().__init__(f"There are not enough copies of book {book_id}")


engine = create_async_engine(DATABASE_URL)
make_session = async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Make the tables that are missing; at the end, close all connections."""
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield
    finally:
        await engine.dispose()


async def open_session() -> AsyncIterator[AsyncSession]:
    """Lend each request a session of its own. What is not committed is rolled back."""
    async with make_session() as session:
        yield session


Session = Annotated[AsyncSession, Depends(open_session)]
Row = TypeVar("Row", Author, Book)


class Shop:
    """Everything that the shop can do, in the session of one request."""

    def __init__(self, session: Session) -> None:
        self.session = session

    async def ping(self) -> None:
        """Ask the database for a sign of life."""
        await self.session.execute(text("SELECT 1"))

    async def find(self, table: type[Row], number: int, *options: ORMOption) -> Row:
        """Return the row with this number, or refuse."""
        row = None
        if 0 < number <= MAX_ID:
            row = await self.session.get(table, number, options=options)
        if row is None:
            raise MissingError(table.__name__.lower(), number)
        return row

    async def add_author(self, new: NewAuthor) -> Author:
        """Store an author."""
        author = Author(name=new.name)
        self.session.add(author)
        await self.session.commit()
        return author

    async def all_authors(self) -> Sequence[Author]:
        """Return all authors, without their books."""
        authors = await self.session.scalars(select(Author).order_by(Author.id))
        return authors.all()

    async def author_with_books(self, author_id: int) -> Author:
        """Return an author with their books, or refuse."""
        return await self.find(Author, author_id, selectinload(Author.books))

    async def add_book(self, new: NewBook) -> Book:
        """Store a book, or refuse it if the author is missing or the ISBN is taken."""
        await self.find(Author, new.author_id)
        book = Book(**new.model_dump())
        self.session.add(book)
        try:
            await self.session.commit()
        except IntegrityError:
            await self.session.rollback()
            same = select(Book.id).where(Book.isbn == new.isbn)
            first = await self.session.scalar(same)
            if first is None:
                raise
            raise TakenError(first, new.isbn) from None
        return book

    async def all_books(self) -> Sequence[Book]:
        """Return all books with their authors, in one statement."""
        books = select(Book).options(joinedload(Book.author, innerjoin=True))
        return (await self.session.scalars(books.order_by(Book.id))).all()

    async def take(self, line: NewLine) -> bool:
        """Take the copies of a line from the stock. Return False if that can't be."""
        if not 0 < line.book_id <= MAX_ID or line.copies > MAX_COPIES:
            return False
        statement = (
            update(Book)
            .where(Book.id == line.book_id, Book.stock >= line.copies)
            .values(stock=Book.stock - line.copies)
            .execution_options(synchronize_session=False)
        )
        result = cast("CursorResult[Any]", await self.session.execute(statement))
        return result.rowcount == 1

    async def add_order(self, new: NewOrder) -> Order:
        """Take all copies and store the order, or do nothing of it and refuse."""
        for line in sorted(new.lines, key=attrgetter("book_id")):
            if not await self.take(line):
                await self.find(Book, line.book_id)
                raise TooFewError(line.book_id)
        order = Order(lines=[OrderLine(**line.model_dump()) for line in new.lines])
        self.session.add(order)
        await self.session.commit()
        return order

    async def all_orders(self) -> Sequence[Order]:
        """Return all orders with their lines, in two statements."""
        orders = select(Order).options(selectinload(Order.lines)).order_by(Order.id)
        return (await self.session.scalars(orders)).all()


ShopOfRequest = Annotated[Shop, Depends()]

app = FastAPI(title="Bookshop API", lifespan=lifespan)


@app.exception_handler(RefusalError)
async def refuse(_: Request, refusal: RefusalError) -> JSONResponse:
    """Tell the client why the shop refuses."""
    return JSONResponse({"detail": str(refusal)}, refusal.status)


@app.get("/health")
async def check_health(shop: ShopOfRequest) -> dict[str, str]:
    """Say that the database answers."""
    await shop.ping()
    return {"database": "ok"}


@app.post("/authors", status_code=201, response_model=AuthorOut)
async def add_author(new: NewAuthor, shop: ShopOfRequest) -> Author:
    """Store an author."""
    return await shop.add_author(new)


@app.get("/authors", response_model=list[AuthorOut])
async def list_authors(shop: ShopOfRequest) -> Sequence[Author]:
    """List all authors."""
    return await shop.all_authors()


@app.get("/authors/{author_id}", response_model=AuthorWithBooks)
async def show_author(author_id: int, shop: ShopOfRequest) -> Author:
    """Show an author with all of their books."""
    return await shop.author_with_books(author_id)


@app.post("/books", status_code=201, response_model=BookOut)
async def add_book(new: NewBook, shop: ShopOfRequest) -> Book:
    """Store a book."""
    return await shop.add_book(new)


@app.get("/books", response_model=list[BookWithAuthor])
async def list_books(shop: ShopOfRequest) -> Sequence[Book]:
    """List all books, each with its author."""
    return await shop.all_books()


@app.get("/books/{book_id}", response_model=BookOut)
async def show_book(book_id: int, shop: ShopOfRequest) -> Book:
    """Show a book."""
    return await shop.find(Book, book_id)


@app.post("/orders", status_code=201, response_model=OrderOut)
async def add_order(new: NewOrder, shop: ShopOfRequest) -> Order:
    """Take an order."""
    return await shop.add_order(new)


@app.get("/orders", response_model=list[OrderOut])
async def list_orders(shop: ShopOfRequest) -> Sequence[Order]:
    """List all orders."""
    return await shop.all_orders()
