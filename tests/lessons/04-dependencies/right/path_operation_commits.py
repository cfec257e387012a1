"""The path operation commits; the dependency rolls back and closes, after the answer."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Security
from fastapi.responses import StreamingResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings

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


class Config(BaseSettings, env_prefix="bookshop_"):
    name: str = "The Bookshop"
    page_size: int = 5
    instance: str = Field(default_factory=lambda: secrets.token_urlsafe(8))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.config = Config()
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/sessions")
async def show_sessions() -> dict[str, int]:
    return SESSIONS


async def config() -> Config:
    return app.state.config  # type: ignore[no-any-return]


class Paging(BaseModel):
    skip: int = Field(0, ge=0)
    limit: int | None = Field(None, ge=1, le=20)


class Pager:
    def __init__(
        self, asked: Annotated[Paging, Query()], config: Annotated[Config, Depends(config)]
    ) -> None:
        self.first = asked.skip
        self.behind = asked.skip + (asked.limit or config.page_size)

    def __call__(self, rows: list[Row]) -> list[Row]:
        return rows[self.first : self.behind]


class Filter:
    def __init__(self, author: str | None = None, max_price: int | None = None) -> None:
        self.tests: list[Any] = []
        if author is not None:
            self.tests.append(lambda book: book["author"] == author)
        if max_price is not None:
            self.tests.append(lambda book: book["price"] <= max_price)

    @property
    def books(self) -> list[Row]:
        return [book for book in BOOKS if all(test(book) for test in self.tests)]


PagerDep = Annotated[Pager, Depends()]
FilterDep = Annotated[Filter, Depends()]


@app.get("/about")
async def about(config: Annotated[Config, Depends(config)]) -> Config:
    return config


@app.get("/books/count")
async def count(filter_: FilterDep) -> dict[str, int]:
    return {"count": len(filter_.books)}


@app.get("/books")
async def books(filter_: FilterDep, pager: PagerDep) -> list[Row]:
    return pager(filter_.books)


@app.get("/customers")
async def customers(pager: PagerDep) -> list[Row]:
    return pager(CUSTOMERS)


@app.post("/parcels", status_code=201)
async def parcel() -> Row:
    number = draw_number()
    return {
        "return_label": draw_number(),
        "invoice": f"Invoice {number}",
        "delivery_note": f"Delivery note {number}",
    }


async def get_session() -> AsyncIterator[Session]:
    session = Session()
    try:
        yield session
    except Exception:
        session.rollback()
        raise
    finally:
        session.close()


SessionDep = Annotated[Session, Depends(get_session)]
orders = APIRouter(prefix="/orders")


@orders.get("")
async def list_orders(session: SessionDep) -> list[Order]:
    return session.orders()


@orders.post("", status_code=201)
async def place_order(order: Order, session: SessionDep) -> Order:
    session.add(order)
    if order.copies > STOCK["copies"]:
        raise HTTPException(409, f"Only {STOCK['copies']} copies are left")
    print_label(order)
    try:
        session.commit()
    except DuplicateReferenceError:
        raise HTTPException(409, "This reference is taken") from None
    return order


@orders.get("/export")
async def export(session: SessionDep) -> StreamingResponse:
    return StreamingResponse(export_lines(session), media_type="text/csv")


@cache
def wanted_key() -> str | None:
    import os

    return os.getenv("BOOKSHOP_API_KEY")


async def check_key(
    sent: Annotated[str | None, Security(APIKeyHeader(name="X-API-Key", auto_error=False))],
) -> None:
    if not wanted_key() or sent != wanted_key():
        raise HTTPException(401, "no", {"WWW-Authenticate": "APIKey"})


admin = APIRouter(prefix="/admin/stock", tags=["admin"], dependencies=[Security(check_key)])


@admin.get("")
async def stock() -> dict[str, int]:
    return STOCK


@admin.put("")
async def set_stock(copies: int) -> dict[str, int]:
    STOCK["copies"] = copies
    return STOCK


class Gift:
    def __init__(self, name: str, most: int) -> None:
        self.most = most
        self.takers: list[int] = []
        app.post(f"/{name}", status_code=201, name=name)(self.give)

    async def give(self, customer: int) -> dict[str, int]:
        if self.takers.count(customer) == self.most:
            raise HTTPException(429, "Enough")
        self.takers.append(customer)
        return {"taken": self.takers.count(customer)}


Gift("bookmarks", 2)
Gift("posters", 3)
app.include_router(admin)
app.include_router(orders)
