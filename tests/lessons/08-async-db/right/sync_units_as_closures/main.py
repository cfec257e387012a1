"""The bookshop with a database: path operations that only hand closures to the database."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypedDict

from fastapi import Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import create_async_engine

import units
from bodies import NewAuthor, NewBook, NewOrder
from runner import Runner, make_runner
from tables import Base

DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///bookshop.db")
"""Where the database is, and which driver talks to it. The environment decides."""


class State(TypedDict):
    """What the lifespan hands to each request."""

    run: Runner


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[State]:
    """Open the database and make the tables that are missing; at the end, close it."""
    engine = create_async_engine(DATABASE_URL)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield {"run": make_runner(engine)}
    finally:
        await engine.dispose()


def get_runner(request: Request) -> Runner:
    """Return the runner that the lifespan made."""
    runner: Runner = request.state.run
    return runner


Run = Annotated[Runner, Depends(get_runner)]

app = FastAPI(title="Bookshop API", lifespan=lifespan)


@app.get("/health")
async def check_health(run: Run) -> dict[str, str]:
    """Say that the database answers."""
    return await run(units.ping())


@app.post("/authors", status_code=201)
async def add_author(new: NewAuthor, run: Run) -> units.AuthorOut:
    """Store an author."""
    return await run(units.store_author(new))


@app.get("/authors")
async def list_authors(run: Run) -> list[units.AuthorOut]:
    """List all authors."""
    return await run(units.list_authors())


@app.get("/authors/{author_id}")
async def show_author(author_id: int, run: Run) -> units.AuthorWithBooks:
    """Show an author with all of their books."""
    return await run(units.show_author(author_id))


@app.post("/books", status_code=201)
async def add_book(new: NewBook, run: Run) -> units.BookOut:
    """Store a book."""
    return await run(units.store_book(new))


@app.get("/books")
async def list_books(run: Run) -> list[units.BookWithAuthor]:
    """List all books, each with its author."""
    return await run(units.list_books())


@app.get("/books/{book_id}")
async def show_book(book_id: int, run: Run) -> units.BookOut:
    """Show a book."""
    return await run(units.show_book(book_id))


@app.post("/orders", status_code=201)
async def add_order(new: NewOrder, run: Run) -> units.OrderOut:
    """Take an order."""
    return await run(units.store_order(new))


@app.get("/orders")
async def list_orders(run: Run) -> list[units.OrderOut]:
    """List all orders."""
    return await run(units.list_orders())
