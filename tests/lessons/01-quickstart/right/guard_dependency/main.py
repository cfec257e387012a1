"""The bookshop's first API: async path operations, and a dependency that guards the number."""

import asyncio
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException

BOOKS = {
    1: {"id": 1, "title": "A Wizard of Earthsea", "author": "Ursula K. Le Guin"},
    2: {"id": 2, "title": "Invisible Cities", "author": "Italo Calvino"},
    3: {"id": 3, "title": "The Dispossessed", "author": "Ursula K. Le Guin"},
    4: {"id": 4, "title": "Kindred", "author": "Octavia E. Butler"},
    5: {"id": 5, "title": "The Baron in the Trees", "author": "Italo Calvino"},
}

WAREHOUSE_DELAY = 0.1
"""Seconds that the warehouse takes to answer."""

COPIES_IN_STOCK = 7

app = FastAPI(
    title="Bookshop API",
    version="1.0.0",
    description="The catalogue of a small bookshop, and what its warehouse has.",
)


async def require_book(book_id: int) -> int:
    """Let the number of a book in the catalogue pass; answer 404 for any other."""
    if book_id not in BOOKS:
        raise HTTPException(status_code=404, detail=f"There is no book {book_id}")
    return book_id


KnownBookId = Annotated[int, Depends(require_book)]


@app.get("/")
async def welcome() -> dict[str, str]:
    """Greet the client."""
    return {"message": "Welcome to the bookshop"}


@app.get("/books", tags=["books"])
async def list_books(author: str | None = None) -> list[dict[str, object]]:
    """List all books, or only those by exactly this author."""
    if author is None:
        return list(BOOKS.values())
    return [book for book in BOOKS.values() if book["author"] == author]


@app.get("/books/{book_id}", tags=["books"], summary="Show one book")
async def show_book(book_id: KnownBookId) -> dict[str, object]:
    """Show the book with this number."""
    return BOOKS[book_id]


@app.delete("/books/{book_id}", status_code=204, tags=["books"])
async def delete_book(book_id: KnownBookId) -> None:
    """Take the book with this number out of the catalogue."""
    del BOOKS[book_id]


@app.get("/stock/{book_id}")
async def show_stock(book_id: int) -> dict[str, int]:
    """Ask the slow warehouse how many copies it has."""
    await asyncio.sleep(WAREHOUSE_DELAY)
    return {"book_id": book_id, "in_stock": COPIES_IN_STOCK}
