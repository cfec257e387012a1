"""The bookshop shares its parts: the reference for lesson 04."""

import asyncio
import itertools
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, status
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

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


# ------------------------------------------------------------------------------------ given


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


# --------------------------------------------------------------------------------- settings


class Settings(BaseSettings):
    """What differs from one place where the app runs to the next."""

    model_config = SettingsConfigDict(env_prefix="BOOKSHOP_")

    name: str = "The Bookshop"
    page_size: int = Field(default=5, ge=1, le=20)
    instance: str = Field(default_factory=lambda: secrets.token_hex(4))
    api_key: SecretStr = SecretStr("")


@lru_cache
def get_settings() -> Settings:
    """Read the environment, the first time that somebody asks."""
    return Settings()


CurrentSettings = Annotated[Settings, Depends(get_settings)]


@app.get("/about")
async def show_about(settings: CurrentSettings) -> Row:
    """Introduce the shop, and say nothing that is secret."""
    return settings.model_dump(include={"name", "page_size", "instance"})


# ---------------------------------------------------------------------------- books, customers


async def get_page(
    settings: CurrentSettings,
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int | None, Query(ge=1, le=20)] = None,
) -> slice:
    """Return the part of a list that the client asks for."""
    return slice(skip, skip + (limit or settings.page_size))


class BookFilter:
    """Which books the client wants to see."""

    def __init__(self, author: str | None = None, max_price: int | None = None) -> None:
        self.author = author
        self.max_price = max_price

    def wanted(self) -> list[Row]:
        """Return the books that it lets through."""
        return [book for book in BOOKS if self._lets_through(book)]

    def _lets_through(self, book: Row) -> bool:
        right_author = self.author is None or book["author"] == self.author
        return right_author and (self.max_price is None or int(book["price"]) <= self.max_price)


Page = Annotated[slice, Depends(get_page)]
Books = Annotated[BookFilter, Depends()]


@app.get("/books")
async def list_books(books: Books, page: Page) -> list[Row]:
    """List the books."""
    return books.wanted()[page]


@app.get("/books/count")
async def count_books(books: Books) -> dict[str, int]:
    """Count the books."""
    return {"count": len(books.wanted())}


@app.get("/customers")
async def list_customers(page: Page) -> list[Row]:
    """List the customers."""
    return CUSTOMERS[page]


# ----------------------------------------------------------------------------------- parcels

Number = Annotated[int, Depends(draw_number)]
OwnNumber = Annotated[int, Depends(draw_number, use_cache=False)]


def write_invoice(number: Number) -> str:
    """Write the invoice of a parcel."""
    return f"Invoice {number}"


def write_delivery_note(number: Number) -> str:
    """Write the delivery note of a parcel."""
    return f"Delivery note {number}"


@app.post("/parcels", status_code=status.HTTP_201_CREATED)
async def send_parcel(
    invoice: Annotated[str, Depends(write_invoice)],
    delivery_note: Annotated[str, Depends(write_delivery_note)],
    return_label: OwnNumber,
) -> Row:
    """Write the papers of a parcel."""
    return {"invoice": invoice, "delivery_note": delivery_note, "return_label": return_label}


# ------------------------------------------------------------------------------------ orders


async def get_session() -> AsyncIterator[Session]:
    """Lend a session: commit if all went well, else roll back; give it back in any case."""
    session = Session()
    try:
        yield session
        session.commit()
    except DuplicateReferenceError as error:
        session.rollback()
        detail = f"There is an order {error} already"
        raise HTTPException(status.HTTP_409_CONFLICT, detail) from error
    except Exception:
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


@app.post("/orders", status_code=status.HTTP_201_CREATED)
async def place_order(order: Order, session: CurrentSession) -> Order:
    """Take an order."""
    session.add(order)
    if order.copies > STOCK["copies"]:
        raise HTTPException(status.HTTP_409_CONFLICT, f"Only {STOCK['copies']} copies are left")
    print_label(order)
    return order


@app.get("/orders/export")
async def export_orders(session: StreamingSession) -> StreamingResponse:
    """Send all orders as CSV, while they are read."""
    return StreamingResponse(export_lines(session), media_type="text/csv")


# ------------------------------------------------------------------------------------- admin


async def require_key(settings: CurrentSettings, x_api_key: Annotated[str, Header()] = "") -> None:
    """Let nobody pass without the right key; nobody at all if there is no key."""
    key = settings.api_key.get_secret_value()
    if not key or not secrets.compare_digest(x_api_key.encode(), key.encode()):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "The X-API-Key is missing or wrong")


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


# --------------------------------------------------------------------------------- give-aways


class AtMost:
    """Let each customer take something a number of times, and no more."""

    def __init__(self, times: int) -> None:
        self.times = times
        self._taken: Counter[int] = Counter()

    async def __call__(self, customer: int) -> int:
        """Count, and return how often this customer has taken it now."""
        if self._taken[customer] == self.times:
            raise HTTPException(status.HTTP_429_TOO_MANY_REQUESTS, f"At most {self.times} each")
        self._taken[customer] += 1
        return self._taken[customer]


@app.post("/bookmarks", status_code=status.HTTP_201_CREATED)
async def take_bookmark(taken: Annotated[int, Depends(AtMost(2))]) -> dict[str, int]:
    """Give a bookmark away."""
    return {"taken": taken}


@app.post("/posters", status_code=status.HTTP_201_CREATED)
async def take_poster(taken: Annotated[int, Depends(AtMost(3))]) -> dict[str, int]:
    """Give a poster away."""
    return {"taken": taken}
