"""Customers search the bookshop's catalogue: the reference for lesson 03."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Body, Cookie, FastAPI, Form, Header, HTTPException, Path, Query, status
from pydantic import BaseModel, ConfigDict, EmailStr, Field


@dataclass(frozen=True, slots=True)
class Book:
    """One book of the catalogue."""

    id: int
    title: str
    author: str
    genre: str
    year: int
    price: float
    shelf: str


CATALOGUE = [
    Book(1, "A Wizard of Earthsea", "Ursula K. Le Guin", "fantasy", 1968, 22.45, "F12"),
    Book(2, "The Baron in the Trees", "Italo Calvino", "classics", 1957, 6.85, "L15"),
    Book(3, "The Cheese and the Worms", "Carlo Ginzburg", "history", 1976, 20.0, "H19"),
    Book(4, "View with a Grain of Sand", "Wisława Szymborska", "poetry", 1995, 8.1, "P17"),
    Book(5, "The Neverending Story", "Michael Ende", "fantasy", 1979, 8.0, "F15"),
    Book(6, "Omeros", "Derek Walcott", "poetry", 1990, 7.4, "P20"),
    Book(7, "The Name of the Rose", "Umberto Eco", "crime", 1980, 11.35, "C14"),
    Book(8, "Smilla's Sense of Snow", "Peter Høeg", "crime", 1992, 12.65, "C17"),
    Book(9, "Parable of the Sower", "Octavia E. Butler", "science fiction", 1993, 21.85, "S13"),
    Book(10, "The City & the City", "China Miéville", "science fiction", 2009, 7.25, "S16"),
    Book(11, "The Hobbit", "J. R. R. Tolkien", "fantasy", 1937, 18.35, "F12"),
    Book(12, "Piranesi", "Susanna Clarke", "fantasy", 2020, 14.85, "F15"),
    Book(13, "Middlemarch", "George Eliot", "classics", 1871, 17.75, "L15"),
    Book(14, "The Big Sleep", "Raymond Chandler", "crime", 1939, 21.6, "C14"),
    Book(15, "Gaudy Night", "Dorothy L. Sayers", "crime", 1935, 11.5, "C17"),
    Book(16, "Frankenstein", "Mary Shelley", "classics", 1818, 19.75, "L18"),
    Book(17, "The Dispossessed", "Ursula K. Le Guin", "science fiction", 1974, 12.45, "S13"),
    Book(18, "Solaris", "Stanisław Lem", "science fiction", 1961, 22.85, "S16"),
    Book(19, "Montaillou", "Emmanuel Le Roy Ladurie", "history", 1975, 14.0, "H19"),
    Book(20, "The Guns of August", "Barbara W. Tuchman", "history", 1962, 19.25, "H16"),
    Book(21, "Averno", "Louise Glück", "poetry", 2006, 6.6, "P17"),
    Book(22, "Leaves of Grass", "Walt Whitman", "poetry", 1855, 23.45, "P20"),
    Book(23, "Rubicon", "Tom Holland", "history", 2003, 8.65, "H16"),
    Book(24, "Pride and Prejudice", "Jane Austen", "classics", 1813, 18.2, "L18"),
]
BOOKS = {book.id: book for book in CATALOGUE}
"""Each book by its number."""

STOCK = {
    "harbour": {book_id: book_id % 5 for book_id in BOOKS},
    "market": {book_id: (book_id * 5 + 2) % 7 for book_id in BOOKS},
    "station": {book_id: (book_id * 3 + 1) % 11 for book_id in BOOKS},
}
"""Copies on the shelf, by branch of the shop and number of the book."""

app = FastAPI(title="Bookshop API")

BookId = Annotated[int, Path(ge=1, description="The number of the book.")]


def find_book(book_id: int) -> Book:
    """Return the book, or answer 404."""
    if book_id not in BOOKS:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {book_id}")
    return BOOKS[book_id]


class SortOrder(StrEnum):
    """What a list of books can be sorted by."""

    NUMBER = "number"
    TITLE = "title"
    PRICE = "price"
    NEWEST = "newest"


def in_order(books: list[Book], sort: SortOrder) -> list[Book]:
    """Return the books, sorted."""
    match sort:
        case SortOrder.NUMBER:
            return sorted(books, key=lambda book: book.id)
        case SortOrder.TITLE:
            return sorted(books, key=lambda book: book.title)
        case SortOrder.PRICE:
            return sorted(books, key=lambda book: book.price)
        case SortOrder.NEWEST:
            return sorted(books, key=lambda book: book.year, reverse=True)


@app.get("/books")
async def list_books(
    *,
    q: Annotated[str, Query(max_length=30, description="A part of the title.")] = "",
    shelf: Annotated[str | None, Query(pattern=r"^[A-Z][0-9]{2}$")] = None,
    genre: Annotated[list[str] | None, Query(description="One genre, or several.")] = None,
    published_after: Annotated[int | None, Query(alias="published-after")] = None,
    after: Annotated[int | None, Query(deprecated=True, description="Use published-after.")] = None,
    sort: SortOrder = SortOrder.NUMBER,
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=20)] = 10,
) -> list[Book]:
    """List one page of the books that match all filters."""
    earliest = after if published_after is None else published_after
    found = [
        book
        for book in BOOKS.values()
        if q.casefold() in book.title.casefold()
        and (shelf is None or book.shelf == shelf)
        and (not genre or book.genre in genre)
        and (earliest is None or book.year > earliest)
    ]
    return in_order(found, sort)[skip : skip + limit]


# Before the next one: the first path that fits gets the request.
@app.get("/books/latest")
async def show_latest() -> Book:
    """Show the book that was published last."""
    return max(BOOKS.values(), key=lambda book: book.year)


@app.get("/books/{book_id}")
async def show_book(book_id: BookId) -> Book:
    """Show the book of that number."""
    return find_book(book_id)


class Search(BaseModel):
    """Everything that the search understands."""

    model_config = ConfigDict(extra="forbid")

    author: str | None = None
    min_price: float = Field(default=0, ge=0)
    max_price: float | None = Field(default=None, ge=0)


@app.get("/search")
async def search_books(search: Annotated[Search, Query()]) -> list[Book]:
    """List all books that match the search, and refuse what it does not understand."""
    return [
        book
        for book in BOOKS.values()
        if (search.author is None or book.author == search.author)
        and book.price >= search.min_price
        and (search.max_price is None or book.price <= search.max_price)
    ]


class Stock(BaseModel):
    """How many copies of a book a branch has."""

    book_id: int
    branch: str
    copies: int


@app.get("/stock/{book_id}")
async def show_stock(book_id: BookId, x_branch: Annotated[str, Header()]) -> Stock:
    """Say how many copies the customer's branch has."""
    book = find_book(book_id)
    if x_branch not in STOCK:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no branch {x_branch}")
    return Stock(book_id=book.id, branch=x_branch, copies=STOCK[x_branch][book.id])


