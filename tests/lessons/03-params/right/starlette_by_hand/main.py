"""Customers search the bookshop's catalogue. The task is in README.md, beside this file.

Every function here takes Starlette's `Request` and makes its `Response` by itself. Pydantic models
say what a request may hold, `incoming.py` holds a request against them, and the models are also
what `/docs` shows.
"""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, EmailStr, Field
from starlette.requests import Request
from starlette.responses import JSONResponse

from incoming import check, check_json, docs


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


def find_book(book_id: int) -> Book:
    """Return the book, or answer 404."""
    if book_id not in BOOKS:
        raise HTTPException(404, f"There is no book {book_id}")
    return BOOKS[book_id]


class Customer(BaseModel):
    """Who orders."""

    name: str
    email: EmailStr


class Address(BaseModel):
    """Where the parcel goes."""

    street: str
    city: str


class BookPath(BaseModel):
    """The gap in a path that names a book."""

    book_id: int = Field(ge=1)


class CatalogueQuery(BaseModel):
    """The query of `GET /books`."""

    q: str = Field(default="", max_length=30)
    shelf: str | None = Field(default=None, pattern="^[A-Z][0-9]{2}$")
    genre: list[str] | None = None
    published_after: int | None = Field(default=None, alias="published-after", ge=0)
    after: int | None = Field(default=None, ge=0, json_schema_extra={"deprecated": True})
    sort: Literal["number", "title", "price", "newest"] = "number"
    skip: int = Field(default=0, ge=0)
    limit: int = Field(default=10, ge=1, le=20)


Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class SearchQuery(BaseModel):
    """The query of `GET /search`."""

    author: str | None = None
    min_price: Price | None = None
    max_price: Price | None = None


class Cookies(BaseModel):
    """The cookies of the shop's web page."""

    last_book: int | None = None


class Order(BaseModel):
    """The body of `POST /orders/{book_id}`."""

    customer: Customer
    address: Address
    copies: int = Field(gt=0)


class Reservation(BaseModel):
    """The form of `POST /reservations`."""

    name: str = Field(min_length=1, max_length=40)
    book_id: int = Field(ge=1)


def as_json(books: list[Book]) -> JSONResponse:
    """Answer with a list of books."""
    return JSONResponse([asdict(book) for book in books])


@app.get("/books", openapi_extra=docs(CatalogueQuery, "query"))
async def list_books(request: Request) -> JSONResponse:
    """List one page of the books that match all filters."""
    sent: dict[str, Any] = dict(request.query_params)
    if "genre" in sent:
        sent["genre"] = request.query_params.getlist("genre")
    query = check(CatalogueQuery, sent)

    books = [book for book in BOOKS.values() if query.q.lower() in book.title.lower()]
    if query.shelf is not None:
        books = [book for book in books if book.shelf == query.shelf]
    if query.genre is not None:
        books = [book for book in books if book.genre in query.genre]
    if "published-after" in sent:
        books = [book for book in books if book.year > query.published_after]
    elif "after" in sent:
        books = [book for book in books if book.year > query.after]

    match query.sort:
        case "title":
            books.sort(key=lambda book: book.title)
        case "price":
            books.sort(key=lambda book: book.price)
        case "newest":
            books.sort(key=lambda book: book.year, reverse=True)
    return as_json(books[query.skip :][: query.limit])


@app.get("/books/latest")
async def show_latest() -> JSONResponse:
    """Show the book that was published last."""
    return JSONResponse(asdict(max(BOOKS.values(), key=lambda book: book.year)))


@app.get("/books/{book_id}", openapi_extra=docs(BookPath, "path"))
async def show_book(request: Request) -> JSONResponse:
    """Show the book of that number."""
    path = check(BookPath, request.path_params)
    return JSONResponse(asdict(find_book(path.book_id)))


async def search_books(request: Request) -> JSONResponse:
    """List all books that match the search, and refuse every parameter that it doesn't know."""
    unknown = request.query_params.keys() - SearchQuery.model_fields.keys()
    if unknown:
        return JSONResponse({"unknown parameters": sorted(unknown)}, status_code=422)
    query = check(SearchQuery, request.query_params)
    books = list(BOOKS.values())
    if query.author is not None:
        books = [book for book in books if book.author == query.author]
    if query.min_price is not None:
        books = [book for book in books if query.min_price <= book.price]
    if query.max_price is not None:
        books = [book for book in books if book.price <= query.max_price]
    return as_json(books)


async def count_copies(request: Request) -> JSONResponse:
    """Tell how many copies of a book the branch has."""
    branch = request.headers.get("X-Branch")
    if branch is None:
        raise HTTPException(422, "The header X-Branch is missing")
    book = find_book(check(BookPath, request.path_params).book_id)
    if branch not in STOCK:
        raise HTTPException(404, f"There is no branch {branch}")
    copies = STOCK[branch][book.id]
    return JSONResponse({"book_id": book.id, "branch": branch, "copies": copies})


async def show_last_book(request: Request) -> JSONResponse:
    """Show the book that the customer looked at last."""
    book = BOOKS.get(check(Cookies, request.cookies).last_book)
    return JSONResponse({"book": asdict(book) if book else None})


async def order_book(request: Request) -> JSONResponse:
    """Take an order of one book."""
    order = check_json(Order, await request.body())
    book = find_book(check(BookPath, request.path_params).book_id)
    return JSONResponse({"book_id": book.id} | order.model_dump(), status_code=201)


async def reserve_book(request: Request) -> JSONResponse:
    """Take a reservation from the shop's web page."""
    async with request.form() as form:
        reservation = check(Reservation, form)
    find_book(reservation.book_id)
    return JSONResponse(reservation.model_dump(), status_code=201)


app.add_route("/search", search_books)
app.add_route("/stock/{book_id}", count_copies)
app.add_route("/last-book", show_last_book)
app.add_route("/orders/{book_id}", order_book, methods=["POST"])
app.add_route("/reservations", reserve_book, methods=["POST"])
