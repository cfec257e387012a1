"""Stock: how many copies of a book there are."""

from collections.abc import Callable
from typing import Protocol

from fastapi import APIRouter
from pydantic import BaseModel


class Count(Protocol):
    """What this module asks of the stockroom's objects."""

    book_id: int
    copies: int
    reserved: int


class ShownStock(BaseModel):
    """What clients see of a count."""

    book_id: int
    copies: int
    reserved: int
    available: int

    @classmethod
    def of(cls, stock: Count) -> "ShownStock":
        """Read a count, and work out what is available."""
        return cls(
            book_id=stock.book_id,
            copies=stock.copies,
            reserved=stock.reserved,
            available=stock.copies - stock.reserved,
        )


def make_router(count: Callable[[int], Count]) -> APIRouter:
    """Return a router that asks `count` about a book."""
    router = APIRouter(prefix="/stock", tags=["stock"])

    @router.get("/{book_id}")
    def show_stock(book_id: int) -> ShownStock:
        """Show how many copies of a book there are, and how many of them are not reserved."""
        return ShownStock.of(count(book_id))

    return router
