"""unittest's TestCase beside one function of pytest; tables are emptied, not made anew."""

import asyncio
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from starlette.websockets import WebSocketDisconnect

import main as shop

ENGINE = create_async_engine("sqlite+aiosqlite://")
SESSIONS = async_sessionmaker(ENGINE)


async def session():
    async with SESSIONS() as opened:
        yield opened


async def empty():
    async with ENGINE.begin() as connection:
        await connection.run_sync(shop.Base.metadata.create_all)
        for table in reversed(shop.Base.metadata.sorted_tables):
            await connection.execute(delete(table))


def key(name):
    return {"X-API-Key": f"{name}-key"}


class ShopCase(unittest.TestCase):
    def setUp(self):
        asyncio.run(empty())
        self.days = 1
        shop.app.dependency_overrides = {
            shop.get_session: session,
            shop.get_courier: lambda: self.courier,
        }
        self.addCleanup(shop.app.dependency_overrides.clear)
        self.client = self.enterContext(TestClient(shop.app))

    async def courier(self, postcode):
        if self.days is None:
            raise ConnectionError
        return self.days

    def add(self, **fields):
        book = {"title": "Kim", "author": "Kipling", "price": 90, "cost": 50, "stock": 3} | fields
        return self.client.post("/books", json=book, headers=key("staff"))

    def order(self, name, *lines):
        body = {"lines": [{"book_id": book, "quantity": count} for book, count in lines]}
        return self.client.post("/orders", json=body, headers=key(name))

    def stock(self, book):
        return self.client.get(f"/books/{book}").json()["stock"]

    def test_welcome(self):
        self.assertEqual(self.client.get("/").json(), {"message": "Welcome to the bookshop"})

    def test_book(self):
        added = self.add()
        self.assertEqual(added.status_code, 201)
        self.assertNotIn("cost", added.json())
        where = added.headers["Location"]
        self.assertEqual(self.client.get(where).json()["author"], "Kipling")
        (listed,) = self.client.get("/books").json()
        self.assertNotIn("cost", listed)
        self.assertNotIn("cost", self.client.get(where).json())
        self.assertEqual(self.client.delete(where, headers=key("ada")).status_code, 403)
        self.assertEqual(self.client.delete(where, headers=key("staff")).status_code, 204)
        self.assertEqual(self.client.get(where).status_code, 404)

    def test_keys(self):
        for headers in ({}, key("eve")):
            answer = self.client.post("/books", json={}, headers=headers)
            self.assertEqual(answer.status_code, 401)
            self.assertIn("www-authenticate", answer.headers)
        book = {"title": "Kim", "author": "Kipling", "price": 90, "cost": 50, "stock": 3}
        answer = self.client.post("/books", json=book, headers=key("ada"))
        self.assertEqual(answer.status_code, 403)

    def test_list(self):
        for title in ("b", "a", "c"):
            self.add(title=title, author="x" if title == "c" else "y")
        answer = self.client.get("/books", params={"skip": 1, "limit": 1})
        self.assertEqual([book["title"] for book in answer.json()], ["b"])
        self.assertEqual(answer.headers["X-Total-Count"], "3")
        answer = self.client.get("/books", params={"author": "x"})
        self.assertEqual([book["title"] for book in answer.json()], ["c"])
        for limit, status in ((0, 422), (50, 200), (51, 422)):
            with self.subTest(limit=limit):
                answer = self.client.get("/books", params={"limit": limit})
                self.assertEqual(answer.status_code, status)

    def test_order(self):
        kim = self.add().json()["id"]
        placed = self.order("bo", (kim, 3))
        self.assertEqual(placed.json()["total"], 270)
        self.assertEqual(self.stock(kim), 0)
        path = f"/orders/{placed.json()['id']}"
        self.assertEqual(self.client.get(path, headers=key("bo")).status_code, 200)
        self.assertEqual(self.client.get(path, headers=key("ada")).status_code, 403)
        self.assertEqual(self.order("bo", (kim, 1)).status_code, 409)
        other = self.add(stock=50).json()["id"]
        self.assertEqual(self.order("bo", (other, 2), (kim, 1)).status_code, 409)
        self.assertEqual(self.stock(other), 50)
        self.assertEqual(self.order("bo", (other, 11)).status_code, 422)

    def test_delivery(self):
        for self.days, express in ((2, True), (3, False)):
            self.assertIs(self.client.get("/delivery/99999").json()["express"], express)
        self.days = None
        answer = self.client.get("/delivery/99999")
        self.assertEqual(answer.status_code, 503)
        self.assertIn("Retry-After", answer.headers)

    def test_crowd(self):
        together = threading.Barrier(2)

        async def courier(postcode):
            await asyncio.to_thread(together.wait, 2)
            return 1

        self.courier = courier
        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(self.client.get, ["/delivery/10000", "/delivery/20000"]))
        self.assertEqual([answer.status_code for answer in answers], [200, 200])

    def test_board(self):
        kim = self.add().json()["id"]
        with self.client.websocket_connect("/board", headers=key("staff")) as one:
            with self.client.websocket_connect("/board", headers=key("staff")) as two:
                placed = self.order("ada", (kim, 2)).json()
                for screen in (one, two):
                    screen.send_text("")
                    message = screen.receive_json()
                    self.assertEqual(message.get("order"), placed["id"])
                    self.assertEqual(message.get("total"), 180)
            one.send_text("")
            self.assertEqual(one.receive_json()["screens"], 2)
            one.send_text("")
            self.assertEqual(one.receive_json()["screens"], 1)
        with self.assertRaises(WebSocketDisconnect):
            with self.client.websocket_connect("/board", headers=key("ada")):
                pass


@pytest.fixture
def case():
    running = ShopCase()
    running.setUp()
    yield running
    running.doCleanups()


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        (422, {"title": ""}),
        (201, {"title": "k" * 100}),
        (422, {"title": "k" * 101}),
        (422, {"price": 0}),
        (201, {"price": 1}),
        (422, {"stock": -1}),
        (201, {"stock": 0}),
    ],
)
def test_fields(case, status, fields):
    assert case.add(**fields).status_code == status
