"""Lists of books, and single books."""

from typing import Annotated, Literal

from annotated_types import Ge
from fastapi import APIRouter, HTTPException, Query

from catalogue import BOOKS, CATALOGUE, Book

router = APIRouter(tags=["books"])


@router.get("")
def browse(
    q: Annotated[str, Query(max_length=30)] = "",
    shelf: Annotated[str | None, Query(pattern=r"\A[A-Z][0-9]{2}\z")] = None,
    genre: Annotated[frozenset[str], Query()] = frozenset(),
    new_year: Annotated[int | None, Query(alias="published-after")] = None,
    after: Annotated[int, Query(deprecated=True)] = -10_000,
    sort: Literal["number", "title", "price", "newest"] = "number",
    skip: Annotated[int, Ge(0)] = 0,
    limit: Annotated[int, Query(ge=1, le=20)] = 10,
) -> list[Book]:
    year = after if new_year is None else new_year
    tests = [
        lambda book: q.lower() in book.title.lower(),
        lambda book: shelf in (None, book.shelf),
        lambda book: not genre or book.genre in genre,
        lambda book: book.year > year,
    ]
    attribute = {"number": "id", "newest": "year"}.get(sort, sort)
    found = [book for book in CATALOGUE if all(test(book) for test in tests)]
    found.sort(key=lambda book: getattr(book, attribute), reverse=sort == "newest")
    return found[skip : skip + limit]


# A converter in the path: `latest` is no int, so this one does not take its requests.
@router.get("/{book_id:int}")
def show(book_id: Annotated[int, Ge(1)]) -> Book:
    if book := BOOKS.get(book_id):
        return book
    raise HTTPException(404, "no such book")


# For what the converter above does not take: numbers below zero.
@router.get("/{word}", include_in_schema=False)
def show_word(word: str) -> Book:
    if word != "latest":
        raise HTTPException(422, "a book's number is at least 1")
    return max(CATALOGUE, key=lambda book: book.year)
