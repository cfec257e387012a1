"""Orders, stock, gift cards."""

from typing import Any

import legacy
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from shop.shelf import Shelf, Strict

router = APIRouter()


class StockCount:
    """What the stockroom's program knows about one book."""

    def __init__(self, book_id: int) -> None:
        self.book_id = book_id
        self.copies = 10 + book_id * 7 % 40
        self.reserved = book_id * 3 % 10
        self.supplier = f"supplier {book_id * 31 % 100}"


class OrderLine(Strict):
    """A line."""

    book_id: int
    copies: int = Field(ge=1, le=99)


class Place(Strict):
    """An address."""

    street: str = Field(min_length=1)
    city: str = Field(min_length=1)
    postcode: str = Field(min_length=3, max_length=10)


class Purchase(Strict):
    """An order."""

    customer_id: int
    address: Place
    lines: list[OrderLine] = Field(min_length=1, max_length=20)


ORDERS = Shelf[Purchase](1)


@router.post("/orders", status_code=201)
def order(purchase: Purchase) -> dict[str, Any]:
    """Take an order."""
    return {"id": ORDERS.put(purchase)} | purchase.model_dump()


class Available(BaseModel):
    """A plain field, worked out in the function, is as good from outside."""

    book_id: int
    copies: int
    reserved: int
    available: int


@router.get("/stock/{book_id}")
def stock(book_id: int) -> Available:
    """Count."""
    known = StockCount(book_id)
    return Available(
        book_id=known.book_id,
        copies=known.copies,
        reserved=known.reserved,
        available=known.copies - known.reserved,
    )


@router.post("/gift-cards", status_code=201)
def issue(card: legacy.GiftCard) -> legacy.GiftCard:
    """Issue."""
    return legacy.keep(card)


@router.get("/gift-cards/{code}", response_model=legacy.GiftCard)
def card(code: str) -> Any:
    """Show."""
    found = legacy.RECORDS.get(code)
    if found is None:
        raise HTTPException(404)
    return found
