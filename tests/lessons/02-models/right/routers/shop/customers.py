"""Customers."""

from typing import Annotated

from annotated_types import Interval, Len
from fastapi import APIRouter
from pydantic import BaseModel, EmailStr, Field, SecretStr

from shop.shelf import Shelf, Strict

router = APIRouter(prefix="/customers")


class Registration(Strict):
    """Who registers."""

    name: Annotated[str, Len(1, 80)] = Field(examples=["Ada"])
    email: EmailStr = Field(examples=["ada@example.com"])
    password: Annotated[SecretStr, Len(8, 128)] = Field(examples=["long enough"])
    age: Annotated[int, Interval(ge=13, le=120)] | None = None


class Card(BaseModel):
    """What is shown."""

    id: int
    name: str
    email: str
    age: int | None = None


CUSTOMERS = Shelf[Registration](7)


@router.post("", status_code=201)
def register(who: Registration) -> Card:
    """Register."""
    return Card(id=CUSTOMERS.put(who), name=who.name, email=who.email, age=who.age)


@router.get("/{customer_id}")
def show(customer_id: int) -> Card:
    """Show."""
    who = CUSTOMERS.get(customer_id)
    return Card(id=customer_id, name=who.name, email=who.email, age=who.age)
