"""Fixtures: one shop for the whole run, and a transaction for each test, never committed."""

from collections.abc import AsyncIterator, Iterator

import pytest
from actors import FakeCourier, Visitor
from fastapi.testclient import TestClient
from main import Base, app, get_courier, get_session
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine


@pytest.fixture(scope="session")
def running_shop() -> Iterator[TestClient]:
    """Start the shop once, and stop it when all tests have run."""
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="session")
def engine(running_shop: TestClient) -> Iterator[AsyncEngine]:
    """Make a database in memory, with empty tables, in the event loop of the shop."""
    engine = create_async_engine("sqlite+aiosqlite://", connect_args={"isolation_level": None})

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    async def make_tables() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    assert running_shop.portal is not None
    running_shop.portal.call(make_tables)
    yield engine
    running_shop.portal.call(engine.dispose)


@pytest.fixture
def client(running_shop: TestClient, engine: AsyncEngine) -> Iterator[TestClient]:
    """Give a client of the shop; what the test changes is rolled back behind it."""

    async def begin() -> AsyncConnection:
        connection = await engine.connect()
        await connection.begin()
        return connection

    assert running_shop.portal is not None
    connection = running_shop.portal.call(begin)

    async def get_test_session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(connection, join_transaction_mode="create_savepoint") as session:
            yield session

    app.dependency_overrides[get_session] = get_test_session
    yield running_shop
    app.dependency_overrides.pop(get_session)
    running_shop.portal.call(connection.close)


@pytest.fixture
def stranger(client: TestClient) -> Visitor:
    """Come in from the street, without a key."""
    return Visitor(client)


@pytest.fixture
def staff(client: TestClient) -> Visitor:
    """Work in the shop."""
    return Visitor(client, "staff-key")


@pytest.fixture
def ada(client: TestClient) -> Visitor:
    """Be the customer who orders in most tests."""
    return Visitor(client, "ada-key")


@pytest.fixture
def bo(client: TestClient) -> Visitor:
    """Be another customer."""
    return Visitor(client, "bo-key")


@pytest.fixture
def courier() -> Iterator[FakeCourier]:
    """Put a courier that the test can teach in place of the real one."""
    courier = FakeCourier()
    app.dependency_overrides[get_courier] = lambda: courier.ask
    yield courier
    app.dependency_overrides.pop(get_courier)
