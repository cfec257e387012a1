"""The bookshop's first API: bound methods in a table, and every Response made by hand."""

import asyncio

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from starlette.requests import Request
from starlette.routing import Route

BOOKS = {
    1: {"id": 1, "title": "A Wizard of Earthsea", "author": "Ursula K. Le Guin"},
    2: {"id": 2, "title": "Invisible Cities", "author": "Italo Calvino"},
    3: {"id": 3, "title": "The Dispossessed", "author": "Ursula K. Le Guin"},
    4: {"id": 4, "title": "Kindred", "author": "Octavia E. Butler"},
    5: {"id": 5, "title": "The Baron in the Trees", "author": "Italo Calvino"},
}

WAREHOUSE_DELAY = 0.1
"""Seconds that the warehouse takes to answer."""


class NoSuchBook(JSONResponse):
    """The answer to a question about a book that the shelf does not have."""

    def __init__(self, book_id: int) -> None:
        super().__init__({"detail": f"There is no book {book_id}"}, status_code=404)


class Shelf:
    """Path operations on a dict of books, which they share."""

    def __init__(self, books: dict[int, dict[str, object]]) -> None:
        self.books = books

    async def list_books(self, author: str | None = None) -> JSONResponse:
        """List all books, or only those by exactly this author."""
        return JSONResponse(
            [book for book in self.books.values() if author is None or book["author"] == author]
        )

    async def show_book(self, book_id: int) -> JSONResponse:
        """Show the book with this number."""
        book = self.books.get(book_id)
        return NoSuchBook(book_id) if book is None else JSONResponse(book)

    async def delete_book(self, book_id: int) -> Response:
        """Take the book with this number off the shelf."""
        if self.books.pop(book_id, None) is None:
            return NoSuchBook(book_id)
        return Response(status_code=204)


class Warehouse:
    """A slow counterpart that answers through a future, which a timer of the loop completes."""

    def __init__(self, delay: float) -> None:
        self.delay = delay

    def ask(self) -> asyncio.Future[int]:
        """Start to count the copies; the number comes when the delay is over."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[int] = loop.create_future()
        loop.call_later(self.delay, self._deliver, answer)
        return answer

    async def show_stock(self, book_id: int) -> JSONResponse:
        """Tell how many copies of this book are in stock."""
        return JSONResponse({"book_id": book_id, "in_stock": await self.ask()})

    @staticmethod
    def _deliver(answer: asyncio.Future[int]) -> None:
        if not answer.cancelled():
            answer.set_result(7)


async def welcome(_: Request) -> JSONResponse:
    """Greet the client, as a plain Starlette endpoint."""
    return JSONResponse({"message": "Welcome to the bookshop"})


def build_app(shelf: Shelf, warehouse: Warehouse) -> FastAPI:
    """Put the paths and the methods that answer them together."""
    app = FastAPI(
        title="Bookshop API",
        version="1.0.0",
        description="Ask a small bookshop for its books.",
    )
    app.router.routes.append(Route("/", welcome, methods=["GET"]))
    app.add_api_route("/books", shelf.list_books, methods=["GET"], tags=["books"])
    app.add_api_route(
        "/books/{book_id}",
        shelf.show_book,
        methods=["GET"],
        tags=["books"],
        summary="Show one book",
    )
    app.add_api_route(
        "/books/{book_id}",
        shelf.delete_book,
        methods=["DELETE"],
        status_code=204,
        tags=["books"],
    )
    app.add_api_route("/stock/{book_id}", warehouse.show_stock, methods=["GET"])
    return app


app = build_app(Shelf(BOOKS), Warehouse(WAREHOUSE_DELAY))
