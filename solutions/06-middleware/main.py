"""The bookshop's API, fit for browsers and operations: the reference for lesson 06."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import FastAPI, HTTPException, Path, Query, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.middleware import Middleware
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)


class Settings(BaseSettings):
    """Read from the environment: ENVIRONMENT, ALLOWED_ORIGINS (a JSON list), MAX_BODY_BYTES."""

    environment: Literal["development", "production"] = "development"
    allowed_origins: list[str] = ["https://shop.example"]
    max_body_bytes: int = 20_000


settings = Settings()

WAREHOUSE_DELAY = 0.2
"""Seconds that the warehouse takes to answer."""


# ------------------------------------------------------------------------------------ the shop


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


# ---------------------------------------------------------------------- errors become answers


def failure(code: int, error: str, message: str, **more: Any) -> JSONResponse:
    """Return an error in the one shape that all our errors have."""
    return JSONResponse({"error": error, "message": message, **more}, code)


async def out_of_stock(_: Request, error: OutOfStock) -> JSONResponse:
    """Answer 409: the request is fine, the state of the shop is not."""
    return failure(409, "out_of_stock", str(error), book_id=error.book_id, left=error.left)


async def invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
    """Answer 422 with the place of each mistake, and without the value that was sent."""
    fields = [
        {
            "in": found["loc"][0],
            "field": ".".join(str(part) for part in found["loc"][1:]),
            "message": found["msg"],
        }
        for found in error.errors()
    ]
    return failure(422, "invalid_request", "The request does not fit", fields=fields)


async def http_error(_: Request, error: AnyHTTPException) -> JSONResponse:
    """Answer as the exception says, its headers included."""
    answer = failure(error.status_code, f"http_{error.status_code}", str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


# ------------------------------------------------------------------------------ the onion's skins


class ProcessTime:
    """Say in X-Process-Time how many seconds passed until the answer began."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the answer on, with the time in its head."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()

        async def send_with_time(message: Message) -> None:
            if message["type"] == "http.response.start":
                took = time.perf_counter() - began
                MutableHeaders(scope=message)["X-Process-Time"] = f"{took:.4f}"
            await send(message)

        await self.app(scope, receive, send_with_time)


class RequestId:
    """Keep the client's X-Request-ID, or make one; it is in `request.state.request_id` too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the answer on, with the id in its head."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = Headers(scope=scope).get("X-Request-ID") or uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        await self.app(scope, receive, send_with_id)


class CatchErrors:
    """Turn what nobody handled into a 500 here, inside of the skins that add headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the answer on, or send our own."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            if started:  # half an answer is out: it can only be cut off
                raise
            logger.exception("Unhandled error in request %s", scope["state"]["request_id"])
            answer = failure(500, "internal_error", "Something went wrong on our side")
            await answer(scope, receive, send)


class BodyLimit:
    """Answer 413 for a larger body: at once if it says its length, else as soon as it is too much.

    Keep it inside of anything built on BaseHTTPMiddleware, never around it: what is raised in
    `receive` would come out as another exception.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting its body."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        too_large = HTTPException(
            status.HTTP_413_CONTENT_TOO_LARGE, f"The body has more than {self.max_bytes} bytes"
        )
        if int(Headers(scope=scope).get("Content-Length", 0)) > self.max_bytes:
            answer = await http_error(Request(scope), too_large)
            await answer(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise too_large
            return message

        await self.app(scope, receive_counted, send)


is_open = settings.environment != "production"

app = FastAPI(
    title="Bookshop API",
    version="6.0.0",
    openapi_url="/openapi.json" if is_open else None,  # without it there are no docs either
    exception_handlers={
        OutOfStock: out_of_stock,
        RequestValidationError: invalid_request,
        AnyHTTPException: http_error,
    },
    # The first is the outermost.
    middleware=[
        Middleware(ProcessTime),
        Middleware(RequestId),
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_credentials=True,
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID"],
        ),
        Middleware(CatchErrors),
        Middleware(GZipMiddleware, minimum_size=1000),
        Middleware(BodyLimit, max_bytes=settings.max_body_bytes),
    ],
)


# ----------------------------------------------------------------------------- path operations


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
