"""The bookshop. Nothing here is decorated: a table of routes at the end makes the app."""

from dataclasses import replace
from functools import partial
from typing import Annotated, TypeVar

from fastapi import Body, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

import legacy
from answers import (
    BookAnswer,
    CustomerAnswer,
    OrderAnswer,
    StockAnswer,
    tell_book,
    tell_customer,
    tell_order,
    tell_stock,
)
from bodies import BOOK_EXAMPLE, CUSTOMER_EXAMPLE, BookChanges, NewBook, NewCustomer, NewOrder


class StockCount:
    """What the stockroom's program knows about one book: an object, no dict. Leave it as it is."""

    def __init__(self, book_id: int) -> None:
        self.book_id = book_id
        self.copies = 10 + book_id * 7 % 40
        self.reserved = book_id * 3 % 10
        self.supplier = f"supplier {book_id * 31 % 100}"


Thing = TypeVar("Thing")

# The number of a thing is its place in these lists, counted from 1. Nothing is ever taken out.
BOOKS: list[NewBook] = []
CUSTOMERS: list[NewCustomer] = []
ORDERS: list[NewOrder] = []


class NotKeptError(Exception):
    """Somebody asked for a thing that is not there."""


async def answer_404(_request: Request, error: Exception) -> JSONResponse:
    """Make an answer of `NotKeptError`."""
    return JSONResponse({"detail": str(error)}, status_code=404)


def keep(things: list[Thing], thing: Thing) -> int:
    """Keep a thing, and return its number. Without an `await`, nobody can come between."""
    things.append(thing)
    return len(things)


def find(things: list[Thing], number: int) -> Thing:
    """Return the thing of that number."""
    if not 1 <= number <= len(things):
        raise NotKeptError(f"Nothing is kept under the number {number}")
    return things[number - 1]


async def add_book(book: Annotated[NewBook, Body(examples=[BOOK_EXAMPLE])]) -> BookAnswer:
    """Add a book."""
    return tell_book(keep(BOOKS, book), book)


async def show_book(book_id: int) -> BookAnswer:
    """Show a book."""
    return tell_book(book_id, find(BOOKS, book_id))


async def change_book(book_id: int, changes: Annotated[BookChanges, Body()]) -> BookAnswer:
    """Change the title, the subtitle or the pages of a book."""
    book = replace(find(BOOKS, book_id), **changes)
    BOOKS[book_id - 1] = book
    return tell_book(book_id, book)


async def register(
    customer: Annotated[NewCustomer, Body(examples=[CUSTOMER_EXAMPLE])],
) -> CustomerAnswer:
    """Register a customer."""
    return tell_customer(keep(CUSTOMERS, customer), customer)


async def show_customer(customer_id: int) -> CustomerAnswer:
    """Show a customer."""
    return tell_customer(customer_id, find(CUSTOMERS, customer_id))


async def take_order(order: NewOrder) -> OrderAnswer:
    """Take an order."""
    return tell_order(keep(ORDERS, order), order)


async def show_stock(book_id: int) -> StockAnswer:
    """Show how many copies of a book there are."""
    return tell_stock(StockCount(book_id))


async def take_gift_card(card: legacy.GiftCard) -> legacy.GiftCard:
    """Take a gift card."""
    return legacy.keep(card)


async def show_gift_card(code: str) -> legacy.GiftCard:
    """Show a gift card."""
    if code not in legacy.RECORDS:
        raise NotKeptError(f"There is no gift card {code}")
    return legacy.RECORDS[code]


get = partial(APIRoute, methods=["GET"])
post = partial(APIRoute, methods=["POST"], status_code=201)
patch = partial(APIRoute, methods=["PATCH"])

app = FastAPI(
    title="Bookshop API",
    version="2.0.0",
    exception_handlers={NotKeptError: answer_404},
    routes=[
        post("/books", add_book),
        get("/books/{book_id}", show_book),
        patch("/books/{book_id}", change_book),
        post("/customers", register),
        get("/customers/{customer_id}", show_customer),
        post("/orders", take_order),
        get("/stock/{book_id}", show_stock),
        post("/gift-cards", take_gift_card),
        get("/gift-cards/{code}", show_gift_card),
    ],
)
