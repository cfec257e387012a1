"""Books: add one, show one, change one."""

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException, status
from pydantic import BaseModel, Field, ValidationInfo, field_validator

from shop.incoming import Incoming
from shop.isbn import Isbn
from shop.shelf import Shelf

Title = Annotated[str, Field(min_length=1, max_length=120)]
Pages = Annotated[int, Field(ge=1, le=5000)]

EXAMPLE = {
    "title": "Kindred",
    "subtitle": None,
    "isbn": "978-0-306-40615-7",
    "pages": 264,
    "price_cents": 1450,
    "discount_cents": 100,
    "purchase_price_cents": 900,
}


@dataclass(frozen=True)
class BookRecord:
    """A book as the shop keeps it."""

    title: str
    subtitle: str | None
    isbn: str
    pages: int
    price_cents: int
    discount_cents: int
    purchase_price_cents: int


class NewBook(Incoming):
    """A book as the shop adds it."""

    title: Title
    subtitle: str | None = None
    isbn: Isbn
    pages: Pages
    price_cents: Annotated[int, Field(ge=1, le=100_000)]
    discount_cents: Annotated[int, Field(ge=0)] = 0
    purchase_price_cents: Annotated[int, Field(ge=0)]

    @field_validator("discount_cents")
    @classmethod
    def stay_below_price(cls, discount: int, info: ValidationInfo) -> int:
        """Compare with the price, which stands above; without a right price, leave it at that."""
        price = info.data.get("price_cents")
        if price is not None and discount >= price:
            raise ValueError(f"the discount must be below the price, {price}")
        return discount


class BookChanges(Incoming):
    """New values for some fields of a book. What was not sent is None here, and never used."""

    title: Title | None = None
    subtitle: str | None = None
    pages: Pages | None = None

    @field_validator("title", "pages")
    @classmethod
    def refuse_null(cls, value: str | int | None) -> str | int:
        """Refuse to take a title or pages away. Defaults do not come by here."""
        if value is None:
            raise ValueError("this can be changed, but not taken away")
        return value

    def sent(self) -> dict[str, Any]:
        """Return the fields that came with the request."""
        return self.model_dump(exclude_unset=True)


class ShownBook(BaseModel):
    """A book as clients see it."""

    id: int
    title: str
    subtitle: str | None
    isbn: str
    pages: int
    price_cents: int
    discount_cents: int

    @classmethod
    def of(cls, number: int, record: BookRecord) -> "ShownBook":
        """Pick what may be shown of a record."""
        return cls.model_validate({"id": number, **asdict(record)})


SHELF: Shelf[BookRecord] = Shelf()


class KeptBook:
    """Dependency: the book that the path names. The answer is 404 if there is none."""

    def __init__(self, book_id: int) -> None:
        record = SHELF.get(book_id)
        if record is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {book_id}")
        self.number = book_id
        self.record = record

    def change(self, changes: BookChanges) -> None:
        """Change the book, here and on the shelf."""
        self.record = SHELF.change(self.number, lambda record: replace(record, **changes.sent()))

    def show(self) -> ShownBook:
        """Return what may be shown of the book."""
        return ShownBook.of(self.number, self.record)


Kept = Annotated[KeptBook, Depends()]

router = APIRouter(prefix="/books", tags=["books"])


@router.post("", status_code=status.HTTP_201_CREATED)
def add_book(
    new: Annotated[NewBook, Body(openapi_examples={"novel": {"value": EXAMPLE}})],
) -> ShownBook:
    """Add a book."""
    record = BookRecord(**new.model_dump())
    return ShownBook.of(SHELF.put(record), record)


@router.get("/{book_id}")
def show_book(book: Kept) -> ShownBook:
    """Show a book."""
    return book.show()


@router.patch("/{book_id}")
def change_book(book: Kept, changes: BookChanges) -> ShownBook:
    """Change the title, the subtitle or the pages of a book."""
    book.change(changes)
    return book.show()
