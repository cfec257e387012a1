"""The factory that puts the app together."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from bookshop.catalogue import BookMissingError, Catalogue
from bookshop.routers import books, stock, welcome


async def answer_book_missing(_: Request, error: Exception) -> JSONResponse:
    """Turn a BookMissingError, from however deep it comes, into the answer 404."""
    return JSONResponse({"detail": str(error)}, status_code=404)


def create_app(records: Mapping[int, Mapping[str, object]], warehouse_delay: float) -> FastAPI:
    """Build an app that serves its own catalogue, made from the given records."""
    app = FastAPI(
        title="Bookshop API",
        version="1.0.0",
        description="What the bookshop sells, and how much of it lies in the warehouse.",
        exception_handlers={BookMissingError: answer_book_missing},
    )
    app.include_router(welcome.router)
    app.include_router(books.make_router(Catalogue(records)))
    app.include_router(stock.make_router(warehouse_delay))
    return app
