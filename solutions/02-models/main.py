"""The bookshop takes books and customers: the reference for lesson 02."""

from typing import Annotated, Any, Self

import legacy
from fastapi import FastAPI, HTTPException, status
from pydantic import (
    MISSING,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    computed_field,
    field_validator,
    model_validator,
)

BOOKS: dict[int, dict[str, Any]] = {}
CUSTOMERS: dict[int, dict[str, Any]] = {}
ORDERS: dict[int, dict[str, Any]] = {}

Title = Annotated[str, Field(min_length=1, max_length=120)]
Pages = Annotated[int, Field(ge=1, le=5000)]
Text = Annotated[str, Field(min_length=1)]

ISBN_DIGITS = 13


class StockCount:
    """What the stockroom's program knows about one book: an object, no dict. Leave it as it is."""

    def __init__(self, book_id: int) -> None:
        self.book_id = book_id
        self.copies = 10 + book_id * 7 % 40
        self.reserved = book_id * 3 % 10
        self.supplier = f"supplier {book_id * 31 % 100}"


class Incoming(BaseModel):
    """What clients send: a field that we don't know is a mistake."""

    model_config = ConfigDict(extra="forbid")


class NewBook(Incoming):
    """A book as the shop adds it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "A Wizard of Earthsea",
                    "isbn": "978-0-306-40615-7",
                    "pages": 205,
                    "price_cents": 1290,
                    "discount_cents": 100,
                    "purchase_price_cents": 800,
                }
            ]
        }
    )

    title: Title
    subtitle: str | None = None
    isbn: str
    pages: Pages
    price_cents: Annotated[int, Field(ge=1, le=100_000)]
    discount_cents: Annotated[int, Field(ge=0)] = 0
    purchase_price_cents: Annotated[int, Field(ge=0)]

    @field_validator("isbn")
    @classmethod
    def check_isbn(cls, isbn: str) -> str:
        """Return the digits of a right ISBN-13."""
        digits = isbn.replace("-", "").replace(" ", "")
        if len(digits) != ISBN_DIGITS or not (digits.isascii() and digits.isdigit()):
            raise ValueError("an ISBN has 13 digits")
        if sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10:
            raise ValueError("the last digit does not fit the others")
        return digits

    @model_validator(mode="after")
    def check_discount(self) -> Self:
        """Give nothing away."""
        if self.discount_cents >= self.price_cents:
            raise ValueError("discount_cents must be below price_cents")
        return self


class BookChanges(Incoming):
    """What a change of a book may hold: every field may be left out."""

    title: Title | MISSING = MISSING
    subtitle: str | None = None
    pages: Pages | MISSING = MISSING


class Book(BaseModel):
    """A book as everybody may see it."""

    id: int
    title: str
    subtitle: str | None
    isbn: str
    pages: int
    price_cents: int
    discount_cents: int


class NewCustomer(Incoming):
    """A customer who registers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Ada",
                    "email": "ada@example.com",
                    "password": "correct horse battery",
                    "age": 36,
                }
            ]
        }
    )

    name: Annotated[str, Field(min_length=1, max_length=80)]
    email: EmailStr
    password: Annotated[str, Field(min_length=8, max_length=128)]
    age: Annotated[int, Field(ge=13, le=120)] | None = None


class Customer(BaseModel):
    """A customer as clients may see it."""

    id: int
    name: str
    email: EmailStr
    age: int | None


class Address(Incoming):
    """Where an order goes."""

    street: Text
    city: Text
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


class Order(NewOrder):
    """An order that was taken."""

    id: int


class Stock(BaseModel):
    """What clients may know of the stock."""

    model_config = ConfigDict(from_attributes=True)

    book_id: int
    copies: int
    reserved: int

    @computed_field  # type: ignore[prop-decorator]  # mypy does not know this form
    @property
    def available(self) -> int:
        """Copies that nobody has reserved."""
        return self.copies - self.reserved


app = FastAPI(title="Bookshop API", version="2.0.0")


def find_book(book_id: int) -> dict[str, Any]:
    """Return the book, or answer 404."""
    if book_id not in BOOKS:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {book_id}")
    return BOOKS[book_id]


@app.post("/books", response_model=Book, status_code=status.HTTP_201_CREATED)
async def add_book(book: NewBook) -> dict[str, Any]:
    """Put a book in the catalogue."""
    book_id = len(BOOKS) + 1
    BOOKS[book_id] = {"id": book_id} | book.model_dump()
    return BOOKS[book_id]


@app.get("/books/{book_id}", response_model=Book)
async def show_book(book_id: int) -> dict[str, Any]:
    """Show the book of that number."""
    return find_book(book_id)


@app.patch("/books/{book_id}", response_model=Book)
async def change_book(book_id: int, changes: BookChanges) -> dict[str, Any]:
    """Change what was sent, and nothing else."""
    book = find_book(book_id)
    book.update(changes.model_dump(exclude_unset=True))
    return book


@app.post("/customers", response_model=Customer, status_code=status.HTTP_201_CREATED)
async def register(customer: NewCustomer) -> dict[str, Any]:
    """Register a customer. The password is not kept: lesson 05 keeps its hash."""
    customer_id = len(CUSTOMERS) + 1
    CUSTOMERS[customer_id] = {"id": customer_id} | customer.model_dump(exclude={"password"})
    return CUSTOMERS[customer_id]


@app.get("/customers/{customer_id}", response_model=Customer)
async def show_customer(customer_id: int) -> dict[str, Any]:
    """Show the customer of that number."""
    if customer_id not in CUSTOMERS:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no customer {customer_id}")
    return CUSTOMERS[customer_id]


@app.post("/orders", status_code=status.HTTP_201_CREATED)
async def take_order(order: NewOrder) -> Order:
    """Take an order."""
    order_id = len(ORDERS) + 1
    ORDERS[order_id] = {"id": order_id} | order.model_dump()
    return Order(**ORDERS[order_id])


@app.get("/stock/{book_id}")
async def count_stock(book_id: int) -> Stock:
    """Show how many copies there are."""
    return Stock.model_validate(StockCount(book_id))


@app.post("/gift-cards", status_code=status.HTTP_201_CREATED)
async def issue_gift_card(card: legacy.GiftCard) -> legacy.GiftCard:
    """Issue a gift card."""
    return legacy.keep(card)


@app.get("/gift-cards/{code}")
async def show_gift_card(code: str) -> legacy.GiftCard:
    """Show the gift card of that code."""
    card = legacy.find(code)
    if card is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no gift card {code}")
    return card
