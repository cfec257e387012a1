"""Orders."""

from itertools import groupby
from operator import attrgetter

from fastapi import HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from shop.database import (
    MAX_BIGINT,
    MAX_INTEGER,
    books,
    count_changed,
    find,
    insert_row,
    order_lines,
    orders,
)
from shop.web import Json, read_body, route


class NewLine(BaseModel):
    """A line of an order that a customer sends."""

    book_id: int
    copies: int = Field(ge=1)


class NewOrder(BaseModel):
    """The body of POST /orders."""

    lines: list[NewLine] = Field(min_length=1)


async def take(session: AsyncSession, book_id: int, copies: int) -> bool:
    """Take copies from the stock of a book. Return False if that can't be."""
    if not 0 < book_id <= MAX_INTEGER or copies > MAX_BIGINT:
        return False
    enough = books.c.id == book_id, books.c.stock >= copies
    rest = books.update().where(*enough).values(stock=books.c.stock - copies)
    return await count_changed(session, rest) == 1


async def add_order(request: Request, session: AsyncSession) -> Json:
    """Store an order and take its copies. An exception undoes all of it."""
    new = await read_body(request, NewOrder)
    for line in sorted(new.lines, key=attrgetter("book_id")):
        if not await take(session, line.book_id, line.copies):
            if await find(session, books, line.book_id) is None:
                raise HTTPException(404, f"There is no book {line.book_id}")
            raise HTTPException(409, f"There are not enough copies of book {line.book_id}")
    number = await insert_row(session, orders.insert())
    lines = [line.model_dump() for line in new.lines]
    rows = [{"order_id": number, **line} for line in lines]
    await session.execute(order_lines.insert(), rows)
    return {"id": number, "lines": lines}


async def list_orders(_: Request, session: AsyncSession) -> Json:
    """List all orders with their lines."""
    columns = order_lines.c.order_id, order_lines.c.book_id, order_lines.c.copies
    ordered = select(*columns).order_by(order_lines.c.order_id, order_lines.c.id)
    rows = await session.execute(ordered)
    return [
        {"id": number, "lines": [{"book_id": row.book_id, "copies": row.copies} for row in lines]}
        for number, lines in groupby(rows, key=attrgetter("order_id"))
    ]


routes = [
    route("POST", "/orders", add_order, 201),
    route("GET", "/orders", list_orders),
]
