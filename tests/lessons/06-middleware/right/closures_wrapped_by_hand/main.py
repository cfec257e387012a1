"""The bookshop's API. What stands around it is in errors.py and skins.py."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Path, Query, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings
from starlette.exceptions import HTTPException as StarletteHTTPException

from errors import explain_http_error, explain_invalid, hide_bug, telling
from skins import dressed, forgiving, limited, packed, shared, stamped


class Settings(BaseSettings):
    """Read from the environment: ENVIRONMENT, ALLOWED_ORIGINS (a JSON list), MAX_BODY_BYTES."""

    environment: Literal["development", "production"] = "development"
    allowed_origins: list[str] = ["https://shop.example"]
    max_body_bytes: int = 20_000


settings = Settings()

WAREHOUSE_DELAY = 0.2
"""Seconds that the warehouse takes to answer."""


# ---------------------------------------------------------------- the shop: leave it as it is


class Book(BaseModel):
    """A book, and how many copies are there."""

    id: int
    title: str
    stock: int = 5


class Line(BaseModel):
    """One line of an order."""

    book_id: int
    quantity: Annotated[int, Field(ge=1)]


class NewOrder(BaseModel):
    """What a customer wants."""

    customer: str
    lines: Annotated[list[Line], Field(min_length=1)]
    note: str = ""


BOOKS = {
    number: Book(id=number, title=f"A Gardener's Year, volume {number}") for number in range(1, 61)
}
ORDERS: list[NewOrder] = []
SALES = {"january": 1200, "february": 900}
new_order = asyncio.Condition()


class OutOfStock(Exception):
    """There are fewer copies than somebody wants."""

    def __init__(self, book_id: int, left: int) -> None:
        super().__init__(f"Only {left} copies of book {book_id} are left")
        self.book_id = book_id
        self.left = left


def find_book(book_id: int) -> Book:
    """Return the book, or answer 404."""
    if book_id not in BOOKS:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {book_id}")
    return BOOKS[book_id]


def reserve(lines: list[Line]) -> None:
    """Take the copies from stock. Raises OutOfStock; it knows nothing of HTTP."""
    for line in lines:
        left = find_book(line.book_id).stock
        if line.quantity > left:
            raise OutOfStock(line.book_id, left)
    for line in lines:
        BOOKS[line.book_id].stock -= line.quantity


# ------------------------------------------------------------------- 06.1 to 06.11: your work

CLOSED: dict[str, Any] = {"openapi_url": None, "docs_url": None, "redoc_url": None}
"""The addresses of the docs where they are not shown."""

app = FastAPI(
    title="Bookshop API",
    version="6.0.0",
    **(CLOSED if settings.environment == "production" else {}),
)
app.add_exception_handler(
    OutOfStock, telling(status.HTTP_409_CONFLICT, "out_of_stock", "book_id", "left")
)
app.add_exception_handler(RequestValidationError, explain_invalid)
app.add_exception_handler(StarletteHTTPException, explain_http_error)
app.add_exception_handler(Exception, hide_bug)


# ------------------------------------------------------- path operations: leave them as they are


@app.get("/books")
async def list_books(limit: Annotated[int, Query(ge=1)] = 60, word: str = "") -> list[Book]:
    """List the books with that word in the title."""
    return [book for book in BOOKS.values() if word in book.title][:limit]


@app.get("/books/{book_id}")
async def show_book(book_id: Annotated[int, Path(ge=1)]) -> Book:
    """Show the book of that number."""
    return find_book(book_id)


@app.get("/stock/{book_id}")
async def count_stock(book_id: Annotated[int, Path(ge=1)]) -> dict[str, int]:
    """Ask the slow warehouse how many copies it has."""
    await asyncio.sleep(WAREHOUSE_DELAY)
    return {"book_id": book_id, "in_stock": find_book(book_id).stock}


@app.get("/reports/{month}")
async def report(month: str) -> dict[str, Any]:
    """Report the sales of a month. It has a bug: leave it, it is the one that will happen."""
    return {"month": month, "sold": SALES[month]}


@app.post("/orders", status_code=status.HTTP_201_CREATED)
async def place_order(order: NewOrder) -> dict[str, int]:
    """Take an order, and tell those who watch."""
    reserve(order.lines)
    async with new_order:
        ORDERS.append(order)
        new_order.notify_all()
        return {"id": len(ORDERS)}


@app.get("/orders/live")
async def watch_orders() -> StreamingResponse:
    """Send the number of orders, now and after each new one: a line of JSON each time."""

    async def counts() -> AsyncIterator[str]:
        seen = -1
        while True:
            async with new_order:
                while len(ORDERS) == seen:
                    await new_order.wait()
                seen = len(ORDERS)
            yield json.dumps({"orders": seen}) + "\n"

    return StreamingResponse(counts(), media_type="application/x-ndjson")


@app.post("/imports", status_code=status.HTTP_201_CREATED)
async def import_books(request: Request) -> dict[str, int]:
    """Take new titles, one a line. Each is a book as soon as its line has arrived."""
    imported, rest = 0, b""
    async for piece in request.stream():
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            number = len(BOOKS) + 1
            BOOKS[number] = Book(id=number, title=line.decode(errors="replace"))
            imported += 1
    return {"imported": imported}


app = dressed(
    app,
    forgiving(),
    stamped(),
    shared(settings.allowed_origins, methods=("GET", "POST"), exposed=("X-Request-ID",)),
    packed(minimum=1000),
    limited(settings.max_body_bytes),
)
