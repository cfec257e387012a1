"""Async fixtures for async tests: a database file for each test."""

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from main import Base, app, get_session


@pytest.fixture
async def api(tmp_path, anyio_backend):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine)

    async def opened():
        async with sessions() as session:
            yield session

    app.dependency_overrides[get_session] = opened
    async with AsyncClient(transport=ASGITransport(app), base_url="http://shop") as client:
        client.headers["X-API-Key"] = "staff-key"
        yield client
    del app.dependency_overrides[get_session]
    await engine.dispose()


@pytest.fixture
async def add(api):
    async def book(**fields):
        sheet = {"title": "t", "author": "a", "price": 500, "cost": 1, "stock": 10, **fields}
        answer = await api.post("/books", json=sheet)
        answer.raise_for_status()
        return answer.json()["id"]

    return book