@app.get("/last-book")
async def show_last_book(
    last_book: Annotated[int | None, Cookie()] = None,
) -> dict[str, Book | None]:
    """Show the book that this customer looked at last, if any."""
    return {"book": None if last_book is None else BOOKS.get(last_book)}


class Customer(BaseModel):
    """Who orders."""

    name: str
    email: EmailStr


class Address(BaseModel):
    """Where the parcel goes."""

    street: str
    city: str


class Order(BaseModel):
    """An order, as it was taken."""

    book_id: int
    customer: Customer
    address: Address
    copies: int


@app.post("/orders/{book_id}", status_code=status.HTTP_201_CREATED)
async def place_order(
    book_id: BookId,
    customer: Customer,
    address: Address,
    copies: Annotated[int, Body(gt=0)],
) -> Order:
    """Take an order of one book."""
    book = find_book(book_id)
    return Order(book_id=book.id, customer=customer, address=address, copies=copies)


class Reservation(BaseModel):
    """A book that is kept for somebody."""

    name: str
    book_id: int


@app.post("/reservations", status_code=status.HTTP_201_CREATED)
async def reserve_book(
    name: Annotated[str, Form(min_length=1, max_length=40)],
    book_id: Annotated[int, Form(ge=1)],
) -> Reservation:
    """Keep a book for somebody who filled in the form of the shop's web page."""
    return Reservation(name=name, book_id=find_book(book_id).id)
