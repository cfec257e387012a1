"""The lists that anybody may read."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from shop.paging import Page

Row = dict[str, int | str]


class BookFilter(BaseModel):
    """What the books must be like."""

    author: str | None = None
    max_price: int | None = None

    def choose(self, books: Sequence[Row]) -> list[Row]:
        """Leave out what is not wanted."""
        chosen = list(books)
        if self.author is not None:
            chosen = [book for book in chosen if book["author"] == self.author]
        if self.max_price is not None:
            chosen = [book for book in chosen if int(book["price"]) <= self.max_price]
        return chosen


def read_filter(query: Annotated[BookFilter, Query()]) -> BookFilter:
    """Read the filter from the query."""
    return query


Wanted = Annotated[BookFilter, Depends(read_filter)]


class Count(BaseModel):
    """How many there are."""

    count: int


def build_router(books: Sequence[Row], customers: Sequence[Row]) -> APIRouter:
    """Make the path operations that list these books and customers."""
    router = APIRouter()

    @router.get("/books")
    def list_books(wanted: Wanted, page: Page) -> Sequence[Row]:
        """List the books."""
        return page.of(wanted.choose(books))

    @router.get("/books/count")
    def count_books(wanted: Wanted) -> Count:
        """Count the books."""
        return Count(count=len(wanted.choose(books)))

    @router.get("/customers")
    def list_customers(page: Page) -> Sequence[Row]:
        """List the customers."""
        return page.of(customers)

    return router
