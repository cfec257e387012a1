"""What comes from outside, and what goes out: the courier and the board."""

import anyio
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from starlette.websockets import WebSocketDisconnect

from main import Base, app, get_courier, get_session


@pytest.fixture
def days():
    answers = []

    async def courier(postcode):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    app.dependency_overrides[get_courier] = lambda: courier
    yield answers
    del app.dependency_overrides[get_courier]


async def test_express(api, days):
    days += [1, 2, 3, 4]
    express = [(await api.get("/delivery/12345")).json()["express"] for _ in range(4)]
    assert express == [True, True, False, False]


async def test_silence(api, days):
    days.append(ConnectionError("nobody there"))
    answer = await api.get("/delivery/12345")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"].isdecimal()


async def test_crowd(api):
    inside = []

    async def courier(postcode):
        inside.append(postcode)
        with anyio.fail_after(2):
            while len(inside) < 4:
                await anyio.sleep(0.005)
        return 1

    app.dependency_overrides[get_courier] = lambda: courier
    async with anyio.create_task_group() as crowd:
        for _ in range(4):
            crowd.start_soon(api.get, "/delivery/12345")
    del app.dependency_overrides[get_courier]


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "board.db"
    Base.metadata.create_all(create_engine(f"sqlite:///{path}"))
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")

    async def session():
        async with AsyncSession(engine) as opened:
            yield opened

    app.dependency_overrides[get_session] = session
    with TestClient(app, headers={"X-API-Key": "staff-key"}) as client:
        yield client
        client.portal.call(engine.dispose)
    app.dependency_overrides.clear()


def test_board(shop):
    sheet = {"title": "t", "author": "a", "price": 500, "cost": 1, "stock": 10}
    book = shop.post("/books", json=sheet).json()["id"]
    with shop.websocket_connect("/board") as stays:
        with shop.websocket_connect("/board") as leaves:
            leaves.send_text("hello")
            assert leaves.receive_json()["screens"] == 2
        sold = shop.post("/orders", json={"lines": [{"book_id": book, "quantity": 3}]}).json()
        with shop.websocket_connect("/board") as late:
            late.send_text("hello")
            assert late.receive_json()["screens"] == 2
            again = shop.post("/orders", json={"lines": [{"book_id": book, "quantity": 1}]}).json()
            for screen, expected in ((stays, [sold, again]), (late, [again])):
                screen.send_text("done")
                for placed in expected:
                    told = screen.receive_json()
                    assert told.get("order") == placed["id"]
                    assert told["total"] == placed["total"]
                assert "screens" in screen.receive_json()


@pytest.mark.parametrize("key", ["", "bo-key"])
def test_locked_board(shop, key):
    with pytest.raises(WebSocketDisconnect):
        with shop.websocket_connect("/board", headers={"X-API-Key": key}):
            pass
