"""Show books: one of them, or one page of those that match the filters."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import NonNegativeInt

from bookshop.catalogue import BOOKS, Book, BookOfPath

router = APIRouter(prefix="/books")


class Sort(StrEnum):
    """The orders of the list."""

    NUMBER = "number"
    TITLE = "title"
    PRICE = "price"
    NEWEST = "newest"

    def apply(self, books: Iterable[Book]) -> list[Book]:
        """Return the books in this order."""
        if self is Sort.NEWEST:
            return sorted(books, key=attrgetter("year"), reverse=True)
        field = "id" if self is Sort.NUMBER else self.value
        return sorted(books, key=attrgetter(field))


@dataclass(frozen=True)
class Years:
    """The filter by year, under its new name and its old one."""

    published_after: Annotated[NonNegativeInt | None, Query(alias="published-after")] = None
    after: Annotated[NonNegativeInt | None, Query(deprecated=True)] = None

    def match(self, book: Book) -> bool:
        """Say whether the book was published late enough."""
        for year in (self.published_after, self.after):
            if year is not None:
                return book.year > year
        return True


@dataclass(frozen=True)
class Filters:
    """All filters of the list."""

    years: Annotated[Years, Depends()]
    q: Annotated[str, Query(max_length=30)] = ""
    shelf: Annotated[str | None, Query(pattern="^[A-Z][0-9][0-9]$")] = None
    genre: Annotated[frozenset[str] | None, Query()] = None

    def match(self, book: Book) -> bool:
        """Say whether the book matches every filter that was sent."""
        return (
            self.q.lower() in book.title.lower()
            and self.shelf in (None, book.shelf)
            and (self.genre is None or book.genre in self.genre)
            and self.years.match(book)
        )


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    skip: Annotated[NonNegativeInt, Query()] = 0
    limit: Annotated[int, Query(gt=0, le=20)] = 10

    def cut(self, books: list[Book]) -> Iterator[Book]:
        """Give the books of this page."""
        return islice(books[self.skip :], self.limit)


@router.get("")
async def list_books(
    filters: Annotated[Filters, Depends()],
    page: Annotated[Page, Depends()],
    sort: Sort = Sort.NUMBER,
) -> list[Book]:
    """List one page of the books that match all filters."""
    return list(page.cut(sort.apply(filter(filters.match, BOOKS.values()))))


@router.get("/latest")
async def show_latest() -> Book:
    """Show the book that was published last."""
    return max(BOOKS.values(), key=attrgetter("year"))


@router.get("/{book_id}")
async def show_book(book: BookOfPath) -> Book:
    """Show the book of that number."""
    return book
