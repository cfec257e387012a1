"""A bookshop: tables without classes, plain functions, numbers that begin at 1000."""

import asyncio
from contextlib import asynccontextmanager

import sqlalchemy as sa
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Security, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

KEYS = {"staff-key": "staff", "ada-key": "ada", "bo-key": "bo"}
engine = create_async_engine("sqlite+aiosqlite:///bookshop.db")


class Base(DeclarativeBase):
    pass


wares = sa.Table(
    "wares",
    Base.metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("sheet", sa.JSON, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("left", sa.Integer, nullable=False),
)
sales = sa.Table(
    "sales",
    Base.metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("sheet", sa.JSON, nullable=False),
)


class BookIn(BaseModel):
    title: str = Field(min_length=1, max_length=100)
    author: str = Field(min_length=1, max_length=100)
    price: int = Field(ge=1)
    cost: int = Field(ge=1)
    stock: int = Field(ge=0)


class LineIn(BaseModel):
    book_id: int
    quantity: int = Field(gt=0, lt=11)


class OrderIn(BaseModel):
    lines: list[LineIn] = Field(min_length=1)


async def get_session():
    session = AsyncSession(engine)
    try:
        yield session
    finally:
        await session.close()


def get_courier():
    async def days(postcode):
        await asyncio.sleep(1.5)
        return 1 + int(postcode) % 5

    return days


def who(key=Security(APIKeyHeader(name="X-API-Key", auto_error=False))):
    if key in KEYS:
        return KEYS[key]
    raise HTTPException(401, "Who are you?", {"WWW-Authenticate": 'APIKey realm="shop"'})


def staff(name=Depends(who)):
    if name != "staff":
        raise HTTPException(403, "Not for you.")


def shown(row):
    sheet = {name: row.sheet[name] for name in ("author", "price")}
    return {"currency": "EUR", "stock": row.left, **sheet, "title": row.title, "id": row.number}


async def next_number(session, table):
    last = await session.scalar(sa.select(sa.func.max(table.c.number)))
    return 1000 if last is None else last + 7


async def find(session, number):
    found = (await session.execute(sa.select(wares).where(wares.c.number == number))).first()
    if found is None:
        raise HTTPException(404, {"missing": number})
    return found


@asynccontextmanager
async def lifespan(app):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
screens: set[WebSocket] = set()


@app.exception_handler(RequestValidationError)
async def refuse(request: Request, error: RequestValidationError):
    return JSONResponse({"problems": len(error.errors())}, 422)


@app.get("/")
def welcome():
    return {"message": "Welcome to the bookshop"}


@app.get("/books")
async def listed(
    response: Response,
    author: str | None = None,
    skip: int = Query(0, ge=0),
    limit: int = Query(10, gt=0, lt=51),
    session=Depends(get_session),
):
    rows = (await session.execute(sa.select(wares).order_by(wares.c.title))).all()
    rows = [row for row in rows if author in (None, row.sheet["author"])]
    response.headers["X-Total-Count"] = str(len(rows))
    return [shown(row) for row in rows[skip : skip + limit]]


@app.post("/books", status_code=201, dependencies=[Depends(staff)])
async def added(new: BookIn, response: Response, session=Depends(get_session)):
    number = await next_number(session, wares)
    values = {"number": number, "title": new.title, "left": new.stock, "sheet": new.model_dump()}
    await session.execute(wares.insert().values(values))
    answer = shown(await find(session, number))
    await session.commit()
    response.headers["Location"] = f"/books/{number}"
    return answer


@app.get("/books/{number}")
async def one(number: int, session=Depends(get_session)):
    return shown(await find(session, number))


@app.delete("/books/{number}", dependencies=[Depends(staff)])
async def deleted(number: int, session=Depends(get_session)):
    await find(session, number)
    await session.execute(wares.delete().where(wares.c.number == number))
    await session.commit()
    return Response(status_code=204)


@app.post("/orders", status_code=201)
async def ordered(new: OrderIn, name=Depends(who), session=Depends(get_session)):
    total = 0
    for line in new.lines:
        book = await find(session, line.book_id)
        if book.left < line.quantity:
            await session.rollback()
            raise HTTPException(409, "Sold out.")
        left = book.left - line.quantity
        await session.execute(wares.update().where(wares.c.number == book.number).values(left=left))
        total += line.quantity * book.sheet["price"]
    number = await next_number(session, sales)
    sheet = {"id": number, "customer": name, "total": total, **new.model_dump()}
    await session.execute(sales.insert().values(number=number, sheet=sheet))
    await session.commit()
    for screen in tuple(screens):
        try:
            await screen.send_json({"total": total, "customer": name, "order": number})
        except Exception:
            screens.discard(screen)
    return sheet


@app.get("/orders/{number}")
async def order(number: int, name=Depends(who), session=Depends(get_session)):
    sheet = await session.scalar(sa.select(sales.c.sheet).where(sales.c.number == number))
    if sheet is None:
        raise HTTPException(404)
    if sheet["customer"] != name:
        raise HTTPException(403)
    return sheet


@app.get("/delivery/{postcode}")
async def delivery(postcode: str, courier=Depends(get_courier)):
    if len(postcode) != 5 or not (postcode.isascii() and postcode.isdecimal()):
        return JSONResponse({"problems": 1}, 422)
    try:
        days = await courier(postcode)
    except ConnectionError:
        return JSONResponse({"sorry": True}, 503, {"Retry-After": "300"})
    return {"days": days, "postcode": postcode, "express": days < 3, "courier": "Swift"}


@app.websocket("/board")
async def board(screen: WebSocket):
    if KEYS.get(screen.headers.get("x-api-key")) != "staff":
        await screen.send_denial_response(Response(status_code=403))
        return
    await screen.accept()
    screens.add(screen)
    try:
        async for _ in screen.iter_text():
            await screen.send_json({"screens": len(screens)})
    finally:
        screens.discard(screen)
