"""Plain functions; every place that a value comes from is one model."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Cookie, FastAPI, Form, Header, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, EmailStr, Field, NonNegativeFloat, PositiveInt


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

app = FastAPI()


def known(book_id: int) -> Book:
    try:
        return BOOKS[book_id]
    except KeyError:
        raise HTTPException(404) from None


class Filters(BaseModel):
    q: str | None = Field(None, max_length=30)
    shelf: str | None = Field(None, pattern="^[A-Z][0-9][0-9]$")
    genre: list[str] = Field(default_factory=list)
    since: int | None = Field(None, alias="published-after", ge=0)
    old_since: int | None = Field(None, alias="after", json_schema_extra={"deprecated": True})
    sort: Literal["newest"] | Literal["number", "price", "title"] = "number"
    skip: int = Field(0, gt=-1, le=2**31 - 1)
    limit: int = Field(10, gt=0, lt=21)

    def fit(self, book: Book) -> bool:
        since = self.since if self.since is not None else self.old_since
        if self.q and self.q.lower() not in book.title.lower():
            return False
        if self.shelf and self.shelf != book.shelf:
            return False
        if self.genre and book.genre not in self.genre:
            return False
        return since is None or since < book.year


KEYS = {
    "number": lambda book: book.id,
    "title": lambda book: book.title,
    "price": lambda book: book.price,
    "newest": lambda book: -book.year,
}


@app.get("/books/latest")
def latest():
    return sorted(CATALOGUE, key=KEYS["newest"])[0]


@app.get("/books/{book_id}")
def show(book_id: Annotated[int, Path(gt=0)]):
    return known(book_id)


@app.get("/books")
def browse(filters: Annotated[Filters, Query()]):
    found = sorted(filter(filters.fit, CATALOGUE), key=KEYS[filters.sort])
    return found[filters.skip :][: filters.limit]


class Search(BaseModel, extra="forbid"):
    author: str = ""
    min_price: NonNegativeFloat = 0
    max_price: NonNegativeFloat = float(10**6)


@app.get("/search")
def search(wish: Annotated[Search, Query()]):
    return [
        book
        for book in CATALOGUE
        if wish.author in ("", book.author) and wish.min_price <= book.price <= wish.max_price
    ]


class Headers(BaseModel):
    x_branch: str


@app.get("/stock/{book_id}")
def stock(book_id: int, headers: Annotated[Headers, Header()]):
    if headers.x_branch not in STOCK:
        raise HTTPException(404, "unknown branch")
    known(book_id)
    return {
        "copies": STOCK[headers.x_branch][book_id],
        "branch": headers.x_branch,
        "book_id": book_id,
    }


class Cookies(BaseModel):
    last_book: int | None = None


class Shown(BaseModel):
    book: Book | None


@app.get("/last-book")
def last(cookies: Annotated[Cookies, Cookie()]) -> Shown:
    return Shown(book=BOOKS.get(cookies.last_book or 0))


class Customer(BaseModel):
    name: str
    email: EmailStr


class Address(BaseModel):
    street: str
    city: str


class NewOrder(BaseModel):
    customer: Customer
    address: Address
    copies: PositiveInt


@app.post("/orders/{book_id}", status_code=201)
def order(book_id: int, new: NewOrder):
    known(book_id)
    return {"book_id": book_id} | new.model_dump()


class Reservation(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=40)
    book_id: PositiveInt


@app.post("/reservations", status_code=201)
def reserve(form: Annotated[Reservation, Form()]) -> Reservation:
    known(form.book_id)
    return form
