"""SQLAlchemy Core: tables without classes, a connection a request, dicts as answers."""

import os
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import Column, ForeignKey, Integer, MetaData, NullPool, String, Table
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

metadata = MetaData()
people = Table(
    "people", metadata, Column("id", Integer, primary_key=True), Column("name", String(100))
)
titles = Table(
    "titles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String(200)),
    Column("isbn", String(13), unique=True),
    Column("stock", Integer, nullable=False),
    Column("author_id", ForeignKey("people.id")),
)
sales = Table("sales", metadata, Column("id", Integer, primary_key=True))
sold = Table(
    "sold",
    metadata,
    Column("sale", ForeignKey("sales.id"), primary_key=True),
    Column("book_id", ForeignKey("titles.id"), primary_key=True),
    Column("copies", Integer, nullable=False),
)

engine = create_async_engine(os.environ["DATABASE_URL"], poolclass=NullPool)


@asynccontextmanager
async def life(app):
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield


class Refusal(Exception):
    def __init__(self, status, detail):
        self.status, self.detail = status, detail


app = FastAPI(lifespan=life)


@app.exception_handler(Refusal)
async def refuse(request, refusal):
    return JSONResponse({"detail": refusal.detail}, refusal.status)


async def connect():
    async with engine.connect() as connection:
        yield connection


Connection = Annotated[AsyncConnection, Depends(connect)]


class NewAuthor(BaseModel):
    name: str = Field(min_length=1, max_length=100)


class NewBook(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    isbn: str = Field(pattern=r"^\d{13}$")
    stock: int = Field(ge=0)
    author_id: int


class Line(BaseModel):
    book_id: int
    copies: int = Field(ge=1)


class NewOrder(BaseModel):
    lines: list[Line] = Field(min_length=1)


async def one(connection, table, number, what) -> dict[str, Any]:
    row = (await connection.execute(select(table).where(table.c.id == number))).mappings().first()
    if row is None:
        raise Refusal(404, f"There is no {what} {number}")
    return dict(row)


@app.get("/health")
async def health(db: Connection):
    await db.execute(text("SELECT 1"))
    return {"database": "ok"}


@app.post("/authors", status_code=201)
async def post_author(new: NewAuthor, db: Connection):
    result = await db.execute(insert(people).values(name=new.name))
    await db.commit()
    return {"id": result.inserted_primary_key[0], "name": new.name}


@app.get("/authors")
async def get_authors(db: Connection):
    return [dict(row) for row in (await db.execute(select(people).order_by("id"))).mappings()]


@app.get("/authors/{author_id}")
async def get_author(author_id: int, db: Connection):
    author = await one(db, people, author_id, "author")
    books = select(titles.c.id, titles.c.title).where(titles.c.author_id == author_id)
    rows = (await db.execute(books.order_by(titles.c.id))).mappings()
    return author | {"books": [dict(row) for row in rows]}


@app.post("/books", status_code=201)
async def post_book(new: NewBook, db: Connection):
    await one(db, people, new.author_id, "author")
    try:
        result = await db.execute(insert(titles).values(**new.model_dump()))
        await db.commit()
    except IntegrityError:
        await db.rollback()
        number = await db.scalar(select(titles.c.id).where(titles.c.isbn == new.isbn))
        raise Refusal(409, f"Book {number} already has the ISBN {new.isbn}") from None
    return {"id": result.inserted_primary_key[0], **new.model_dump()}


@app.get("/books")
async def get_books(db: Connection):
    rows = await db.execute(
        select(titles.c.id, titles.c.title, titles.c.stock, people.c.id.label("person"), people.c.name)
        .join(people)
        .order_by(titles.c.id)
    )
    return [
        {
            "id": row.id,
            "title": row.title,
            "stock": row.stock,
            "author": {"id": row.person, "name": row.name},
        }
        for row in rows
    ]


@app.get("/books/{book_id}")
async def get_book(book_id: int, db: Connection):
    return await one(db, titles, book_id, "book")


@app.post("/orders", status_code=201)
async def post_order(new: NewOrder):
    async with engine.begin() as db:
        for line in sorted(new.lines, key=lambda line: -line.book_id):
            result = await db.execute(
                update(titles)
                .where(titles.c.id == line.book_id, titles.c.stock >= line.copies)
                .values(stock=titles.c.stock - line.copies)
            )
            if not result.rowcount:
                await one(db, titles, line.book_id, "book")
                raise Refusal(409, f"There are not enough copies of book {line.book_id}")
        number = (await db.execute(insert(sales).values())).inserted_primary_key[0]
        lines = [line.model_dump() for line in new.lines]
        await db.execute(insert(sold), [{"sale": number, **line} for line in lines])
    return {"id": number, "lines": lines}


@app.get("/orders")
async def get_orders(db: Connection):
    found: dict[int, list[dict[str, int]]] = {}
    for row in await db.execute(select(sold).order_by("sale", "book_id")):
        found.setdefault(row.sale, []).append({"book_id": row.book_id, "copies": row.copies})
    return [{"id": number, "lines": lines} for number, lines in found.items()]
