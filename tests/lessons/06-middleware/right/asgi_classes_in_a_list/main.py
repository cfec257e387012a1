"""The bookshop's API, with the skins that browsers and operations need."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from http import HTTPStatus
from time import perf_counter
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import FastAPI, HTTPException, Path, Query, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.middleware import Middleware
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.requests import ClientDisconnect
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

logger = logging.getLogger(__name__)

BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
"""Statuses whose answers must not have a body."""


def explain_out_of_stock(_request: Request, error: OutOfStock) -> JSONResponse:
    """Say which book is short, and how many copies are left."""
    content = {
        "error": "out_of_stock",
        "message": str(error),
        "book_id": error.book_id,
        "left": error.left,
    }
    return JSONResponse(content, status.HTTP_409_CONFLICT)


def explain_invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Say what is wrong with which field, and never what was in it."""
    fields = []
    for mistake in error.errors():
        place, *rest = mistake["loc"]
        field = ".".join(str(part) for part in rest)
        fields.append({"in": place, "field": field, "message": mistake["msg"]})
    content = {
        "error": "invalid_request",
        "message": "Some of the fields need another look",
        "fields": fields,
    }
    return JSONResponse(content, status.HTTP_422_UNPROCESSABLE_CONTENT)


def explain_http_error(_request: Request, error: AnyHTTPException) -> Response:
    """Give every HTTPException, ours or the framework's, the same shape."""
    if error.status_code in BODILESS:
        return Response(status_code=error.status_code, headers=error.headers)
    content = {"error": f"http_{error.status_code}", "message": error.detail}
    return JSONResponse(content, error.status_code, error.headers)


class Stamp:
    """Mark every answer with the request's id and the time it took."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        came_in = perf_counter()
        request_id = Headers(scope=scope).get("X-Request-ID") or uuid4().hex

        async def send_stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers["X-Process-Time"] = f"{perf_counter() - came_in:.4f}"
            await send(message)

        await self.app(scope, receive, send_stamped)


class Catch:
    """Answer 500 to what nobody handled, and log it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def send_watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_watched)
        except ClientDisconnect:
            logger.info("The client has gone: %s %s", scope["method"], scope["path"])
        except Exception:
            if begun:
                raise
            logger.exception("Nobody handled this: %s %s", scope["method"], scope["path"])
            content = {"error": "internal_error", "message": "Something went wrong on our side"}
            answer = JSONResponse(content, status.HTTP_500_INTERNAL_SERVER_ERROR)
            await answer(scope, receive, send)


class LimitBody:
    """Refuse a body of more than so many bytes, announced or not."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = HTTPException(
            status.HTTP_413_CONTENT_TOO_LARGE, f"More than {self.max_bytes} bytes is too much"
        )
        announced = Headers(scope=scope).get("Content-Length", "")
        if announced.isdecimal() and int(announced) > self.max_bytes:
            answer = explain_http_error(Request(scope), refusal)
            await answer(scope, receive, send)
            return
        arrived = 0
        begun = False

        async def receive_counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self.max_bytes and not begun:
                raise refusal
            return message

        async def send_watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        await self.app(scope, receive_counted, send_watched)


app = FastAPI(
    title="Bookshop API",
    version="6.0.0",
    openapi_url=None if settings.environment == "production" else "/openapi.json",
    exception_handlers={
        OutOfStock: explain_out_of_stock,
        RequestValidationError: explain_invalid,
        AnyHTTPException: explain_http_error,
    },
    middleware=[
        Middleware(Stamp),
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_credentials=True,
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID"],
        ),
        Middleware(GZipMiddleware, minimum_size=1000),
        Middleware(Catch),
        Middleware(LimitBody, max_bytes=settings.max_body_bytes),
    ],
)


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
