"""The bookshop shares its parts. The task is in README.md, beside this file."""

import asyncio
import itertools
import os
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query
from fastapi.responses import StreamingResponse
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
    """Tell what happened to sessions up to now."""
    return SESSIONS


# ------------------------------------------------------------------------------- your part

# 04.3


@dataclass(frozen=True)
class Settings:
    """What the environment says about this bookshop."""

    name: str
    page_size: int
    instance: str
    api_key: str


@cache
def read_settings() -> Settings:
    """Read the environment, the first time only."""
    return Settings(
        name=os.environ.get("BOOKSHOP_NAME", "The Bookshop"),
        page_size=int(os.environ.get("BOOKSHOP_PAGE_SIZE", "5")),
        instance=os.environ.get("BOOKSHOP_INSTANCE", secrets.token_hex(4)),
        api_key=os.environ.get("BOOKSHOP_API_KEY", ""),
    )


async def get_settings() -> Settings:
    """Hand out the settings; async, since two threads could fill the cache twice."""
    return read_settings()


CurrentSettings = Annotated[Settings, Depends(get_settings)]


@app.get("/about")
async def show_about(settings: CurrentSettings) -> dict[str, int | str]:
    """Tell what shop this is, and which process."""
    return {
        "name": settings.name,
        "page_size": settings.page_size,
        "instance": settings.instance,
    }


# 04.1 and 04.4


RowsToRows = Callable[[list[Row]], list[Row]]


async def get_page(
    settings: CurrentSettings,
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int | None, Query(ge=1, le=20)] = None,
) -> RowsToRows:
    """Make a function that cuts one page out of a list."""
    size = settings.page_size if limit is None else limit

    def cut(rows: list[Row]) -> list[Row]:
        return rows[skip : skip + size]

    return cut


Page = Annotated[RowsToRows, Depends(get_page)]


# 04.2


async def get_filter(author: str | None = None, max_price: int | None = None) -> RowsToRows:
    """Make a function that keeps the books that are wanted."""

    def is_wanted(row: Row) -> bool:
        if author is not None and row["author"] != author:
            return False
        return max_price is None or int(row["price"]) <= max_price

    def keep(rows: list[Row]) -> list[Row]:
        return [row for row in rows if is_wanted(row)]

    return keep


Filter = Annotated[RowsToRows, Depends(get_filter)]


@app.get("/books")
async def list_books(keep: Filter, cut: Page) -> list[Row]:
    """List the books."""
    return cut(keep(BOOKS))


@app.get("/books/count")
async def count_books(keep: Filter) -> dict[str, int]:
    """Count the books."""
    return {"count": len(keep(BOOKS))}


@app.get("/customers")
async def list_customers(cut: Page) -> list[Row]:
    """List the customers."""
    return cut(CUSTOMERS)


# 04.5


Number = Annotated[int, Depends(draw_number)]
OwnNumber = Annotated[int, Depends(draw_number, use_cache=False)]


def write_invoice(number: Number) -> str:
    """Write the invoice of a parcel."""
    return f"Invoice {number}"


def write_delivery_note(number: Number) -> str:
    """Write the delivery note of a parcel."""
    return f"Delivery note {number}"


@app.post("/parcels", status_code=201)
async def send_parcel(
    invoice: Annotated[str, Depends(write_invoice)],
    delivery_note: Annotated[str, Depends(write_delivery_note)],
    return_label: OwnNumber,
) -> dict[str, int | str]:
    """Write the papers of a parcel."""
    return {"invoice": invoice, "delivery_note": delivery_note, "return_label": return_label}


# 04.6 to 04.9


async def get_session() -> AsyncIterator[Session]:
    """Lend a session: commit it after a success, roll it back after an error, close it."""
    session = Session()
    try:
        yield session
        session.commit()
    except DuplicateReferenceError as error:
        session.rollback()
        raise HTTPException(409, f"The reference {error} is taken") from error
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


CurrentSession = Annotated[Session, Depends(get_session, scope="function")]
StreamingSession = Annotated[Session, Depends(get_session, scope="request")]


@app.get("/orders")
async def list_orders(session: CurrentSession) -> list[Order]:
    """List the committed orders."""
    return session.orders()


@app.post("/orders", status_code=201)
async def place_order(order: Order, session: CurrentSession) -> Order:
    """Take an order."""
    session.add(order)
    if order.copies > STOCK["copies"]:
        raise HTTPException(409, f"Only {STOCK['copies']} copies are left")
    print_label(order)
    return order


# 04.10


@app.get("/orders/export")
async def export_orders(session: StreamingSession) -> StreamingResponse:
    """Send the orders as CSV, while they are read."""
    return StreamingResponse(export_lines(session), media_type="text/csv")


# 04.11


async def require_key(
    settings: CurrentSettings,
    x_api_key: Annotated[str, Header()] = "",
) -> None:
    """Let only those in who send the key; nobody if there is no key."""
    is_right = secrets.compare_digest(x_api_key.encode(), settings.api_key.encode())
    if not settings.api_key or not is_right:
        raise HTTPException(401, "This needs the key of the shop")


admin = APIRouter(prefix="/admin", tags=["admin"], dependencies=[Depends(require_key)])


@admin.get("/stock")
async def show_stock() -> dict[str, int]:
    """Show how many copies an order may ask for."""
    return STOCK


@admin.put("/stock")
async def change_stock(copies: int) -> dict[str, int]:
    """Change how many copies an order may ask for."""
    STOCK["copies"] = copies
    return STOCK


app.include_router(admin)


# 04.12


def take_up_to(most: int) -> Callable[[int], Awaitable[int]]:
    """Make a dependency that gives each customer at most so many of one thing."""
    taken: Counter[int] = Counter()

    async def take(customer: int) -> int:
        if taken[customer] >= most:
            raise HTTPException(429, f"Customer {customer} has taken {most} already")
        taken[customer] += 1
        return taken[customer]

    return take


@app.post("/bookmarks", status_code=201)
async def take_bookmark(taken: Annotated[int, Depends(take_up_to(2))]) -> dict[str, int]:
    """Give a bookmark to a customer."""
    return {"taken": taken}


@app.post("/posters", status_code=201)
async def take_poster(taken: Annotated[int, Depends(take_up_to(3))]) -> dict[str, int]:
    """Give a poster to a customer."""
    return {"taken": taken}
