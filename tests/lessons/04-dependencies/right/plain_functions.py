"""Plain `def` functions and closures; an exception handler makes the 409 of a duplicate."""

import asyncio
import hmac
import itertools
import os
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

Row = dict[str, int | str]

BOOKS: list[Row] = [
    {"id": 1, "title": "A Wizard of Earthsea", "author": "Ursula K. Le Guin", "price": 11},
    {"id": 2, "title": "Invisible Cities", "author": "Italo Calvino", "price": 14},
    {"id": 3, "title": "The Dispossessed", "author": "Ursula K. Le Guin", "price": 13},
    {"id": 4, "title": "Kindred", "author": "Octavia E. Butler", "price": 16},
    {"id": 5, "title": "The Baron in the Trees", "author": "Italo Calvino", "price": 12},
    {"id": 6, "title": "The Tombs of Atuan", "author": "Ursula K. Le Guin", "price": 10},
    {"id": 7, "title": "Parable of the Sower", "author": "Octavia E. Butler", "price": 18},
    {"id": 8, "title": "Cosmicomics", "author": "Italo Calvino", "price": 15},
    {"id": 9, "title": "The Farthest Shore", "author": "Ursula K. Le Guin", "price": 9},
    {"id": 10, "title": "Fledgling", "author": "Octavia E. Butler", "price": 17},
    {"id": 11, "title": "Marcovaldo", "author": "Italo Calvino", "price": 8},
    {"id": 12, "title": "Lavinia", "author": "Ursula K. Le Guin", "price": 19},
]

CUSTOMERS: list[Row] = [{"id": number, "name": f"Customer {number}"} for number in range(1, 26)]

STOCK = {"copies": 10}
"""Copies that one order may ask for at most."""


# ------------------------------------------------------------------ given: leave it as it is


class Order(BaseModel):
    """What a customer orders; no two orders have the same reference."""

    reference: str
    book_id: int
    copies: int


class DuplicateReferenceError(Exception):
    """Two orders have the same reference."""


ORDERS: list[Order] = []
"""Orders that were committed. It stands in for a database until lesson 08."""

SESSIONS = {"open": 0, "opened": 0, "commits": 0, "rollbacks": 0}
"""What happened to sessions up to now; `GET /sessions` shows it."""

MAX_SESSIONS = 5
READ_DELAY = 0.05
"""Seconds that the database takes to read one order in an export."""


class Session:
    """A conversation with the database. At most five can be open at the same time."""

    def __init__(self) -> None:
        if SESSIONS["open"] == MAX_SESSIONS:
            raise RuntimeError(f"all {MAX_SESSIONS} sessions are in use")
        SESSIONS["open"] += 1
        SESSIONS["opened"] += 1
        self._added: list[Order] = []
        self._closed = False

    def add(self, order: Order) -> None:
        """Note an order. It is in the database only after `commit`."""
        self._check_open()
        self._added.append(order)

    def orders(self) -> list[Order]:
        """Return the committed orders."""
        self._check_open()
        return list(ORDERS)

    async def read_slowly(self) -> AsyncIterator[Order]:
        """Yield the committed orders one by one. The session must stay open meanwhile."""
        for order in ORDERS:
            await asyncio.sleep(READ_DELAY)
            self._check_open()
            yield order

    def commit(self) -> None:
        """Write what was added. Raises DuplicateReferenceError if a reference is taken."""
        self._check_open()
        taken = {order.reference for order in ORDERS}
        for order in self._added:
            if order.reference in taken:
                raise DuplicateReferenceError(order.reference)
        ORDERS.extend(self._added)
        self._added.clear()
        SESSIONS["commits"] += 1

    def rollback(self) -> None:
        """Forget what was added."""
        self._check_open()
        self._added.clear()
        SESSIONS["rollbacks"] += 1

    def close(self) -> None:
        """Give the session back, so that another request can have it."""
        if not self._closed:
            self._closed = True
            SESSIONS["open"] -= 1

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("this session is closed")


async def export_lines(session: Session) -> AsyncIterator[str]:
    """Yield all orders as lines of CSV, while they are read."""
    yield "reference,book_id,copies\n"
    async for order in session.read_slowly():
        yield f"{order.reference},{order.book_id},{order.copies}\n"


