"""What may come in: Pydantic dataclasses, and a TypedDict where fields may be missing."""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, EmailStr, Field, with_config
from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict

STRICT_FIELDS = ConfigDict(extra="forbid")

ISBN_WEIGHTS = (1, 3) * 6 + (1,)


def read_isbn(isbn: str) -> str:
    """Return the 13 digits of an ISBN."""
    digits = isbn.translate({ord("-"): None, ord(" "): None})
    if not set(digits) <= set("0123456789"):
        raise ValueError("only digits, hyphens and spaces may stand in an ISBN")
    if len(digits) != len(ISBN_WEIGHTS):
        raise ValueError(f"an ISBN has {len(ISBN_WEIGHTS)} digits")
    weighted_sum = sum(map(int.__mul__, map(int, digits), ISBN_WEIGHTS))
    if weighted_sum % 10 != 0:
        raise ValueError("this ISBN has a typing error: its weighted sum does not end in 0")
    return digits


Text = Annotated[str, Field(min_length=1)]
Title = Annotated[str, Field(min_length=1, max_length=120)]
Pages = Annotated[int, Field(ge=1, le=5000)]
Cents = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, kw_only=True, config=STRICT_FIELDS)
class NewBook:
    """A book as the shop adds it."""

    title: Title
    subtitle: str | None = None
    isbn: Annotated[str, AfterValidator(read_isbn)]
    pages: Pages
    price_cents: Annotated[int, Field(ge=1, le=100_000)]
    discount_cents: Cents = 0
    purchase_price_cents: Cents

    def __post_init__(self) -> None:
        """Compare the fields with each other, once each is right on its own."""
        if not self.discount_cents < self.price_cents:
            raise ValueError("discount_cents must be below price_cents")


@with_config(STRICT_FIELDS)
class BookChanges(TypedDict, total=False):
    """Changes to a book: a dict that holds what was sent, and nothing else."""

    title: Title
    subtitle: str | None
    pages: Pages


@dataclass(frozen=True, kw_only=True, config=STRICT_FIELDS)
class NewCustomer:
    """A customer who registers."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    email: EmailStr
    password: Annotated[str, Field(min_length=8, max_length=128, repr=False)]
    age: Annotated[int, Field(ge=13, le=120)] | None = None


@dataclass(frozen=True, kw_only=True, config=STRICT_FIELDS)
class Address:
    """Where an order goes."""

    street: Text
    city: Text
    postcode: Annotated[str, Field(min_length=3, max_length=10)]


@dataclass(frozen=True, kw_only=True, config=STRICT_FIELDS)
class OrderLine:
    """Some copies of one book."""

    book_id: int
    copies: Annotated[int, Field(ge=1, le=99)]


@dataclass(frozen=True, kw_only=True, config=STRICT_FIELDS)
class NewOrder:
    """An order as a client sends it."""

    customer_id: int
    address: Address
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=20)]


BOOK_EXAMPLE = {
    "title": "Kindred",
    "isbn": "9780306406157",
    "pages": 264,
    "price_cents": 1450,
    "purchase_price_cents": 900,
}
CUSTOMER_EXAMPLE = {"name": "Ada", "email": "ada@example.com", "password": "engine-1843"}
