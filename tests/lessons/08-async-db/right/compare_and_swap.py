"""Sessions opened by hand; stock by compare-and-swap with retries; selectin relations."""

import os
from contextlib import asynccontextmanager

import sqlalchemy as sa
from fastapi import APIRouter, FastAPI, HTTPException, Request
from pydantic import BaseModel, Field, TypeAdapter
from sqlalchemy import orm
from sqlalchemy.ext import asyncio as sa_async


class Row(sa_async.AsyncAttrs, orm.DeclarativeBase):
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


class Writer(Row):
    __tablename__ = "writers"
    name: orm.Mapped[str] = orm.mapped_column(sa.String(100))
    books = orm.relationship("Volume", back_populates="author", order_by="Volume.id")


class Volume(Row):
    __tablename__ = "volumes"
    __table_args__ = (sa.UniqueConstraint("isbn", name="one_book_one_isbn"),)
    title: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    isbn: orm.Mapped[str] = orm.mapped_column(sa.String(13))
    stock: orm.Mapped[int]
    author_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("writers.id"))
    author = orm.relationship("Writer", back_populates="books", lazy="selectin")


class Purchase(Row):
    __tablename__ = "purchases"
    lines: orm.Mapped[list[dict]] = orm.mapped_column(sa.JSON)


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


LINES = TypeAdapter(list[Line])


@asynccontextmanager
async def lifespan(app: FastAPI):
    engine = sa_async.create_async_engine(os.environ["DATABASE_URL"], pool_size=20, pool_pre_ping=True)
    async with engine.begin() as connection:
        await connection.run_sync(Row.metadata.create_all)
    yield {"sessions": sa_async.async_sessionmaker(engine)}
    await engine.dispose()


router = APIRouter()


def shown(book: Volume) -> dict:
    names = ("id", "title", "isbn", "stock", "author_id")
    return {name: getattr(book, name) for name in names}


@router.get("/health")
async def health(request: Request):
    async with request.state.sessions() as session:
        return {"database": "ok" if await session.scalar(sa.select(1)) == 1 else "ill"}


@router.post("/authors", status_code=201)
async def add_author(new: NewAuthor, request: Request):
    async with request.state.sessions.begin() as session:
        writer = Writer(**new.model_dump())
        session.add(writer)
        await session.flush()
        answer = {"id": writer.id, "name": writer.name}
    return answer


@router.get("/authors")
async def authors(request: Request):
    async with request.state.sessions() as session:
        rows = await session.execute(sa.select(Writer.id, Writer.name).order_by(Writer.id))
        return [{"id": number, "name": name} for number, name in rows]


@router.get("/authors/{number}")
async def author(number: int, request: Request):
    async with request.state.sessions() as session:
        writer = await session.get(Writer, number)
        if not writer:
            raise HTTPException(404, f"There is no author {number}")
        books = await writer.awaitable_attrs.books
        shown_books = [{"id": book.id, "title": book.title} for book in books]
        return {"id": writer.id, "name": writer.name, "books": shown_books}


@router.post("/books", status_code=201)
async def add_book(new: NewBook, request: Request):
    try:
        async with request.state.sessions.begin() as session:
            if not await session.get(Writer, new.author_id):
                raise HTTPException(404, f"There is no author {new.author_id}")
            book = Volume(**new.model_dump())
            session.add(book)
            await session.flush()
            answer = shown(book)
    except sa.exc.IntegrityError:
        async with request.state.sessions() as session:
            number = await session.scalar(sa.select(Volume.id).filter_by(isbn=new.isbn))
        raise HTTPException(409, f"Book {number} already has the ISBN {new.isbn}") from None
    return answer


@router.get("/books")
async def books(request: Request):
    async with request.state.sessions() as session:
        return [
            {
                "id": book.id,
                "title": book.title,
                "stock": book.stock,
                "author": {"id": book.author.id, "name": book.author.name},
            }
            for book in await session.scalars(sa.select(Volume).order_by(Volume.id))
        ]


@router.get("/books/{number}")
async def book(number: int, request: Request):
    async with request.state.sessions() as session:
        found = await session.get(Volume, number)
        if not found:
            raise HTTPException(404, f"There is no book {number}")
        return shown(found)


async def take(connection, line: Line):
    table = Volume.__table__
    while True:
        # What is read in a transaction of its own is never an old picture.
        found = select_stock(table, line.book_id)
        left = await connection.scalar(found)
        if left is None:
            raise HTTPException(404, f"There is no book {line.book_id}")
        if left < line.copies:
            raise HTTPException(409, f"There are not enough copies of book {line.book_id}")
        swap = sa.update(table).where(table.c.id == line.book_id, table.c.stock == left)
        if (await connection.execute(swap.values(stock=left - line.copies))).rowcount:
            return


def select_stock(table, number):
    return sa.select(table.c.stock).where(table.c.id == number).with_for_update()


@router.post("/orders", status_code=201)
async def add_order(new: NewOrder, request: Request):
    lines = LINES.dump_python(new.lines)
    async with request.state.sessions.begin() as session:
        purchase = Purchase(lines=lines)
        session.add(purchase)
        await session.flush()
        number = purchase.id
        connection = await session.connection()
        for line in sorted(new.lines, key=lambda one: one.book_id):
            await take(connection, line)
    return {"id": number, "lines": lines}


@router.get("/orders")
async def orders(request: Request):
    async with request.state.sessions() as session:
        found = await session.scalars(sa.select(Purchase).order_by(Purchase.id))
        return [{"id": one.id, "lines": one.lines} for one in found]


app = FastAPI(lifespan=lifespan)
app.include_router(router)
