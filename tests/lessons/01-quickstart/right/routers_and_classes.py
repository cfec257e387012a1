"""Another right answer: a router, a class for the catalogue, plain `def` functions."""

import time
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Response

RAW = """
1|A Wizard of Earthsea|Ursula K. Le Guin
2|Invisible Cities|Italo Calvino
3|The Dispossessed|Ursula K. Le Guin
4|Kindred|Octavia E. Butler
5|The Baron in the Trees|Italo Calvino
"""


class Catalogue:
    def __init__(self) -> None:
        rows = [line.split("|") for line in RAW.strip().splitlines()]
        self.books = {int(n): {"id": int(n), "title": t, "author": a} for n, t, a in rows}

    def find(self, number: int) -> dict[str, object]:
        try:
            return self.books[number]
        except KeyError:
            raise HTTPException(404, detail=f"There is no book {number}") from None


catalogue = Catalogue()
books = APIRouter(prefix="/books", tags=["books", "catalogue"])


def existing(book_id: int) -> dict[str, object]:
    return catalogue.find(book_id)


Existing = Annotated[dict[str, object], Depends(existing)]


@books.get("")
def search(author: str = "") -> list[dict[str, object]]:
    found = reversed(list(catalogue.books.values()))
    return [book for book in found if author in ("", book["author"])]


@books.get("/{book_id}", summary="Show one book")
def one(book: Existing) -> dict[str, object]:
    return book


@books.delete("/{book_id}")
def remove(book: Existing) -> Response:
    catalogue.books.pop(int(str(book["id"])))
    return Response(status_code=204)


app = FastAPI(title="Bookshop API", version="1.0.0", description="Books.")


@app.get("/")
def root() -> dict[str, str]:
    return {"message": "Welcome to the bookshop"}


@app.get("/stock/{book_id}")
def stock(book_id: int) -> dict[str, int]:
    time.sleep(0.2)  # in a `def`: FastAPI runs it in a thread
    return {"book_id": book_id, "in_stock": 7}


app.include_router(books)
