"""Search the catalogue, and refuse what the search doesn't know."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from bookshop.catalogue import BOOKS, Book

router = APIRouter()

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Search(BaseModel, extra="forbid"):
    """Everything that may be searched for."""

    author: str | None = None
    min_price: Price = 0
    max_price: Price | None = None

    def __contains__(self, book: Book) -> bool:
        """Say whether the search finds the book."""
        return (
            self.author in (None, book.author)
            and self.min_price <= book.price
            and (self.max_price is None or book.price <= self.max_price)
        )


@router.get("/search")
async def search_books(search: Annotated[Search, Query()]) -> list[Book]:
    """List all books that match the search."""
    return [book for book in BOOKS.values() if book in search]
