"""Orders: take one."""

from typing import Annotated

from fastapi import APIRouter, status
from pydantic import Field

from shop.incoming import Incoming
from shop.shelf import Shelf


class Address(Incoming):
    """Where an order goes."""

    street: Annotated[str, Field(min_length=1)]
    city: Annotated[str, Field(min_length=1)]
    postcode: Annotated[str, Field(min_length=3, max_length=10)]


class Line(Incoming):
    """Some copies of one book."""

    book_id: int
    copies: Annotated[int, Field(ge=1, le=99)]


class NewOrder(Incoming):
    """An order as a client sends it."""

    customer_id: int
    address: Address
    lines: Annotated[list[Line], Field(min_length=1, max_length=20)]


class TakenOrder(NewOrder):
    """An order that has its number."""

    id: int


SHELF: Shelf[NewOrder] = Shelf()

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post("", status_code=status.HTTP_201_CREATED)
def take_order(order: NewOrder) -> TakenOrder:
    """Take an order."""
    return TakenOrder(id=SHELF.put(order), **order.model_dump())
