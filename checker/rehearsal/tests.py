"""Preloaded by the host of a lesson whose learner writes tests: pays once what each trial would.

pytest and FastAPI import much only when they are first used. So this module, when it is
imported, runs one test of a tiny app, before the host forks.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
import tempfile
from pathlib import Path

TEST = """
import asyncio
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, HTTPException, Query, WebSocket
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, AsyncClient
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

app = FastAPI()
engine = create_async_engine("sqlite+aiosqlite://")


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)


class Item(BaseModel):
    name: Annotated[str, Field(min_length=1)]


async def get_session():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        yield session


@app.post("/items", status_code=201)
async def add(
    item: Item,
    session: Annotated[AsyncSession, Depends(get_session)],
    number: Annotated[int, Query(ge=0)] = 0,
) -> Item:
    session.add(Row())
    await session.commit()
    if number == len((await session.scalars(select(Row))).all()):
        raise HTTPException(404)
    return item


@app.websocket("/items")
async def items(socket: WebSocket):
    await socket.accept()
    await socket.send_json({})


@pytest.mark.parametrize(("name", "status"), [("x", 201), ("", 422)])
def test_add(name, status):
    with TestClient(app) as client:
        assert client.post("/items", json={"name": name}).status_code == status
        with client.websocket_connect("/items") as socket:
            assert socket.receive_json() == {}
    asyncio.run(engine.dispose())


@pytest.mark.anyio
async def test_missing():
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        answer = await client.get("/missing")
    assert answer.status_code == 404
"""


def rehearse() -> None:
    """Run the test, quietly, and leave nothing behind but what was loaded."""
    import pytest

    path, write_bytecode = list(sys.path), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        (Path(folder) / "test_rehearsal.py").write_text(TEST, encoding="utf-8")
        pytest.main(
            [folder, "-q", "-s", "-p", "no:cacheprovider", "-p", "anyio.pytest_plugin",
             "--rootdir", folder, "-c", os.devnull],
        )  # fmt: skip
    sys.modules.pop("test_rehearsal", None)
    sys.path[:], sys.dont_write_bytecode = path, write_bytecode
    gc.freeze()  # a collection in a child would otherwise copy the pages of all that is loaded


rehearse()
