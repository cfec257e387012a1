"""Subclasses of BaseHTTPMiddleware; the limit stands inside of them and answers by itself."""

import asyncio
import json
import time
import traceback
from collections.abc import AsyncIterator
from contextvars import ContextVar
from secrets import token_urlsafe
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, HTTPException, Path, Query, Request, Response, status
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings
from starlette.exceptions import HTTPException as BaseHTTPException
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

current_id: ContextVar[str] = ContextVar("current_id")


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


class Marks(BaseHTTPMiddleware):
    """Id and time in one."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        current_id.set(request.headers.get("X-Request-ID") or token_urlsafe())
        began = time.perf_counter()
        response = await call_next(request)
        response.headers.update(
            {
                "X-Request-ID": current_id.get(),
                "X-Process-Time": f"{time.perf_counter() - began:.6f}",
            }
        )
        return response


class Catch(BaseHTTPMiddleware):
    """Bugs."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        try:
            return await call_next(request)
        except Exception:  # noqa: BLE001 (this is its job)
            traceback.print_exc()
            body = {"error": "internal_error", "message": f"Tell us {current_id.get()}"}
            return JSONResponse(body, 500)


class TooLarge(Exception):
    """The body goes on and on."""


class Limit:
    """Whatever the app makes of the interruption: the answer is 413."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        answer = JSONResponse({"error": "http_413", "message": "Too much"}, status_code=413)
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if int(length) > self.most:
            return await answer(scope, receive, send)
        left, over, begun = self.most, False, False

        async def counting() -> Message:
            nonlocal left, over
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                over = True
                raise TooLarge
            return message

        async def sending(message: Message) -> None:
            nonlocal begun
            if over and not begun:
                return
            begun = True
            await send(message)

        try:
            await self.app(scope, counting, sending)
        except TooLarge:
            pass
        if over and not begun:
            await answer(scope, receive, send)
        return None


app = FastAPI(
    docs_url=None if settings.environment == "production" else "/docs",
    redoc_url=None if settings.environment == "production" else "/redoc",
    openapi_url=None if settings.environment == "production" else "/openapi.json",
)
for skin, options in (
    (Limit, {"most": settings.max_body_bytes}),
    (GZipMiddleware, {"minimum_size": 1000}),
    (Catch, {}),
    (
        CORSMiddleware,
        {
            "allow_origins": settings.allowed_origins,
            "allow_methods": ["GET", "POST", "PUT"],
            "allow_headers": ["content-type", "x-request-id"],
            "expose_headers": ["x-request-id"],
            "allow_credentials": True,
        },
    ),
    (Marks, {}),
):
    app.add_middleware(skin, **options)


@app.exception_handler(BaseHTTPException)
async def shaped(request: Request, error: BaseHTTPException) -> Response:
    answer = await http_exception_handler(request, error)
    headers = {"allow": answer.headers["allow"]} if "allow" in answer.headers else None
    body = {"error": f"http_{error.status_code}", "message": error.detail}
    return JSONResponse(body, error.status_code, headers)


@app.exception_handler(OutOfStock)
async def sold_out(request: Request, error: OutOfStock) -> Response:
    body = vars(error) | {"error": "out_of_stock", "message": error.args[0]}
    return JSONResponse(body, 409)


@app.exception_handler(RequestValidationError)
async def unfit(request: Request, error: RequestValidationError) -> Response:
    def entry(found: dict[str, Any]) -> dict[str, str]:
        where, _, field = ".".join(str(part) for part in found["loc"]).partition(".")
        return {"in": where, "field": field, "message": found["msg"]}

    fields = [entry(found) for found in error.errors()]
    return JSONResponse({"error": "invalid_request", "message": "?", "fields": fields}, 422)


router = APIRouter()


# ----------------------------------------------------------------------------- path operations


@router.get("/books")
async def list_books(limit: Annotated[int, Query(ge=1)] = 60, word: str = "") -> list[Book]:
    """List the books with that word in the title."""
    return [book for book in BOOKS.values() if word in book.title][:limit]


@router.get("/books/{book_id}")
async def show_book(book_id: Annotated[int, Path(ge=1)]) -> Book:
    """Show the book of that number."""
    return find_book(book_id)


@router.get("/stock/{book_id}")
async def count_stock(book_id: Annotated[int, Path(ge=1)]) -> dict[str, int]:
    """Ask the slow warehouse how many copies it has."""
    await asyncio.sleep(WAREHOUSE_DELAY)
    return {"book_id": book_id, "in_stock": find_book(book_id).stock}


@router.get("/reports/{month}")
async def report(month: str) -> dict[str, Any]:
    """Report the sales of a month. It has a bug: leave it, it is the one that will happen."""
    return {"month": month, "sold": SALES[month]}


@router.post("/orders", status_code=status.HTTP_201_CREATED)
async def place_order(order: NewOrder) -> dict[str, int]:
    """Take an order, and tell those who watch."""
    reserve(order.lines)
    async with new_order:
        ORDERS.append(order)
        new_order.notify_all()
        return {"id": len(ORDERS)}


@router.get("/orders/live")
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


@router.post("/imports", status_code=status.HTTP_201_CREATED)
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


app.include_router(router)
