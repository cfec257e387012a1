"""Customers search the bookshop's catalogue. The task is in README.md, beside this file."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from bookshop import books, customers, search, stock
from bookshop.catalogue import BOOKS, STOCK, Book, Missing, find_book

__all__ = ["BOOKS", "STOCK", "Book", "app", "find_book"]

app = FastAPI(title="Bookshop API")
for module in (books, search, stock, customers):
    app.include_router(module.router)


@app.exception_handler(Missing)
async def answer_missing(_: Request, missing: Missing) -> JSONResponse:
    """Answer 404 wherever something is looked for that the shop doesn't have."""
    return JSONResponse({"detail": str(missing)}, status_code=404)
