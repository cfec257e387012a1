"""Another right answer: response models, an exception of its own, a wait in a thread."""

import asyncio
import time

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel


class Book(BaseModel):
    id: int
    title: str
    author: str


class MissingError(Exception):
    def __init__(self, number: int) -> None:
        self.number = number


SHELF = [
    Book(id=1, title="A Wizard of Earthsea", author="Ursula K. Le Guin"),
    Book(id=2, title="Invisible Cities", author="Italo Calvino"),
    Book(id=3, title="The Dispossessed", author="Ursula K. Le Guin"),
    Book(id=4, title="Kindred", author="Octavia E. Butler"),
    Book(id=5, title="The Baron in the Trees", author="Italo Calvino"),
]

app = FastAPI(
    title="Bookshop API",
    version="1.0.0",
    description="The **catalogue**.",
    openapi_tags=[{"name": "books", "description": "Everything to read"}],
)


@app.exception_handler(MissingError)
async def missing(_: Request, error: MissingError) -> JSONResponse:
    return JSONResponse({"detail": f"There is no book {error.number}"}, 404)


def position(number: int) -> int:
    for index, book in enumerate(SHELF):
        if book.id == number:
            return index
    raise MissingError(number)


@app.get("/", include_in_schema=False)
async def index() -> JSONResponse:
    return JSONResponse({"message": "Welcome to the bookshop"})


@app.get("/books", tags=["books"])
async def books(author: str | None = None) -> list[Book]:
    return [book for book in SHELF if author in (None, book.author)]


@app.get("/books/{book_id}", tags=["books"], summary="Show one book")
async def book(book_id: int) -> Book:
    return SHELF[position(book_id)]


@app.delete("/books/{book_id}", tags=["books"], status_code=204)
async def delete(book_id: int) -> None:
    del SHELF[position(book_id)]


@app.get("/stock/{book_id}")
async def stock(book_id: int) -> dict[str, int]:
    await asyncio.to_thread(time.sleep, 0.2)
    return {"book_id": book_id, "in_stock": 7}
