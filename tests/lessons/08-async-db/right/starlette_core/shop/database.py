"""The database: its tables, and how one talks to it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Column,
    CursorResult,
    Executable,
    ForeignKey,
    Insert,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
)
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from starlette.applications import Starlette

MAX_INTEGER = 2**31 - 1
"""The highest number that an INTEGER column holds on every database."""

MAX_BIGINT = 2**63 - 1
"""The highest number that a BIGINT column holds on every database."""

metadata = MetaData()

authors = Table(
    "authors",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False),
)

books = Table(
    "books",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String(200), nullable=False),
    Column("isbn", String(13), nullable=False, unique=True),
    Column("stock", BigInteger, nullable=False),
    Column("author_id", ForeignKey("authors.id"), nullable=False),
)

orders = Table("orders", metadata, Column("id", Integer, primary_key=True))

order_lines = Table(
    "order_lines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", ForeignKey("orders.id"), nullable=False),
    Column("book_id", ForeignKey("books.id"), nullable=False),
    Column("copies", BigInteger, nullable=False),
)

engine = create_async_engine(os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///bookshop.db"))
make_session = async_sessionmaker(engine)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Make the tables that are missing; at the end, close all connections."""
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        yield
    finally:
        await engine.dispose()


async def insert_row(session: AsyncSession, statement: Insert) -> int:
    """Insert one row and return the number that the database gave it."""
    result = cast("CursorResult[Any]", await session.execute(statement))
    (number,) = cast("tuple[int]", result.inserted_primary_key)
    return number


async def count_changed(session: AsyncSession, statement: Executable) -> int:
    """Execute an UPDATE and return how many rows it changed."""
    result = cast("CursorResult[Any]", await session.execute(statement))
    return int(result.rowcount)


async def find(session: AsyncSession, table: Table, number: int) -> RowMapping | None:
    """Return the row with this number, or None."""
    if not 0 < number <= MAX_INTEGER:
        return None
    result = await session.execute(table.select().where(table.c.id == number))
    return result.mappings().one_or_none()