def print_label(order: Order) -> bytes:
    """Print the address label. The printer is old: it knows ASCII only."""
    return f"Order {order.reference}".encode("ascii")


_NUMBERS = itertools.count(1)


def draw_number() -> int:
    """Draw the next number, as from the machine in a waiting room: no number comes twice."""
    return next(_NUMBERS)


app = FastAPI()


@app.get("/sessions")
async def show_sessions() -> dict[str, int]:
    return SESSIONS


ABOUT: Row = {
    "name": os.environ.get("BOOKSHOP_NAME", "The Bookshop"),
    "page_size": int(os.environ.get("BOOKSHOP_PAGE_SIZE", "5")),
    "instance": os.environ.get("BOOKSHOP_INSTANCE") or uuid.uuid4().hex,
}
KEY = os.environ.get("BOOKSHOP_API_KEY")


@app.get("/about")
def about() -> Row:
    return ABOUT


def cut(
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=20)] = int(ABOUT["page_size"]),
) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: rows[skip:][:limit]


def matching(author: str | None = None, max_price: int | None = None) -> list[Row]:
    found = BOOKS
    if author is not None:
        found = [one for one in found if one["author"] == author]
    if max_price is not None:
        found = [one for one in found if int(one["price"]) <= max_price]
    return found


Cut = Annotated[Callable[[list[Row]], list[Row]], Depends(cut)]
Matching = Annotated[list[Row], Depends(matching)]


@app.get("/books")
def books(rows: Matching, part: Cut) -> list[Row]:
    return part(rows)


@app.get("/books/count")
def count(rows: Matching) -> dict[str, int]:
    return {"count": len(rows)}


@app.get("/customers")
def customers(part: Cut) -> list[Row]:
    return part(CUSTOMERS)


@app.post("/parcels", status_code=201)
def parcel(
    first: Annotated[int, Depends(draw_number)],
    again: Annotated[int, Depends(draw_number)],
    label: Annotated[int, Depends(draw_number, use_cache=False)],
) -> Row:
    return {
        "invoice": f"Invoice {first}",
        "delivery_note": f"Delivery note {again}",
        "return_label": label,
    }


def transaction() -> Iterator[Session]:
    with closing(Session()) as session:
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


def reading() -> Iterator[Session]:
    with closing(Session()) as session:
        yield session


Transaction = Annotated[Session, Depends(transaction, scope="function")]
Reading = Annotated[Session, Depends(reading)]


@app.exception_handler(DuplicateReferenceError)
def refuse_duplicate(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": f"{error} is taken"}, 409)


@app.get("/orders")
def orders(session: Reading) -> list[Order]:
    return session.orders()


@app.post("/orders", status_code=201)
def order(order: Order, session: Transaction) -> Order:
    session.add(order)
    if order.copies > STOCK["copies"]:
        raise HTTPException(409, f"Only {STOCK['copies']} copies are left")
    print_label(order)
    return order


@app.get("/orders/export")
def export(session: Reading) -> StreamingResponse:
    return StreamingResponse(export_lines(session), media_type="text/csv; charset=utf-8")


def staff(request: Request) -> None:
    sent = request.headers.get("x-api-key", "")
    if not KEY or not hmac.compare_digest(sent.encode("latin-1"), KEY.encode()):
        raise HTTPException(401)


back_office = APIRouter()


@back_office.get("/stock")
def stock() -> dict[str, int]:
    return STOCK


@back_office.put("/stock")
def set_stock(copies: int) -> dict[str, int]:
    STOCK.update(copies=copies)
    return STOCK


app.include_router(back_office, prefix="/admin", tags=["admin"], dependencies=[Depends(staff)])


def at_most(times: int) -> Callable[[int], int]:
    taken: dict[int, int] = defaultdict(int)

    def count_one(customer: int) -> int:
        if taken[customer] >= times:
            raise HTTPException(429, "Enough")
        taken[customer] += 1
        return taken[customer]

    return count_one


@app.post("/bookmarks", status_code=201)
def bookmark(number: Annotated[int, Depends(at_most(2))]) -> dict[str, int]:
    return {"taken": number}


@app.post("/posters", status_code=201)
def poster(number: Annotated[int, Depends(at_most(3))]) -> dict[str, int]:
    return {"taken": number}
