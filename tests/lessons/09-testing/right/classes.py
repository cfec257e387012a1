"""Tests in classes; a new engine for each test; helpers are plain functions."""

import asyncio
import contextlib

import pytest
from fastapi import WebSocketDisconnect
from fastapi.testclient import TestClient
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

import main

KEY = "X-API-Key"


@pytest.fixture(autouse=True)
def database():
    engine = create_async_engine("sqlite+aiosqlite:///:memory:")

    async def create():
        async with engine.begin() as connection:
            await connection.run_sync(main.Base.metadata.create_all)

    async def session():
        async with AsyncSession(engine, expire_on_commit=False) as opened:
            yield opened

    asyncio.run(create())
    main.app.dependency_overrides[main.get_session] = session
    yield
    main.app.dependency_overrides = {}
    asyncio.run(engine.dispose())


@pytest.fixture
def shop():
    with TestClient(main.app, headers={KEY: "staff-key"}) as client:
        yield client


def new(shop, **fields):
    book = {"title": "T", "author": "A", "price": 300, "cost": 100, "stock": 9} | fields
    return shop.post("/books", json=book)


def buy(shop, *lines, key="ada-key"):
    body = {"lines": [{"book_id": book, "quantity": count} for book, count in lines]}
    return shop.post("/orders", json=body, headers={KEY: key})


def stock(shop, book):
    return shop.get(f"/books/{book}").json()["stock"]


class TestBooks:
    def test_root(self, shop):
        assert shop.get("/").json()["message"] == "Welcome to the bookshop"

    def test_life_of_a_book(self, shop):
        made = new(shop)
        assert made.status_code == 201
        path = made.headers["location"]
        assert shop.get(path).json()["title"] == "T"
        assert shop.delete(path).status_code == 204
        assert shop.get(path).status_code == 404

    @pytest.mark.parametrize("good", [{"title": "x" * 100}, {"price": 1}, {"stock": 0}])
    def test_good(self, shop, good):
        assert new(shop, **good).is_success

    @pytest.mark.parametrize(
        "bad", [{"title": ""}, {"title": "x" * 101}, {"price": 0}, {"stock": -1}]
    )
    def test_bad(self, shop, bad):
        assert new(shop, **bad).status_code == 422

    def test_list(self, shop):
        for letter in "hbgcfdea":
            new(shop, title=letter, author="vowel" if letter in "ae" else "consonant")
        titles = [book["title"] for book in shop.get("/books?skip=2&limit=3").json()]
        assert titles == ["c", "d", "e"]
        vowels = shop.get("/books?author=vowel&limit=1")
        assert [book["title"] for book in vowels.json()] == ["a"]
        assert vowels.headers["x-total-count"] == "2"
        assert shop.get("/books?limit=51").status_code == 422
        assert shop.get("/books?limit=50").status_code == 200

    def test_cost(self, shop):
        made = new(shop)
        assert "cost" not in made.json()
        assert "cost" not in shop.get("/books").json()[0]
        assert "cost" not in shop.get(made.headers["Location"]).json()


class TestKeys:
    def test_strangers(self, shop):
        path = new(shop).headers["location"]
        for key in ("", "wrong"):
            for refused in (
                shop.post("/books", json={}, headers={KEY: key}),
                shop.delete(path, headers={KEY: key}),
                buy(shop, (1, 1), key=key),
            ):
                assert refused.status_code == 401
                assert refused.headers.get("www-authenticate")

    def test_customers(self, shop):
        path = new(shop).headers["location"]
        assert shop.delete(path, headers={KEY: "bo-key"}).status_code == 403
        assert shop.post("/books", json={}, headers={KEY: "bo-key"}).status_code == 403


class TestOrders:
    def test_all_copies(self, shop):
        book = new(shop, stock=4, price=7).json()["id"]
        bought = buy(shop, (book, 4))
        assert bought.status_code == 201
        assert bought.json()["total"] == 28
        assert stock(shop, book) == 0
        path = f"/orders/{bought.json()['id']}"
        assert shop.get(path, headers={KEY: "ada-key"}).json()["total"] == 28
        assert shop.get(path, headers={KEY: "bo-key"}).status_code == 403
        assert buy(shop, (book, 1)).status_code == 409

    def test_nothing(self, shop):
        first, second = (new(shop, stock=n).json()["id"] for n in (5, 0))
        assert buy(shop, (first, 5), (second, 1)).status_code == 409
        assert stock(shop, first) == 5

    def test_bounds(self, shop):
        book = new(shop, stock=100).json()["id"]
        codes = [buy(shop, (book, count)).status_code for count in (0, 1, 10, 11)]
        assert codes == [422, 201, 201, 422]


class TestDelivery:
    @staticmethod
    @contextlib.contextmanager
    def courier(function):
        main.app.dependency_overrides[main.get_courier] = lambda: function
        yield

    def test_days(self, shop):
        for days in (1, 2, 3):

            async def courier(postcode, days=days):
                return days

            with self.courier(courier):
                assert shop.get("/delivery/00000").json()["express"] == (days <= 2)

    def test_down(self, shop):
        async def courier(postcode):
            raise ConnectionRefusedError

        with self.courier(courier):
            answer = shop.get("/delivery/00000")
            assert answer.status_code == 503
            assert "retry-after" in answer.headers

    def test_two_at_once(self, shop):
        meeting = asyncio.Event()

        async def courier(postcode):
            if postcode == "11111":
                meeting.set()
            else:
                await asyncio.wait_for(meeting.wait(), 1)
            return 1

        async def both():
            import httpx2

            transport = httpx2.ASGITransport(app=main.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
                return await asyncio.gather(
                    client.get("/delivery/22222"), client.get("/delivery/11111")
                )

        with self.courier(courier):
            assert {answer.status_code for answer in asyncio.run(both())} == {200}


class TestBoard:
    def test_screens(self, shop):
        book = new(shop, price=10).json()["id"]
        with shop.websocket_connect("/board") as one:
            with shop.websocket_connect("/board") as two:
                number = buy(shop, (book, 3)).json()["id"]
                for screen in (two, one):
                    screen.send_text("?")
                    told = screen.receive_json()
                    assert (told.get("order"), told.get("total")) == (number, 30)
                    assert screen.receive_json()["screens"] == 2
            one.send_text("?")
            assert one.receive_json()["screens"] == 1

    def test_closed(self, shop):
        with pytest.raises(WebSocketDisconnect):
            with shop.websocket_connect("/board", headers={KEY: "ada-key"}):
                pass
