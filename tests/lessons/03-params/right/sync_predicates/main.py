"""Customers search the bookshop's catalogue. The task is in README.md, beside this file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

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


Rule = Callable[[Book], bool]
"""Says whether a book belongs to the list."""

Sort = Literal["number", "title", "price", "newest"]

ORDERS: dict[Sort, Callable[[Book], str | float]] = {
    "number": lambda book: book.id,
    "title": lambda book: book.title,
    "price": lambda book: book.price,
    "newest": lambda book: -book.year,
}
"""What the books are sorted by, lowest first, for each value of `sort`."""

BookId = Annotated[int, Path(ge=1)]

app = FastAPI(title="Bookshop API")


def find_book(book_id: int) -> Book:
    """Return the book, or answer 404."""
    if book_id not in BOOKS:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {book_id}")
    return BOOKS[book_id]


def select(rules: list[Rule]) -> list[Book]:
    """Return the books that keep all rules, in the order of their numbers."""
    return [book for book in BOOKS.values() if all(rule(book) for rule in rules)]


def title_holds(text: str) -> Rule:
    """Make a rule: the title contains the text, in upper or lower case."""
    wanted = text.casefold()
    return lambda book: wanted in book.title.casefold()


class Customer(BaseModel):
    """Who orders."""

    name: str
    email: EmailStr


class Address(BaseModel):
    """Where the parcel goes."""

    street: str
    city: str


class Search(BaseModel):
    """The whole query of `GET /search`."""

    model_config = ConfigDict(extra="forbid")

    author: str | None = None
    min_price: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    max_price: float | None = Field(default=None, ge=0, allow_inf_nan=False)


class Copies(BaseModel):
    """How many copies of a book one branch has."""

    book_id: int
    branch: str
    copies: int


class LastBook(BaseModel):
    """The book that a customer looked at last, if there is one."""

    book: Book | None


class Order(BaseModel):
    """An order that was taken."""

    book_id: int
    customer: Customer
    address: Address
    copies: int


class Reservation(BaseModel):
    """A reservation that was taken."""

    name: str
    book_id: int


@app.get("/books")
def list_books(
    q: Annotated[str | None, Query(max_length=30)] = None,
    shelf: Annotated[str | None, Query(pattern=r"^[A-Z][0-9]{2}$")] = None,
    genre: Annotated[list[str] | None, Query()] = None,
    published_after: Annotated[int | None, Query(alias="published-after", ge=0)] = None,
    after: Annotated[int | None, Query(ge=0, deprecated=True)] = None,
    sort: Sort = "number",
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=20)] = 10,
) -> list[Book]:
    """List one page of the books that match all filters."""
    rules: list[Rule] = []
    if q is not None:
        rules.append(title_holds(q))
    if shelf is not None:
        rules.append(lambda book: book.shelf == shelf)
    if genre is not None:
        rules.append(lambda book: book.genre in genre)
    year = after if published_after is None else published_after
    if year is not None:
        rules.append(lambda book: book.year > year)
    books = sorted(select(rules), key=ORDERS[sort])
    return books[skip : skip + limit]


@app.get("/books/latest")
def show_latest() -> Book:
    """Show the book that was published last."""
    return max(BOOKS.values(), key=lambda book: book.year)


@app.get("/books/{book_id}")
def show_book(book_id: BookId) -> Book:
    """Show the book of that number."""
    return find_book(book_id)


@app.get("/search")
def search_books(search: Annotated[Search, Query()]) -> list[Book]:
    """List all books that match the search."""
    rules: list[Rule] = []
    if search.author is not None:
        rules.append(lambda book: book.author == search.author)
    if search.min_price is not None:
        rules.append(lambda book: book.price >= search.min_price)
    if search.max_price is not None:
        rules.append(lambda book: book.price <= search.max_price)
    return select(rules)


@app.get("/stock/{book_id}")
def count_copies(book_id: BookId, x_branch: Annotated[str, Header()]) -> Copies:
    """Tell how many copies of a book the branch has."""
    book = find_book(book_id)
    if x_branch not in STOCK:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no branch {x_branch}")
    return Copies(book_id=book.id, branch=x_branch, copies=STOCK[x_branch][book.id])


@app.get("/last-book")
def show_last_book(last_book: Annotated[int | None, Cookie()] = None) -> LastBook:
    """Show the book that the customer looked at last."""
    return LastBook(book=BOOKS.get(last_book))


@app.post("/orders/{book_id}", status_code=status.HTTP_201_CREATED)
def order_book(
    book_id: BookId,
    customer: Customer,
    address: Address,
    copies: Annotated[int, Body(gt=0)],
) -> Order:
    """Take an order of one book."""
    book = find_book(book_id)
    return Order(book_id=book.id, customer=customer, address=address, copies=copies)


@app.post("/reservations", status_code=status.HTTP_201_CREATED)
def reserve_book(
    name: Annotated[str, Form(min_length=1, max_length=40)],
    book_id: Annotated[int, Form(ge=1)],
) -> Reservation:
    """Take a reservation from the shop's web page."""
    return Reservation(name=name, book_id=find_book(book_id).id)
