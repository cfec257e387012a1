# [fixtures]
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    create_async_engine,
)
from stored_kitchen import Base, app, get_session


@pytest.fixture(scope="session")
def kitchen() -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="session")
def engine(kitchen: TestClient) -> Iterator[AsyncEngine]:
    engine = create_async_engine(
        "sqlite+aiosqlite://", connect_args={"isolation_level": None}
    )

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    async def make_tables() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    assert kitchen.portal is not None
    kitchen.portal.call(make_tables)
    yield engine
    kitchen.portal.call(engine.dispose)


@pytest.fixture
def client(
    kitchen: TestClient, engine: AsyncEngine
) -> Iterator[TestClient]:
    async def begin() -> AsyncConnection:
        connection = await engine.connect()
        await connection.begin()
        return connection

    assert kitchen.portal is not None
    connection = kitchen.portal.call(begin)

    async def get_test_session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(
            connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
        ) as session:
            yield session

    app.dependency_overrides[get_session] = get_test_session
    yield kitchen
    app.dependency_overrides.clear()
    kitchen.portal.call(connection.close)


# [/fixtures]
def test_show(client: TestClient) -> None:
    number = client.post("/dishes", params={"name": "soup"}).json()["id"]
    assert client.get(f"/dishes/{number}").json() == {"name": "soup"}


def test_each_test_begins_with_nothing(client: TestClient) -> None:
    assert client.get("/dishes/1").status_code == 404


if __name__ == "__main__":
    import subprocess
    import sys

    subprocess.run(
        [sys.executable, "-m", "pytest", "-qq", "-rA", __file__], check=True
    )
