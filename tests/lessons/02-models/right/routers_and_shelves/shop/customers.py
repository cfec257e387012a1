"""Customers: register one, show one."""

from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, Body, Depends, HTTPException, status
from pydantic import BaseModel, EmailStr, Field, SecretStr

from shop.incoming import Incoming
from shop.shelf import Shelf

EXAMPLE = {"name": "Ada", "email": "ada@example.com", "password": "engine-1843", "age": 36}


@dataclass(frozen=True)
class CustomerRecord:
    """A customer as the shop keeps them."""

    name: str
    email: str
    password: SecretStr
    age: int | None


class NewCustomer(Incoming):
    """A customer who registers."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    email: EmailStr
    password: Annotated[SecretStr, Field(min_length=8, max_length=128)]
    age: Annotated[int, Field(ge=13, le=120)] | None = None


class ShownCustomer(BaseModel):
    """A customer as clients see them."""

    id: int
    name: str
    email: EmailStr
    age: int | None

    @classmethod
    def of(cls, number: int, record: CustomerRecord) -> "ShownCustomer":
        """Pick what may be shown of a record."""
        return cls.model_validate({"id": number, **asdict(record)})


SHELF: Shelf[CustomerRecord] = Shelf()


class KeptCustomer:
    """Dependency: the customer that the path names. The answer is 404 if there is none."""

    def __init__(self, customer_id: int) -> None:
        record = SHELF.get(customer_id)
        if record is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no customer {customer_id}")
        self.number = customer_id
        self.record = record


router = APIRouter(prefix="/customers", tags=["customers"])


@router.post("", status_code=status.HTTP_201_CREATED)
def register(
    new: Annotated[NewCustomer, Body(openapi_examples={"reader": {"value": EXAMPLE}})],
) -> ShownCustomer:
    """Register a customer."""
    record = CustomerRecord(**new.model_dump())
    return ShownCustomer.of(SHELF.put(record), record)


@router.get("/{customer_id}")
def show_customer(customer: Annotated[KeptCustomer, Depends()]) -> ShownCustomer:
    """Show a customer."""
    return ShownCustomer.of(customer.number, customer.record)
