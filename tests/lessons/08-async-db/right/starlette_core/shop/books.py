"""Books."""

from fastapi import HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from shop.database import MAX_BIGINT, authors, books, find, insert_row
from shop.web import Json, read_body, read_number, route


class NewBook(BaseModel):
    """The body of POST /books."""

    title: str = Field(min_length=1, max_length=200)
    isbn: str = Field(pattern=r"^\d{13}$")
    stock: int = Field(ge=0, le=MAX_BIGINT)
    author_id: int


async def add_book(request: Request, session: AsyncSession) -> Json:
    """Store a book of an author who is there, if its ISBN is free."""
    new = await read_body(request, NewBook)
    if await find(session, authors, new.author_id) is None:
        raise HTTPException(404, f"There is no author {new.author_id}")
    values = new.model_dump()
    try:
        number = await insert_row(session, books.insert().values(values))
    except IntegrityError:
        await session.rollback()
        first = await session.scalar(select(books.c.id).where(books.c.isbn == new.isbn))
        if first is None:
            raise
        raise HTTPException(409, f"Book {first} already has the ISBN {new.isbn}") from None
    return {"id": number, **values}


async def list_books(_: Request, session: AsyncSession) -> Json:
    """List all books, each with its author."""
    both = select(books, authors.c.name).join_from(books, authors).order_by(books.c.id)
    return [
        {
            "id": row.id,
            "title": row.title,
            "stock": row.stock,
            "author": {"id": row.author_id, "name": row.name},
        }
        for row in await session.execute(both)
    ]


async def show_book(request: Request, session: AsyncSession) -> Json:
    """Show a book."""
    book_id = read_number(request, "book_id")
    book = await find(session, books, book_id)
    if book is None:
        raise HTTPException(404, f"There is no book {book_id}")
    return dict(book)


routes = [
    route("POST", "/books", add_book, 201),
    route("GET", "/books", list_books),
    route("GET", "/books/{book_id}", show_book),
]
