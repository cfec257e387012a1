"""The bookshop takes books, customers, orders and gift cards.

Fields that several models share stand once, in a base class. What is kept is itself a model: a
public one and, in a subclass of it, the secret that only the shop knows.
"""

from itertools import count
from typing import Annotated, Self

from fastapi import FastAPI, HTTPException
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

import legacy


class StockCount:
    """What the stockroom's program knows about one book: an object, no dict. Leave it as it is."""

    def __init__(self, book_id: int) -> None:
        self.book_id = book_id
        self.copies = 10 + book_id * 7 % 40
        self.reserved = book_id * 3 % 10
        self.supplier = f"supplier {book_id * 31 % 100}"


app = FastAPI(title="Bookshop API", version="2.0.0")

Title = Annotated[str, Field(min_length=1, max_length=120)]
Pages = Annotated[int, Field(ge=1, le=5000)]


class Incoming(BaseModel):
    """What all bodies have in common: they hold no field that we don't know."""

    model_config = ConfigDict(extra="forbid")


class BookFields(BaseModel):
    """What everybody may know about a book."""

    title: Title
    subtitle: str | None = None
    isbn: str
    pages: Pages
    price_cents: Annotated[int, Field(ge=1, le=100_000)]
    discount_cents: Annotated[int, Field(ge=0)] = 0


class NewBook(Incoming, BookFields):
    """A book as the shop adds it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Kindred",
                    "isbn": "978-0-306-40615-7",
                    "pages": 264,
                    "price_cents": 1450,
                    "purchase_price_cents": 900,
                },
            ],
        },
    )

    purchase_price_cents: Annotated[int, Field(ge=0)]

    @field_validator("isbn")
    @classmethod
    def tidy_isbn(cls, isbn: str) -> str:
        """Keep the 13 digits only, if they are right."""
        digits = isbn.replace("-", "").replace(" ", "")
        if not (digits.isascii() and digits.isdigit()):
            raise ValueError("an ISBN holds only digits, hyphens and spaces")
        if len(digits) != 13:
            raise ValueError("an ISBN has 13 digits")
        total = sum(int(digit) for digit in digits[::2])
        total += 3 * sum(int(digit) for digit in digits[1::2])
        if total % 10 != 0:
            raise ValueError("the last digit of the ISBN does not fit the others")
        return digits

    @model_validator(mode="after")
    def check_discount(self) -> Self:
        """Refuse to give a book away."""
        if self.discount_cents >= self.price_cents:
            raise ValueError("discount_cents must be below price_cents")
        return self


class Book(BookFields):
    """A book as clients see it."""

    id: int


class KeptBook(Book):
    """A book as the shop keeps it."""

    purchase_price_cents: int


class BookChanges(Incoming):
    """What may be changed about a book."""

    title: Title | MISSING = MISSING
    subtitle: str | None = None
    pages: Pages | MISSING = MISSING


class CustomerFields(BaseModel):
    """What may be told about a customer."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    email: EmailStr
    age: Annotated[int, Field(ge=13, le=120)] | None = None


class NewCustomer(Incoming, CustomerFields):
    """A customer who registers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Ada", "email": "ada@example.com", "password": "engine-1843", "age": 36},
            ],
        },
    )

    password: Annotated[str, Field(min_length=8, max_length=128)]


class Customer(CustomerFields):
    """A customer as clients see them."""

    id: int


class KeptCustomer(Customer):
    """A customer as the shop keeps them."""

    password: str


class Address(Incoming):
    """Where an order goes."""

    street: Annotated[str, Field(min_length=1)]
    city: Annotated[str, Field(min_length=1)]
    postcode: Annotated[str, Field(min_length=3, max_length=10)]


class OrderLine(Incoming):
    """Some copies of one book."""

    book_id: int
    copies: Annotated[int, Field(ge=1, le=99)]


class NewOrder(Incoming):
    """An order as a client sends it."""

    customer_id: int
    address: Address
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=20)]


class Order(NewOrder):
    """An order as it was taken."""

    id: int


class Stock(BaseModel):
    """What clients see of a `StockCount`."""

    model_config = ConfigDict(from_attributes=True)

    book_id: int
    copies: int
    reserved: int

    # mypy can't follow these two decorators
    @computed_field  # type: ignore[prop-decorator]
    @property
    def available(self) -> int:
        """The copies that nobody has reserved."""
        return self.copies - self.reserved


BOOKS: dict[int, KeptBook] = {}
CUSTOMERS: dict[int, KeptCustomer] = {}
ORDERS: dict[int, Order] = {}

book_ids = count(1)
customer_ids = count(1)
order_ids = count(1)


def find_book(book_id: int) -> KeptBook:
    """Return the book of that number, or answer 404."""
    if book_id not in BOOKS:
        raise HTTPException(status_code=404, detail=f"There is no book {book_id}")
    return BOOKS[book_id]


@app.post("/books", status_code=201)
async def add_book(new: NewBook) -> Book:
    """Add a book."""
    book = KeptBook(id=next(book_ids), **new.model_dump())
    BOOKS[book.id] = book
    return book


@app.get("/books/{book_id}")
async def show_book(book_id: int) -> Book:
    """Show a book."""
    return find_book(book_id)


@app.patch("/books/{book_id}")
async def change_book(book_id: int, changes: BookChanges) -> Book:
    """Change what was sent, and nothing else."""
    book = find_book(book_id)
    changed = book.model_copy(update=changes.model_dump(exclude_unset=True))
    BOOKS[book_id] = changed
    return changed


@app.post("/customers", status_code=201)
async def register(new: NewCustomer) -> Customer:
    """Register a customer."""
    customer = KeptCustomer(id=next(customer_ids), **new.model_dump())
    CUSTOMERS[customer.id] = customer
    return customer


@app.get("/customers/{customer_id}")
async def show_customer(customer_id: int) -> Customer:
    """Show a customer."""
    if customer_id not in CUSTOMERS:
        raise HTTPException(status_code=404, detail=f"There is no customer {customer_id}")
    return CUSTOMERS[customer_id]


@app.post("/orders", status_code=201)
async def take_order(new: NewOrder) -> Order:
    """Take an order."""
    order = Order(id=next(order_ids), **new.model_dump())
    ORDERS[order.id] = order
    return order


@app.get("/stock/{book_id}")
async def show_stock(book_id: int) -> Stock:
    """Show how many copies of a book there are."""
    return Stock.model_validate(StockCount(book_id))


@app.post("/gift-cards", status_code=201)
async def take_gift_card(card: legacy.GiftCard) -> legacy.GiftCard:
    """Take a gift card."""
    return legacy.keep(card)


@app.get("/gift-cards/{code}")
async def show_gift_card(code: str) -> legacy.GiftCard:
    """Show a gift card."""
    card = legacy.find(code)
    if card is None:
        raise HTTPException(status_code=404, detail=f"There is no gift card {code}")
    return card
