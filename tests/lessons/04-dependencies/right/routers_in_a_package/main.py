"""The bookshop shares its parts. The task is in README.md, beside this file."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from shop import about, admin, catalogue, giveaways
from shop.settings import Settings
from shop.transaction import Transaction

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

app.state.settings = Settings()

for router in (
    about.router,
    catalogue.build_router(BOOKS, CUSTOMERS),
    admin.build_router(STOCK),
    giveaways.build_router(),
):
    app.include_router(router)


# The parcels.

ParcelNumber = Annotated[int, Depends(draw_number)]


def draw_label_number(_parcel_number: ParcelNumber) -> int:
    """Draw a number for the return label, when the parcel has its own."""
    return draw_number()


def write_invoice(number: ParcelNumber) -> str:
    """Write the invoice of a parcel."""
    return f"Invoice {number}"


def write_delivery_note(number: ParcelNumber) -> str:
    """Write the delivery note of a parcel."""
    return f"Delivery note {number}"


class Papers(BaseModel):
    """The papers of a parcel."""

    invoice: str
    delivery_note: str
    return_label: int


def collect_papers(
    invoice: Annotated[str, Depends(write_invoice)],
    delivery_note: Annotated[str, Depends(write_delivery_note)],
    return_label: Annotated[int, Depends(draw_label_number)],
) -> Papers:
    """Put all papers of a parcel together."""
    return Papers(invoice=invoice, delivery_note=delivery_note, return_label=return_label)


@app.post("/parcels", status_code=201)
async def send_parcel(papers: Annotated[Papers, Depends(collect_papers)]) -> Papers:
    """Write the papers of a parcel."""
    return papers


# The orders.


async def get_session() -> AsyncIterator[Session]:
    """Lend a session for one transaction."""
    try:
        with Transaction(Session()) as session:
            yield session
    except DuplicateReferenceError as error:
        raise HTTPException(409, f"There is an order {error} already") from error


SessionUntilAnswer = Annotated[Session, Depends(get_session, scope="function")]
SessionUntilSent = Annotated[Session, Depends(get_session, scope="request")]

orders = APIRouter(prefix="/orders")


@orders.get("")
async def list_orders(session: SessionUntilAnswer) -> list[Order]:
    """List the committed orders."""
    return session.orders()


@orders.post("", status_code=201)
async def place_order(order: Order, session: SessionUntilAnswer) -> Order:
    """Take an order."""
    session.add(order)
    if order.copies > STOCK["copies"]:
        raise HTTPException(409, f"Only {STOCK['copies']} copies are left")
    print_label(order)
    return order


@orders.get("/export", response_class=StreamingResponse)
async def export_orders(session: SessionUntilSent) -> StreamingResponse:
    """Send the orders as CSV, while they are read."""
    return StreamingResponse(export_lines(session), media_type="text/csv")


app.include_router(orders)
