"""Pydantic's dataclasses, handlers as methods, one model for all forms of a book."""

import dataclasses
import string
from typing import Annotated, Any

import legacy
from fastapi import APIRouter, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.dataclasses import dataclass
from pydantic.networks import EmailStr

STRICT = ConfigDict(extra="forbid")


class StockCount:
    """What the stockroom's program knows about one book."""

    def __init__(self, book_id: int) -> None:
        self.book_id = book_id
        self.copies = 10 + book_id * 7 % 40
        self.reserved = book_id * 3 % 10
        self.supplier = f"supplier {book_id * 31 % 100}"


@dataclass(config=STRICT, kw_only=True)
class Book:
    """A book as it is sent."""

    title: Annotated[str, Field(min_length=1, max_length=120)]
    isbn: str
    pages: Annotated[int, Field(ge=1, le=5000)]
    price_cents: Annotated[int, Field(ge=1, le=100000)]
    discount_cents: Annotated[int, Field(ge=0, validate_default=True)] = 0
    purchase_price_cents: Annotated[int, Field(ge=0)]
    subtitle: str | None = None

    @field_validator("isbn")
    @classmethod
    def check(cls, isbn: str) -> str:
        """Check the sum."""
        digits = isbn.translate({ord("-"): None, ord(" "): None})
        numbers = [int(digit) for digit in digits if digit in string.digits]
        if len(numbers) != 13 or len(digits) != 13:
            raise ValueError("length")
        *first, last = numbers
        if (10 - sum(n * 3 if i % 2 else n for i, n in enumerate(first)) % 10) % 10 != last:
            raise ValueError("sum")
        return digits

    @field_validator("discount_cents")
    @classmethod
    def compare(cls, discount: int, info: ValidationInfo) -> int:
        """Compare with the price, if that was right."""
        if discount >= info.data.get("price_cents", discount + 1):
            raise ValueError("too high")
        return discount


class ShownBook(BaseModel):
    """A book as it is shown."""

    id: int
    title: str
    subtitle: str | None
    isbn: str
    pages: int
    price_cents: int
    discount_cents: int


class Change(BaseModel):
    """Merged by hand."""

    model_config = STRICT
    title: Annotated[str, Field(min_length=1, max_length=120)] = ""
    subtitle: str | None = None
    pages: Annotated[int, Field(ge=1, le=5000)] = 0


@dataclass(config=STRICT)
class Customer:
    """A customer as they are sent."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    email: EmailStr
    password: Annotated[str, Field(min_length=8, max_length=128, repr=False)]
    age: Annotated[int | None, Field(ge=13, le=120)] = None


@dataclass
class ShownCustomer:
    """A customer as they are shown."""

    id: int
    name: str
    email: str
    age: int | None


@dataclass(config=STRICT)
class Address:
    """An address."""

    street: Annotated[str, Field(min_length=1)]
    city: Annotated[str, Field(min_length=1)]
    postcode: Annotated[str, Field(min_length=3, max_length=10)]


@dataclass(config=STRICT)
class Line:
    """A line."""

    book_id: int
    copies: Annotated[int, Field(ge=1, le=99)]


@dataclass(config=STRICT)
class Order:
    """An order."""

    customer_id: int
    address: Address
    lines: Annotated[list[Line], Field(min_length=1, max_length=20)]


@dataclass
class TakenOrder(Order):
    """An order with its number."""

    id: int = 0


@dataclass
class Stock:
    """What is in stock."""

    book_id: int
    copies: int
    reserved: int
    available: int = dataclasses.field(init=False, default=0)

    def __post_init__(self) -> None:
        """Count."""
        self.available = self.copies - self.reserved


class Shop:
    """The whole shop in one object."""

    def __init__(self) -> None:
        self.books: dict[int, Book] = {}
        self.customers: dict[int, Customer] = {}
        self.orders = 0
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/books", self.add_book, methods=["POST"], status_code=201, response_model=ShownBook)
        add("/books/{book_id}", self.show_book, response_model=ShownBook)
        add("/books/{book_id}", self.change, methods=["PATCH"], response_model=ShownBook)
        add(
            "/customers", self.register, methods=["POST"], status_code=201,
            response_model=ShownCustomer,
        )  # fmt: skip
        add("/customers/{customer_id}", self.show_customer, response_model=ShownCustomer)
        add("/orders", self.order, methods=["POST"], status_code=201, response_model=TakenOrder)
        add("/stock/{book_id}", self.stock)

    async def add_book(
        self,
        book: Annotated[
            Book,
            Field(
                examples=[
                    {
                        "title": "K", "isbn": "9780306406157", "pages": 1, "price_cents": 2,
                        "discount_cents": 1, "purchase_price_cents": 1,
                    }
                ]
            ),
        ],
    ) -> Any:  # fmt: skip
        """Add."""
        self.books[len(self.books) + 1] = book
        return await self.show_book(len(self.books))

    async def show_book(self, book_id: int) -> Any:
        """Show."""
        if book_id not in self.books:
            raise HTTPException(404)
        return dataclasses.asdict(self.books[book_id]) | {"id": book_id}

    async def change(self, book_id: int, change: Change) -> Any:
        """Change."""
        await self.show_book(book_id)
        changes = change.model_dump(exclude_unset=True)
        self.books[book_id] = dataclasses.replace(self.books[book_id], **changes)
        return await self.show_book(book_id)

    async def register(self, customer: Customer) -> Any:
        """Register."""
        number = len(self.customers) + 500
        self.customers[number] = customer
        return await self.show_customer(number)

    async def show_customer(self, customer_id: int) -> Any:
        """Show."""
        if customer_id not in self.customers:
            raise HTTPException(404)
        return {"id": customer_id, **dataclasses.asdict(self.customers[customer_id])}

    async def order(self, order: Order) -> Any:
        """Take."""
        self.orders += 1
        return dataclasses.asdict(order) | {"id": self.orders}

    async def stock(self, book_id: int) -> Stock:
        """Count."""
        known = StockCount(book_id)
        return Stock(known.book_id, known.copies, known.reserved)


app = FastAPI()
app.include_router(Shop().router)
app.post("/gift-cards", status_code=201)(legacy.issue)
app.get("/gift-cards/{code}")(legacy.show)


def customer_example() -> dict[str, Any]:
    """Put an example into the docs as a whole."""
    document = FastAPI.openapi(app)
    document["components"]["schemas"]["Customer"]["examples"] = [
        {"name": "Ada", "email": "ada@example.com", "password": "correct horse", "age": 13}
    ]
    return document


app.openapi = customer_example  # type: ignore[method-assign]
