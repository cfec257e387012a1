"""The bookshop's API. One skin, made of one object per request, does what the servers ask for."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import singledispatch
from time import perf_counter
from typing import Annotated, Any, Literal
from uuid import uuid4

import anyio
from fastapi import FastAPI, HTTPException, Path, Query, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException as BaseHTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


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


@singledispatch
def answer_to(_error: Exception) -> Response:
    """Make the answer to an error. This is the one for an error that nobody knows."""
    content = {"error": "internal_error", "message": "The shop has stumbled; please try again"}
    return JSONResponse(content, status.HTTP_500_INTERNAL_SERVER_ERROR)


@answer_to.register
def _(error: OutOfStock) -> Response:
    """Say which book is short."""
    book = {"book_id": error.book_id, "left": error.left}
    content = {"error": "out_of_stock", "message": str(error), **book}
    return JSONResponse(content, status.HTTP_409_CONFLICT)


@answer_to.register
def _(error: BaseHTTPException) -> Response:
    """Keep status, detail and headers."""
    if error.status_code in (status.HTTP_204_NO_CONTENT, status.HTTP_304_NOT_MODIFIED):
        return Response(None, error.status_code, error.headers)
    content = {"error": f"http_{error.status_code}", "message": error.detail}
    return JSONResponse(content, error.status_code, error.headers)


@answer_to.register
def _(error: RequestValidationError) -> Response:
    """Say what is wrong where, without what was sent."""
    places = [(mistake["msg"], *map(str, mistake["loc"])) for mistake in error.errors()]
    content = {
        "error": "invalid_request",
        "message": f"Please look again at {len(places)} of the fields",
        "fields": [
            {"in": root, "field": ".".join(rest), "message": text} for text, root, *rest in places
        ],
    }
    return JSONResponse(content, status.HTTP_422_UNPROCESSABLE_CONTENT)


async def handle(_request: Request, error: Exception) -> Response:
    """Handle any error that has an answer."""
    return answer_to(error)


@dataclass
class Exchange:
    """One request and its answer, on their way through the skin."""

    scope: Scope
    client_receive: Receive
    client_send: Send
    began: float = field(default_factory=perf_counter)
    answered: bool = False
    arrived: int = 0
    reading: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    def __post_init__(self) -> None:
        """Read the headers that matter here."""
        headers = Headers(scope=self.scope)
        self.id = headers.get("X-Request-ID") or f"{uuid4()}"
        self.origin = headers.get("Origin")
        self.trusted = self.origin in settings.allowed_origins
        self.is_preflight = (
            self.scope["method"] == "OPTIONS"
            and self.trusted
            and "Access-Control-Request-Method" in headers
        )
        length = headers.get("Content-Length", "")
        self.announced = int(length) if length.isdecimal() else 0

    async def serve(self, app: ASGIApp) -> None:
        """Answer by ourselves where we can, or else let the app answer."""
        if self.is_preflight:
            await self.reply(Response(status_code=status.HTTP_204_NO_CONTENT))
        elif self.announced > settings.max_body_bytes:
            await self.refuse_body()
        else:
            try:
                with self.reading:
                    await app(self.scope, self.receive, self.send)
            except ClientDisconnect:
                return
            except Exception as error:
                if not self.answered:
                    await self.reply(answer_to(error))
                raise
            if self.reading.cancelled_caught:
                await self.refuse_body()

    async def reply(self, response: Response) -> None:
        """Send an answer of the skin itself."""
        await response(self.scope, self.client_receive, self.send)

    async def refuse_body(self) -> None:
        """Answer that the body is too large."""
        sorry = f"The limit is {settings.max_body_bytes} bytes"
        await self.reply(answer_to(HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, sorry)))

    async def receive(self) -> Message:
        """Hand on a piece of the body. If it is one too many, stop the app where it waits."""
        message = await self.client_receive()
        self.arrived += len(message.get("body", b""))
        if self.arrived > settings.max_body_bytes and not self.answered:
            self.reading.cancel()
            await anyio.sleep_forever()
        return message

    async def send(self, message: Message) -> None:
        """Hand on a piece of the answer, the first one with our headers."""
        if message["type"] == "http.response.start":
            self.answered = True
            self.mark(MutableHeaders(scope=message))
        await self.client_send(message)

    def mark(self, headers: MutableHeaders) -> None:
        """Say who asked, how long it took, and which page may read it."""
        headers["X-Request-ID"] = self.id
        headers["X-Process-Time"] = f"{perf_counter() - self.began:.4f}"
        headers.add_vary_header("Origin")
        if self.trusted:
            headers["Access-Control-Allow-Origin"] = self.origin
            headers["Access-Control-Allow-Credentials"] = "true"
            headers["Access-Control-Expose-Headers"] = "X-Request-ID"
        if self.is_preflight:
            headers["Access-Control-Allow-Methods"] = "GET, POST"
            headers["Access-Control-Allow-Headers"] = "Content-Type, X-Request-ID"


class Counter:
    """The skin: an exchange for each HTTP request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            await Exchange(scope, receive, send).serve(self.app)
        else:
            await self.app(scope, receive, send)


class Shop(FastAPI):
    """An app that keeps its docs to itself in production."""

    def setup(self) -> None:
        """Add the paths of the docs, if they may be seen."""
        if settings.environment == "development":
            super().setup()


app = Shop(
    title="Bookshop API",
    version="6.0.0",
    exception_handlers=dict.fromkeys(
        (OutOfStock, BaseHTTPException, RequestValidationError), handle
    ),
)
app.add_middleware(GZipMiddleware, minimum_size=1000)
app.add_middleware(Counter)


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
