"""The finished app is wrapped by hand; bugs are answered by the handler for Exception."""

import asyncio
import json
from collections.abc import AsyncIterator
from time import perf_counter
from typing import Annotated, Any, Literal
from uuid import uuid1

from fastapi import FastAPI, HTTPException, Path, Query, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


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


class OutOfStock(Exception):  # noqa: N818 (it is named as the shop says it)
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


async def bug(_: Request, __: Exception) -> JSONResponse:
    """Say nothing; the server gets the exception after this."""
    return failure(500, "internal_error", "Something went wrong")


api = FastAPI(openapi_url="/openapi.json" if settings.environment != "production" else None)
api.add_exception_handler(OutOfStock, out_of_stock)  # type: ignore[arg-type]
api.add_exception_handler(RequestValidationError, invalid_request)  # type: ignore[arg-type]
api.add_exception_handler(AnyHTTPException, http_error)  # type: ignore[arg-type]
api.add_exception_handler(Exception, bug)
api.add_middleware(GZipMiddleware, minimum_size=1000)


def limiting(inner: ASGIApp) -> ASGIApp:
    """Return an app that is only given bodies of a bearable size."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await inner(scope, receive, send)
        allowance = settings.max_body_bytes
        if int(Headers(scope=scope).get("content-length", allowance)) > allowance:
            answer = failure(413, "http_413", "Too large")
            return await answer(scope, receive, send)

        async def metered() -> Message:
            nonlocal allowance
            message = await receive()
            allowance -= len(message.get("body", b""))
            if allowance < 0:
                raise HTTPException(413)
            return message

        return await inner(scope, metered, send)

    return outer


def marking(inner: ASGIApp) -> ASGIApp:
    """Return an app that adds id and time to the answers of another."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        mine = Headers(scope=scope).get("x-request-id") if scope["type"] == "http" else None
        mine = mine or str(uuid1())

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                took = perf_counter() - began
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", mine.encode()),
                    (b"x-process-time", b"%.2f" % took),
                ]
            await send(message)

        await inner(scope, receive, marked)

    return outer


# ----------------------------------------------------------------------------- path operations


@api.get("/books")
async def list_books(limit: Annotated[int, Query(ge=1)] = 60, word: str = "") -> list[Book]:
    """List the books with that word in the title."""
    return [book for book in BOOKS.values() if word in book.title][:limit]


@api.get("/books/{book_id}")
async def show_book(book_id: Annotated[int, Path(ge=1)]) -> Book:
    """Show the book of that number."""
    return find_book(book_id)


@api.get("/stock/{book_id}")
async def count_stock(book_id: Annotated[int, Path(ge=1)]) -> dict[str, int]:
    """Ask the slow warehouse how many copies it has."""
    await asyncio.sleep(WAREHOUSE_DELAY)
    return {"book_id": book_id, "in_stock": find_book(book_id).stock}


@api.get("/reports/{month}")
async def report(month: str) -> dict[str, Any]:
    """Report the sales of a month. It has a bug: leave it, it is the one that will happen."""
    return {"month": month, "sold": SALES[month]}


@api.post("/orders", status_code=status.HTTP_201_CREATED)
async def place_order(order: NewOrder) -> dict[str, int]:
    """Take an order, and tell those who watch."""
    reserve(order.lines)
    async with new_order:
        ORDERS.append(order)
        new_order.notify_all()
        return {"id": len(ORDERS)}


@api.get("/orders/live")
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


@api.post("/imports", status_code=status.HTTP_201_CREATED)
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


app = marking(
    CORSMiddleware(
        limiting(api),
        allow_origins=settings.allowed_origins,
        allow_credentials=True,
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type", "X-Request-ID"],
        expose_headers=["X-Request-ID"],
    )
)
