"""The bookshop shares its parts. The task is in README.md, beside this file."""

import asyncio
import hmac
import itertools
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.config import Config

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

# The settings: Starlette's Config reads the environment, and a plain Starlette route shows them.


class Settings(NamedTuple):
    """What the environment says about this bookshop."""

    name: str
    page_size: int
    instance: str
    api_key: str


def read_settings() -> Settings:
    """Read the environment."""
    config = Config(env_prefix="BOOKSHOP_")
    return Settings(
        name=config("NAME", default="The Bookshop"),
        page_size=config("PAGE_SIZE", cast=int, default=5),
        instance=config("INSTANCE", default=secrets.token_hex(4)),
        api_key=config("API_KEY", default=""),
    )


SETTINGS = read_settings()


async def show_about(_request: Request) -> JSONResponse:
    """Tell what shop this is, and which process."""
    return JSONResponse(
        {
            "name": SETTINGS.name,
            "page_size": SETTINGS.page_size,
            "instance": SETTINGS.instance,
        }
    )


app.add_route("/about", show_about, methods=["GET"])


# The lists: a dependency that is an object, and one that is a dataclass.


class PageReader:
    """Read from the query which part of a list to send."""

    def __init__(self, usual: int) -> None:
        self._usual = usual

    async def __call__(
        self,
        skip: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int | None, Query(ge=1, le=20)] = None,
    ) -> slice:
        """Tell from where to where."""
        return slice(skip, skip + (limit or self._usual))


Page = Annotated[slice, Depends(PageReader(usual=SETTINGS.page_size))]


@dataclass(frozen=True)
class BookQuery:
    """Books, perhaps of one author only, or up to a price."""

    author: str | None = None
    max_price: int | None = None

    def __iter__(self) -> Iterator[Row]:
        """Go through the books that are wanted."""
        for book in BOOKS:
            if self.author not in (None, book["author"]):
                continue
            if self.max_price is None or int(book["price"]) <= self.max_price:
                yield book


Books = Annotated[BookQuery, Depends()]


@app.get("/books")
async def list_books(books: Books, page: Page) -> list[Row]:
    """List the books."""
    return list(books)[page]


@app.get("/books/count")
async def count_books(books: Books) -> dict[str, int]:
    """Count the books."""
    return {"count": sum(1 for _ in books)}


@app.get("/customers")
async def list_customers(page: Page) -> list[Row]:
    """List the customers."""
    return CUSTOMERS[page]


# The parcels: FastAPI fills in the number that is shared; the other one is simply drawn.

SharedNumber = Annotated[int, Depends(draw_number)]


@dataclass
class Papers:
    """The papers of a parcel."""

    invoice: str
    delivery_note: str
    return_label: int


def write_invoice(number: SharedNumber) -> str:
    """Write the invoice of a parcel."""
    return f"Invoice {number}"


def write_delivery_note(number: SharedNumber) -> str:
    """Write the delivery note of a parcel."""
    return f"Delivery note {number}"


@app.post("/parcels", status_code=201)
async def send_parcel(
    invoice: Annotated[str, Depends(write_invoice)],
    delivery_note: Annotated[str, Depends(write_delivery_note)],
) -> Papers:
    """Write the papers of a parcel."""
    return Papers(invoice, delivery_note, return_label=draw_number())


# The orders: the dependency is an object, and an exception handler refuses a second reference.


@contextmanager
def transaction(session: Session) -> Iterator[Session]:
    """Commit or roll back."""
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


class SessionLender:
    """Lend a new session to each request, for one transaction."""

    def __init__(self, open_session: Callable[[], Session]) -> None:
        self._open_session = open_session

    async def __call__(self) -> AsyncIterator[Session]:
        """Lend a session, and close it when it comes back."""
        with closing(self._open_session()) as session, transaction(session):
            yield session


get_session = SessionLender(Session)

ShortSession = Annotated[Session, Depends(get_session, scope="function")]
LongSession = Annotated[Session, Depends(get_session, scope="request")]


@app.exception_handler(DuplicateReferenceError)
async def refuse_reference(_request: Request, error: DuplicateReferenceError) -> JSONResponse:
    """Answer that this reference is taken."""
    return JSONResponse({"detail": f"Reference {error} is in use"}, status_code=409)


class CsvStream(StreamingResponse):
    """A table that is sent while it is made."""

    media_type = "text/csv"


@app.get("/orders")
async def list_orders(session: ShortSession) -> list[Order]:
    """List the committed orders."""
    return session.orders()


@app.post("/orders", status_code=201)
async def place_order(order: Order, session: ShortSession) -> Order:
    """Take an order."""
    session.add(order)
    if order.copies > STOCK["copies"]:
        raise HTTPException(409, f"Only {STOCK['copies']} copies are left")
    print_label(order)
    return order


@app.get("/orders/export", response_class=CsvStream)
async def export_orders(session: LongSession) -> AsyncIterator[str]:
    """Send the orders as CSV, while they are read."""
    async for line in export_lines(session):
        yield line


# The admin pages: a route class asks for the key before FastAPI reads anything of the request.


class KeyRoute(APIRoute):
    """A path operation that needs the key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the question for the key before the handler."""
        handle = super().get_route_handler()

        async def ask_first(request: Request) -> Response:
            key = SETTINGS.api_key.encode()
            sent = request.headers.get("X-API-Key", "").encode()
            if not (key and hmac.compare_digest(sent, key)):
                raise HTTPException(401, "Not without the key")
            return await handle(request)

        return ask_first


admin = APIRouter(prefix="/admin", tags=["admin"], route_class=KeyRoute)


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


# The presents: the dependency is a bound method, and the counts are iterators that run out.


class Pile:
    """Things to give away, so many to each customer."""

    def __init__(self, most: int) -> None:
        self._counts: dict[int, Iterator[int]] = defaultdict(lambda: iter(range(1, most + 1)))

    async def take(self, customer: int) -> int:
        """Give one to a customer, and tell how many this customer has now."""
        try:
            return next(self._counts[customer])
        except StopIteration:
            raise HTTPException(429, "You have enough of these") from None


BOOKMARKS = Pile(2)
POSTERS = Pile(3)


@app.post("/bookmarks", status_code=201)
async def take_bookmark(taken: Annotated[int, Depends(BOOKMARKS.take)]) -> dict[str, int]:
    """Give a bookmark to a customer."""
    return {"taken": taken}


@app.post("/posters", status_code=201)
async def take_poster(taken: Annotated[int, Depends(POSTERS.take)]) -> dict[str, int]:
    """Give a poster to a customer."""
    return {"taken": taken}
