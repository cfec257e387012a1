"""What customers do with a book: look at it, order it, reserve it."""

from typing import Annotated

from fastapi import APIRouter, Cookie, Form
from pydantic import BaseModel, EmailStr, PositiveInt, StringConstraints

from bookshop.catalogue import BOOKS, Book, BookOfPath, find_book

router = APIRouter()


class Customer(BaseModel):
    """Who orders."""

    name: str
    email: EmailStr


class Address(BaseModel):
    """Where the parcel goes."""

    street: str
    city: str


class Order(BaseModel):
    """The whole body of an order."""

    customer: Customer
    address: Address
    copies: PositiveInt


class PlacedOrder(Order):
    """An order, and the book that it is for."""

    book_id: int


class Reservation(BaseModel):
    """The whole form of a reservation."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    book_id: PositiveInt


class Visitor(BaseModel):
    """The cookies of the shop's web page."""

    last_book: int | None = None


@router.get("/last-book")
async def show_last_book(visitor: Annotated[Visitor, Cookie()]) -> dict[str, Book | None]:
    """Show the book that the customer looked at last."""
    return {"book": BOOKS.get(visitor.last_book)}


@router.post("/orders/{book_id}", status_code=201)
async def order_book(book: BookOfPath, order: Order) -> PlacedOrder:
    """Take an order of one book."""
    return PlacedOrder(book_id=book.id, **dict(order))


@router.post("/reservations", status_code=201)
async def reserve_book(reservation: Annotated[Reservation, Form()]) -> Reservation:
    """Take a reservation from the shop's web page."""
    find_book(reservation.book_id)
    return reservation
