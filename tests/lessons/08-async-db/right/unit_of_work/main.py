"""One transaction a request in a dependency; routers; savepoints; the stock guarded by a CHECK."""

from contextlib import asynccontextmanager

from database import Db, engine
from fastapi import APIRouter, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import joinedload, selectinload
from tables import Author, Base, Book, Line, Order


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


class View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class AuthorIn(BaseModel):
    name: str = Field(min_length=1, max_length=100)


class AuthorView(View):
    id: int
    name: str


class TitleView(View):
    id: int
    title: str


class AuthorPage(AuthorView):
    books: list[TitleView]


class BookIn(View):
    title: str = Field(min_length=1, max_length=200)
    isbn: str = Field(pattern=r"^\d{13}$")
    stock: int = Field(ge=0)
    author_id: int


class BookView(BookIn):
    id: int


class BookRow(TitleView):
    stock: int
    author: AuthorView


class LineView(View):
    book_id: int
    copies: int = Field(ge=1)


class OrderIn(View):
    lines: list[LineView] = Field(min_length=1)


class OrderView(OrderIn):
    id: int


authors = APIRouter(prefix="/authors")
books = APIRouter(prefix="/books")
orders = APIRouter(prefix="/orders")


async def get_or_404(db, table, number, **how):
    found = await db.get(table, number, **how)
    if found is None:
        raise HTTPException(404, f"There is no {table.__tablename__} {number}")
    return found


@authors.post("", status_code=201)
async def create_author(body: AuthorIn, db: Db) -> AuthorView:
    author = Author(name=body.name)
    db.add(author)
    await db.flush()
    return AuthorView.model_validate(author)


@authors.get("", response_model=list[AuthorView])
async def all_authors(db: Db):
    return [AuthorView.model_validate(a) for a in await db.scalars(select(Author).order_by(Author.id))]


@authors.get("/{number}")
async def one_author(number: int, db: Db) -> AuthorPage:
    author = await get_or_404(db, Author, number, options=[selectinload(Author.books)])
    return AuthorPage.model_validate(author)


@books.post("", status_code=201)
async def create_book(body: BookIn, db: Db) -> BookView:
    await get_or_404(db, Author, body.author_id)
    book = Book(**body.model_dump())
    try:
        async with db.begin_nested():
            db.add(book)
    except IntegrityError:
        # The lock makes MySQL read what is there now, not what was there at the start.
        first = await db.scalar(select(Book.id).filter_by(isbn=body.isbn).with_for_update(read=True))
        raise HTTPException(409, f"Book {first} already has the ISBN {body.isbn}") from None
    await db.refresh(book)
    return BookView.model_validate(book)


@books.get("", response_model=list[BookRow])
async def all_books(db: Db):
    found = select(Book).options(joinedload(Book.author, innerjoin=True)).order_by(Book.id)
    return [BookRow.model_validate(book) for book in await db.scalars(found)]


@books.get("/{number}")
async def one_book(number: int, db: Db) -> BookView:
    return BookView.model_validate(await get_or_404(db, Book, number))


@orders.post("", status_code=201)
async def create_order(body: OrderIn, db: Db) -> OrderView:
    for line in sorted(body.lines, key=lambda line: line.book_id):
        take = update(Book).where(Book.id == line.book_id)
        try:
            changed = await db.execute(take.values(stock=Book.stock - line.copies))
        except DBAPIError:  # MariaDB calls a broken CHECK an operational error
            raise HTTPException(
                409, f"There are not enough copies of book {line.book_id}"
            ) from None
        if changed.rowcount == 0:
            raise HTTPException(404, f"There is no book {line.book_id}")
    order = Order(lines=[Line(**line.model_dump()) for line in body.lines])
    db.add(order)
    await db.flush()
    return OrderView.model_validate(order)


@orders.get("", response_model=list[OrderView])
async def all_orders(db: Db):
    return [OrderView.model_validate(o) for o in await db.scalars(select(Order).order_by(Order.id))]


app = FastAPI(lifespan=lifespan)
for router in (authors, books, orders):
    app.include_router(router)


@app.get("/health")
async def health(db: Db) -> dict[str, str]:
    await db.scalar(select(func.now()))
    await db.scalar(select(1))
    return {"database": "ok"}
