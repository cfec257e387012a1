"""The units of work: each function returns a closure that does the work in a session.

The closures run on SQLAlchemy's bridge (`run_sync`). They look as if they blocked, but below them
the driver is awaited, and so a relation may be loaded when it is touched.
"""

from operator import attrgetter

from fastapi import HTTPException
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload
from typing_extensions import TypedDict

from bodies import NewAuthor, NewBook, NewOrder
from runner import Unit
from tables import MAX_BIGINT, MAX_INTEGER, Author, Book, Order, OrderLine


class AuthorOut(TypedDict):
    """An author, without the books."""

    id: int
    name: str


class BookTitle(TypedDict):
    """A book as it stands below its author."""

    id: int
    title: str


class AuthorWithBooks(AuthorOut):
    """An author with all of their books."""

    books: list[BookTitle]


class BookOut(BookTitle):
    """A book with the number of its author."""

    isbn: str
    stock: int
    author_id: int


class BookWithAuthor(BookTitle):
    """A book as it stands in the list of all books."""

    stock: int
    author: AuthorOut


class LineOut(TypedDict):
    """A line of an order."""

    book_id: int
    copies: int


class OrderOut(TypedDict):
    """An order with its lines."""

    id: int
    lines: list[LineOut]


def ping() -> Unit[dict[str, str]]:
    """Ask the database for a sign of life."""

    def unit(session: Session) -> dict[str, str]:
        session.execute(text("SELECT 1"))
        return {"database": "ok"}

    return unit


def store_author(new: NewAuthor) -> Unit[AuthorOut]:
    """Store an author."""

    def unit(session: Session) -> AuthorOut:
        author = Author(name=new.name)
        session.add(author)
        session.flush()
        return _describe_author(author)

    return unit


def list_authors() -> Unit[list[AuthorOut]]:
    """List all authors."""

    def unit(session: Session) -> list[AuthorOut]:
        authors = session.scalars(select(Author).order_by(Author.id))
        return [_describe_author(author) for author in authors]

    return unit


def show_author(author_id: int) -> Unit[AuthorWithBooks]:
    """Show an author with all of their books."""

    def unit(session: Session) -> AuthorWithBooks:
        author = _find_author(session, author_id)
        books: list[BookTitle] = [{"id": book.id, "title": book.title} for book in author.books]
        return {**_describe_author(author), "books": books}

    return unit


def store_book(new: NewBook) -> Unit[BookOut]:
    """Store a book of an author who is there, if its ISBN is free."""

    def unit(session: Session) -> BookOut:
        _find_author(session, new.author_id)
        book = Book(**new.model_dump())
        session.add(book)
        try:
            session.flush()
        except IntegrityError:
            session.rollback()
            first = session.scalar(select(Book.id).where(Book.isbn == new.isbn))
            if first is None:
                raise
            detail = f"Book {first} already has the ISBN {new.isbn}"
            raise HTTPException(409, detail) from None
        return _describe_book(book)

    return unit


def list_books() -> Unit[list[BookWithAuthor]]:
    """List all books, each with its author."""

    def unit(session: Session) -> list[BookWithAuthor]:
        books = select(Book).options(joinedload(Book.author, innerjoin=True)).order_by(Book.id)
        return [
            {
                "id": book.id,
                "title": book.title,
                "stock": book.stock,
                "author": _describe_author(book.author),
            }
            for book in session.scalars(books)
        ]

    return unit


def show_book(book_id: int) -> Unit[BookOut]:
    """Show a book."""

    def unit(session: Session) -> BookOut:
        book = session.get(Book, book_id) if 0 < book_id <= MAX_INTEGER else None
        if book is None:
            raise _no_book(book_id)
        return _describe_book(book)

    return unit


def store_order(new: NewOrder) -> Unit[OrderOut]:
    """Take the copies, look what is left, and store the order if that is nowhere too little.

    The taking comes first: it locks the rows (always in the same order), so that nobody else
    can change them between the look and the end. What raises undoes the taking.
    """
    storable = [line for line in new.lines if 0 < line.book_id <= MAX_INTEGER]
    storable.sort(key=attrgetter("book_id"))

    def unit(session: Session) -> OrderOut:
        for line in storable:
            rest = Book.stock - min(line.copies, MAX_BIGINT)
            taking = update(Book).where(Book.id == line.book_id).values(stock=rest)
            session.execute(taking, execution_options={"synchronize_session": False})
        numbers = [line.book_id for line in storable]
        rows = session.execute(select(Book.id, Book.stock).where(Book.id.in_(numbers)))
        left = dict(rows.tuples().all())
        for line in new.lines:
            if line.book_id not in left:
                raise _no_book(line.book_id)
            if left[line.book_id] < 0 or line.copies > MAX_BIGINT:
                detail = f"There are not enough copies of book {line.book_id}"
                raise HTTPException(409, detail)
        order = Order(lines=[OrderLine(**line.model_dump()) for line in new.lines])
        session.add(order)
        session.flush()
        return _describe_order(order)

    return unit


def list_orders() -> Unit[list[OrderOut]]:
    """List all orders with their lines."""

    def unit(session: Session) -> list[OrderOut]:
        orders = select(Order).options(selectinload(Order.lines)).order_by(Order.id)
        return [_describe_order(order) for order in session.scalars(orders)]

    return unit


def _find_author(session: Session, author_id: int) -> Author:
    """Return an author, or refuse."""
    author = session.get(Author, author_id) if 0 < author_id <= MAX_INTEGER else None
    if author is None:
        raise HTTPException(404, f"There is no author {author_id}")
    return author


def _no_book(book_id: int) -> HTTPException:
    """Make the refusal of a book that is not there."""
    return HTTPException(404, f"There is no book {book_id}")


def _describe_author(author: Author) -> AuthorOut:
    """Show an author as clients see them."""
    return {"id": author.id, "name": author.name}


def _describe_book(book: Book) -> BookOut:
    """Show a book as clients see it."""
    return {
        "id": book.id,
        "title": book.title,
        "isbn": book.isbn,
        "stock": book.stock,
        "author_id": book.author_id,
    }


def _describe_order(order: Order) -> OrderOut:
    """Show an order as clients see it."""
    lines: list[LineOut] = [
        {"book_id": line.book_id, "copies": line.copies} for line in order.lines
    ]
    return {"id": order.id, "lines": lines}
