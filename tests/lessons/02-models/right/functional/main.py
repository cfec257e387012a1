"""Types with validators in them, settings as class arguments, no legacy.py any more."""

from copy import deepcopy
from typing import Annotated, Any

from fastapi import FastAPI, Response
from fastapi.exceptions import HTTPException, RequestValidationError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    EmailStr,
    Field,
    StringConstraints,
    computed_field,
    create_model,
)
from typing_extensions import TypedDict


def isbn13(text: str) -> str:
    """Check an ISBN."""
    digits = ["0123456789".index(sign) for sign in text if sign not in "- "]
    if len(digits) != 13 or sum(a * b for a, b in zip(digits, [1, 3] * 7, strict=False)) % 10:
        raise ValueError("not an ISBN")
    return "".join(map(str, digits))


def not_null(value: Any) -> Any:
    """Refuse null."""
    if value is None:
        raise ValueError("null is not allowed")
    return value


Title = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Pages = Annotated[int, Field(ge=1, le=5000)]


class BookIn(BaseModel, extra="forbid"):
    """A body."""

    title: Title
    subtitle: str | None = None
    isbn: Annotated[str, AfterValidator(isbn13)]
    pages: Pages
    price_cents: Annotated[int, Field(ge=1, le=100000)]
    discount_cents: Annotated[int, Field(ge=0)] = 0
    purchase_price_cents: Annotated[int, Field(ge=0)]


class CustomerIn(BaseModel, extra="forbid"):
    """A body."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    email: EmailStr
    password: Annotated[str, StringConstraints(min_length=8, max_length=128)]
    age: Annotated[int, Field(ge=13, le=120)] | None = None


BookIn.model_config["json_schema_extra"] = {
    "example": {
        "title": "Kindred",
        "subtitle": "A novel",
        "isbn": "978 0 306 40615 7",
        "pages": 264,
        "price_cents": 1450,
        "discount_cents": 1449,
        "purchase_price_cents": 0,
    }
}
BookIn.model_rebuild(force=True)


class BookOut(TypedDict):
    """An answer."""

    id: int
    title: str
    subtitle: str | None
    isbn: str
    pages: int
    price_cents: int
    discount_cents: int


class CustomerOut(TypedDict):
    """An answer."""

    id: int
    name: str
    email: str
    age: int | None


Changes = create_model(
    "Changes",
    __config__={"extra": "forbid"},
    title=(Annotated[Title | None, BeforeValidator(not_null)], None),
    subtitle=(str | None, None),
    pages=(Annotated[Pages | None, BeforeValidator(not_null)], None),
)

app = FastAPI()
books: list[dict[str, Any]] = []
customers: list[dict[str, Any]] = []


def pick(kind: Any, record: dict[str, Any]) -> Any:
    """Take the fields that a kind of answer has."""
    return {name: record[name] for name in kind.__annotations__}


def numbered(records: list[dict[str, Any]], number: int) -> dict[str, Any]:
    """Find a record."""
    for record in records:
        if record["id"] == number:
            return record
    raise HTTPException(status_code=404, detail="not found")


@app.post("/books", status_code=201)
async def post_book(body: BookIn) -> BookOut:
    """Add a book; its discount is checked here."""
    if body.discount_cents >= body.price_cents:
        raise RequestValidationError(
            [{"type": "discount", "loc": ("body", "discount_cents"), "msg": "too high"}]
        )
    books.append({"id": 1000 + len(books), **body.model_dump()})
    return pick(BookOut, books[-1])


@app.get("/books/{book_id}")
async def get_book(book_id: int) -> BookOut:
    """Show a book."""
    return pick(BookOut, numbered(books, book_id))


@app.patch("/books/{book_id}")
async def patch_book(book_id: int, body: Changes) -> BookOut:  # type: ignore[valid-type]
    """Change a book."""
    record = numbered(books, book_id)
    changed = deepcopy(record)
    for name in body.model_fields_set:
        changed[name] = getattr(body, name)
    record.update(changed)
    return pick(BookOut, record)


@app.post(
    "/customers",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "content": {
                "application/json": {
                    "example": {"name": "A", "email": "a@example.org", "password": "12345678"}
                }
            }
        }
    },
)
async def post_customer(body: CustomerIn) -> CustomerOut:
    """Register."""
    customers.append({"id": 1 + len(customers), **body.model_dump()})
    return pick(CustomerOut, customers[-1])


@app.get("/customers/{customer_id}")
async def get_customer(customer_id: int) -> CustomerOut:
    """Show."""
    return pick(CustomerOut, numbered(customers, customer_id))


class Line(TypedDict):
    """A line."""

    __pydantic_config__ = {"extra": "forbid"}

    book_id: int
    copies: Annotated[int, Field(ge=1, le=99)]


class Address(TypedDict):
    """An address."""

    __pydantic_config__ = {"extra": "forbid"}

    street: Annotated[str, Field(min_length=1)]
    city: Annotated[str, Field(min_length=1)]
    postcode: Annotated[str, Field(min_length=3, max_length=10)]


class Order(BaseModel, extra="forbid"):
    """An order."""

    customer_id: int
    address: Address
    lines: Annotated[list[Line], Field(min_length=1, max_length=20)]


orders: list[Order] = []


@app.post("/orders")
async def post_order(order: Order, response: Response) -> dict[str, Any]:
    """Take an order."""
    orders.append(order)
    response.status_code = 201
    return {**order.model_dump(), "id": len(orders)}


class StockCount:
    """What the stockroom's program knows about one book."""

    def __init__(self, book_id: int) -> None:
        self.book_id = book_id
        self.copies = 10 + book_id * 7 % 40
        self.reserved = book_id * 3 % 10
        self.supplier = f"supplier {book_id * 31 % 100}"


class Stock(BaseModel):
    """No from_attributes: FastAPI reads the object by itself."""

    book_id: int
    copies: int
    reserved: int

    @computed_field
    def available(self) -> int:
        """Count."""
        return self.copies - self.reserved


@app.get("/stock/{book_id}", response_model=Stock)
async def get_stock(book_id: int) -> Any:
    """Count."""
    return StockCount(book_id)


class GiftCard(BaseModel, from_attributes=True):
    """A gift card."""

    code: Annotated[
        str,
        AfterValidator(lambda code: code.strip().upper()),
        Field(pattern="^[A-Z]{4}-[0-9]{4}$"),
    ]
    value_cents: Annotated[int, Field(ge=500, le=20000)]
    message: Annotated[str, AfterValidator(str.strip)] | None = None


cards: dict[str, GiftCard] = {}


@app.post("/gift-cards", status_code=201)
async def post_card(card: GiftCard) -> GiftCard:
    """Issue."""
    return cards.setdefault(card.code, card)


@app.get("/gift-cards/{code}")
async def get_card(code: str) -> GiftCard:
    """Show."""
    if card := cards.get(code):
        return card
    raise HTTPException(404)
