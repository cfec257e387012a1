"""Search, stock, orders, reservations."""

from email.utils import parseaddr

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse

from catalogue import BOOKS, CATALOGUE, STOCK

router = APIRouter()


def refuse(why: str) -> HTTPException:
    return HTTPException(422, why)


def number(text: object, lowest: float, kind: type = int) -> float:
    try:
        value = kind(text)
    except (TypeError, ValueError):
        raise refuse(f"{text!r} is no number") from None
    if value < lowest:
        raise refuse(f"{value} is below {lowest}")
    return value


def book_of(number: int):
    if number not in BOOKS:
        raise HTTPException(404, "no such book")
    return BOOKS[number]


@router.get("/search")
async def search(request: Request):
    asked = dict(request.query_params)
    author = asked.pop("author", None)
    lowest = number(asked.pop("min_price", 0), 0, float)
    highest = number(asked.pop("max_price", 10_000), 0, float)
    if asked:
        raise refuse(f"the search does not understand {', '.join(asked)}")
    return [
        book
        for book in CATALOGUE
        if author in (None, book.author) and lowest <= book.price <= highest
    ]


@router.get("/stock/{book_id}")
async def stock(book_id: int, request: Request):
    branch = request.headers.get("X-Branch")
    if branch is None:
        raise refuse("which branch?")
    if branch not in STOCK:
        raise HTTPException(404, "no such branch")
    return {"book_id": book_of(book_id).id, "branch": branch, "copies": STOCK[branch][book_id]}


@router.get("/last-book")
async def last_book(request: Request):
    seen = request.cookies.get("last_book")
    return {"book": seen and BOOKS.get(number(seen, -(10**9)))}


@router.post("/orders/{book_id}")
async def order(book_id: int, request: Request):
    body = await request.json()
    book_of(book_id)
    if not {"customer", "address", "copies"} <= set(body):
        raise refuse("something is missing")
    if not isinstance(body["copies"], int) or body["copies"] < 1:
        raise refuse("how many copies?")
    if "@" not in parseaddr(body["customer"]["email"])[1]:
        raise refuse("no address")
    return JSONResponse({"book_id": book_id} | body, status_code=201)


@router.post("/reservations")
async def reserve(request: Request):
    form = await request.form()
    name = form.get("name", "")
    if not 1 <= len(name) <= 40:
        raise refuse("name?")
    book = book_of(number(form.get("book_id"), 1))
    return JSONResponse({"name": name, "book_id": book.id}, 201)
