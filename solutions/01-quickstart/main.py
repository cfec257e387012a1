"""The bookshop's first API: the reference for lesson 01."""

import asyncio

from fastapi import FastAPI, HTTPException, status

Book = dict[str, int | str]

BOOKS: dict[int, Book] = {
    1: {"id": 1, "title": "A Wizard of Earthsea", "author": "Ursula K. Le Guin"},
    2: {"id": 2, "title": "Invisible Cities", "author": "Italo Calvino"},
    3: {"id": 3, "title": "The Dispossessed", "author": "Ursula K. Le Guin"},
    4: {"id": 4, "title": "Kindred", "author": "Octavia E. Butler"},
    5: {"id": 5, "title": "The Baron in the Trees", "author": "Italo Calvino"},
}

WAREHOUSE_DELAY = 0.1
"""Seconds that the warehouse takes to answer."""

app = FastAPI(
    title="Bookshop API",
    version="1.0.0",
    description="The catalogue of a small bookshop.",
)


def find_book(book_id: int) -> Book:
    """Return the book, or answer 404."""
    if book_id not in BOOKS:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {book_id}")
    return BOOKS[book_id]


@app.get("/")
async def welcome() -> dict[str, str]:
    """Greet the visitor."""
    return {"message": "Welcome to the bookshop"}


@app.get("/books", tags=["books"])
async def list_books(author: str | None = None) -> list[Book]:
    """List all books, or those by one author."""
    return [book for book in BOOKS.values() if author is None or book["author"] == author]


@app.get("/books/{book_id}", tags=["books"], summary="Show one book")
async def show_book(book_id: int) -> Book:
    """Show the book of that number."""
    return find_book(book_id)


@app.delete("/books/{book_id}", tags=["books"], status_code=status.HTTP_204_NO_CONTENT)
async def delete_book(book_id: int) -> None:
    """Take the book out of the catalogue."""
    find_book(book_id)
    del BOOKS[book_id]


@app.get("/stock/{book_id}", tags=["warehouse"])
async def count_stock(book_id: int) -> dict[str, int]:
    """Ask the slow warehouse, and let others be served meanwhile."""
    await asyncio.sleep(WAREHOUSE_DELAY)
    return {"book_id": book_id, "in_stock": 7}
