# [fixture]
import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from stored_kitchen import Base, app, get_session


@pytest.fixture
def client() -> Iterator[TestClient]:
    engine = create_async_engine("sqlite+aiosqlite://")

    async def make_tables() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    async def get_test_session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            yield session

    asyncio.run(make_tables())
    app.dependency_overrides[get_session] = get_test_session
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()
    asyncio.run(engine.dispose())


# [/fixture]
# [tests]
@pytest.fixture
def soup(client: TestClient) -> int:
    answer = client.post("/dishes", params={"name": "soup"})
    return int(answer.json()["id"])


def test_show(client: TestClient, soup: int) -> None:
    assert client.get(f"/dishes/{soup}").json() == {"name": "soup"}


def test_each_test_begins_with_nothing(client: TestClient) -> None:
    assert client.get("/dishes/1").status_code == 404


# [/tests]
if __name__ == "__main__":
    import subprocess
    import sys

    subprocess.run(
        [sys.executable, "-m", "pytest", "-qq", "-rA", __file__], check=True
    )
