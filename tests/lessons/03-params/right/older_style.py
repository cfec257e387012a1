"""The same API as it was written before Annotated, with classes as dependencies."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Dict, List, Optional

from fastapi import Body, Cookie, Depends, FastAPI, Form, Header, HTTPException, Path, Query
from pydantic import BaseModel, EmailStr


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


class Sort(str, Enum):
    number = "number"
    title = "title"
    price = "price"
    newest = "newest"


class Paging:
    def __init__(self, skip: int = Query(0, ge=0), limit: int = Query(10, ge=1, le=20)):
        self.skip, self.limit = skip, limit

    def cut(self, books: List[Book]) -> List[Book]:
        return books[self.skip : self.skip + self.limit]


class Filters:
    def __init__(
        self,
        q: Optional[str] = Query(None, max_length=30),
        shelf: Optional[str] = Query(None, pattern=r"^[A-Z]\d{2}$"),
        genre: List[str] = Query([]),
        newer: Optional[int] = Query(None, alias="published-after"),
        after: Optional[int] = Query(None, deprecated=True),
    ):
        self.q, self.shelf, self.genre = q, shelf, genre
        self.newer = newer if newer is not None else after

    def apply(self) -> List[Book]:
        books = list(BOOKS.values())
        if self.q is not None:
            books = [b for b in books if self.q.upper() in b.title.upper()]
        if self.shelf is not None:
            books = [b for b in books if b.shelf == self.shelf]
        if self.genre:
            books = [b for b in books if b.genre in self.genre]
        if self.newer is not None:
            books = [b for b in books if b.year > self.newer]
        return books


def get_book(book_id: int = Path(..., ge=1)) -> Book:
    if book_id not in BOOKS:
        raise HTTPException(status_code=404, detail="Book not found")
    return BOOKS[book_id]


@app.get("/books/latest", response_model=Dict[str, Any])
async def latest():
    newest = sorted(BOOKS.values(), key=lambda b: b.year)[-1]
    return {name: getattr(newest, name) for name in Book.__slots__}


@app.get("/books/{book_id}")
async def read_book(book: Book = Depends(get_book)):
    return book


@app.get("/books")
async def read_books(
    filters: Filters = Depends(), paging: Paging = Depends(), sort: Sort = Query(Sort.number)
):
    books = filters.apply()
    if sort == Sort.title:
        books.sort(key=lambda b: b.title.lower())
    elif sort == Sort.price:
        books.sort(key=lambda b: b.price)
    elif sort == Sort.newest:
        books.sort(key=lambda b: b.year)
        books.reverse()
    return paging.cut(books)


class SearchQuery(BaseModel):
    author: Optional[str] = None
    min_price: Optional[float] = None
    max_price: Optional[float] = None

    model_config = {"extra": "forbid"}


@app.get("/search")
async def search(query: SearchQuery = Query()):
    for price in (query.min_price, query.max_price):
        if price is not None and price < 0:
            raise HTTPException(status_code=422, detail="prices start at 0")
    books = list(BOOKS.values())
    if query.author is not None:
        books = [b for b in books if b.author == query.author]
    if query.min_price is not None:
        books = [b for b in books if b.price >= query.min_price]
    if query.max_price is not None:
        books = [b for b in books if b.price <= query.max_price]
    return books


@app.get("/stock/{book_id}")
async def stock(book: Book = Depends(get_book), branch: str = Header(..., alias="X-Branch")):
    if branch not in STOCK:
        raise HTTPException(status_code=404)
    return {"book_id": book.id, "branch": branch, "copies": STOCK[branch][book.id]}


@app.get("/last-book")
async def last_book(number: Optional[int] = Cookie(None, alias="last_book")):
    return {"book": BOOKS.get(number) if number is not None else None}


class Customer(BaseModel):
    name: str
    email: EmailStr


class Address(BaseModel):
    street: str
    city: str


@app.post("/orders/{book_id}", status_code=201)
async def order(
    book: Book = Depends(get_book),
    customer: Customer = Body(...),
    address: Address = Body(...),
    copies: int = Body(..., gt=0),
):
    return {"book_id": book.id, "customer": customer, "address": address, "copies": copies}


@app.post("/reservations", status_code=201)
async def reserve(
    name: str = Form(..., min_length=1, max_length=40), book_id: int = Form(..., ge=1)
):
    get_book(book_id)
    return {"name": name, "book_id": book_id}
