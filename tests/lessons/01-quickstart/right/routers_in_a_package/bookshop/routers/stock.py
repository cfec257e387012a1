"""The path operation that asks the warehouse."""

import time

from fastapi import APIRouter
from pydantic import BaseModel


class Stock(BaseModel):
    """What the warehouse says about one book."""

    book_id: int
    in_stock: int = 7


def make_router(warehouse_delay: float) -> APIRouter:
    """Make the router that asks a warehouse which takes this many seconds to answer."""
    router = APIRouter(prefix="/stock")

    @router.get("/{book_id}")
    def show_stock(book_id: int) -> Stock:
        """Ask the warehouse; a plain function, so the wait has a thread of its own."""
        time.sleep(warehouse_delay)
        return Stock(book_id=book_id)

    return router
