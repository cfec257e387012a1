"""Authors."""

from fastapi import HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from shop.database import authors, books, find, insert_row
from shop.web import Json, read_body, read_number, route


class NewAuthor(BaseModel):
    """The body of POST /authors."""

    name: str = Field(min_length=1, max_length=100)


async def add_author(request: Request, session: AsyncSession) -> Json:
    """Store an author."""
    new = await read_body(request, NewAuthor)
    number = await insert_row(session, authors.insert().values(name=new.name))
    return {"id": number, "name": new.name}


async def list_authors(_: Request, session: AsyncSession) -> Json:
    """List all authors."""
    result = await session.execute(authors.select().order_by(authors.c.id))
    return [dict(row) for row in result.mappings()]


async def show_author(request: Request, session: AsyncSession) -> Json:
    """Show an author with all of their books."""
    author_id = read_number(request, "author_id")
    author = await find(session, authors, author_id)
    if author is None:
        raise HTTPException(404, f"There is no author {author_id}")
    theirs = select(books.c.id, books.c.title).where(books.c.author_id == author_id)
    result = await session.execute(theirs.order_by(books.c.id))
    return {**author, "books": [dict(row) for row in result.mappings()]}


routes = [
    route("POST", "/authors", add_author, 201),
    route("GET", "/authors", list_authors),
    route("GET", "/authors/{author_id}", show_author),
]
