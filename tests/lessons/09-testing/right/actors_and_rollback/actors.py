"""Who comes to the bookshop, and what they do there: the vocabulary of the tests.

A test says `ada.order((book, 2))`, and this module knows that it is a POST with her key.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from queue import Queue
from threading import Thread
from typing import Self

from anyio import ClosedResourceError, EndOfStream
from fastapi.testclient import TestClient
from httpx2 import Response
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

PATIENCE = 5.0
"""How many seconds to wait for what should be there at once."""


@dataclass(frozen=True)
class Draft:
    """A book as staff send it."""

    title: str = "Middlemarch"
    author: str = "George Eliot"
    price: int = 1800
    cost: int = 8_642_097
    stock: int = 6


@dataclass(frozen=True)
class Book:
    """A book that is in the shop: what everybody may know of it."""

    id: int
    title: str
    author: str
    price: int
    stock: int

    @classmethod
    def shown_in(cls, answer: Response) -> Self:
        """Read a book out of an answer, whatever else that may hold."""
        body = answer.json()
        return cls(**{name: body[name] for name in cls.__dataclass_fields__})

    @property
    def path(self) -> str:
        """Where it is shown."""
        return f"/books/{self.id}"


@dataclass(frozen=True)
class Order:
    """An order that was placed; its lines are (id of the book, quantity), sorted."""

    id: int
    customer: str
    total: int
    lines: tuple[tuple[int, int], ...]

    @classmethod
    def shown_in(cls, answer: Response) -> Self:
        """Read an order out of an answer, whatever else that may hold."""
        body = answer.json()
        lines = sorted((line["book_id"], line["quantity"]) for line in body["lines"])
        return cls(body["id"], body["customer"], body["total"], tuple(lines))

    @property
    def path(self) -> str:
        """Where it is shown."""
        return f"/orders/{self.id}"


class Screen:
    """An open screen: a thread reads what comes, so that no test waits for ever."""

    def __init__(self, socket: WebSocketTestSession) -> None:
        self._socket = socket
        self._inbox = Queue[dict[str, int]]()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(WebSocketDisconnect, EndOfStream, ClosedResourceError):
            while True:
                self._inbox.put(self._socket.receive_json())

    def say(self, text: str) -> None:
        """Send a text to the shop."""
        self._socket.send_text(text)

    def next_message(self) -> dict[str, int]:
        """Return what came next; raise queue.Empty if nothing does."""
        return self._inbox.get(timeout=PATIENCE)

    def next_order(self) -> tuple[int, int]:
        """Return id and total of the order that came next."""
        message = self.next_message()
        return message["order"], message["total"]

    def count(self, text: str = "how many are we?") -> int:
        """Ask how many screens are open, and return what came next."""
        self.say(text)
        return self.next_message()["screens"]

    def join(self) -> None:
        """Wait until the reader has noticed that the socket is closed."""
        self._reader.join(PATIENCE)


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks the shop for things, with a key or without."""

    client: TestClient
    key: str | None = None

    def request(
        self,
        method: str,
        path: str,
        json: object = None,
        params: dict[str, str | int] | None = None,
    ) -> Response:
        """Send a request with this visitor's key."""
        return self.client.request(method, path, json=json, params=params, headers=self._headers)

    def get(self, path: str, **params: str | int) -> Response:
        """Read what is at this path."""
        return self.request("GET", path, params=params)

    def delete(self, book: Book) -> Response:
        """Try to take a book out of the catalogue."""
        return self.request("DELETE", book.path)

    def post_book(self, draft: Draft, **changes: object) -> Response:
        """Try to add a book; changes may make it one that does not fit."""
        return self.request("POST", "/books", json=asdict(draft) | changes)

    def add(self, draft: Draft) -> Book:
        """Add a book that fits."""
        return Book.shown_in(self.post_book(draft))

    def order(self, *lines: tuple[Book, int]) -> Response:
        """Try to order so many copies of each of these books."""
        body = [{"book_id": book.id, "quantity": quantity} for book, quantity in lines]
        return self.request("POST", "/orders", json={"lines": body})

    def stock_of(self, *books: Book) -> list[int]:
        """Ask how many copies of each of these books are left."""
        return [Book.shown_in(self.get(book.path)).stock for book in books]

    @contextmanager
    def watch(self) -> Iterator[Screen]:
        """Open a screen with this visitor's key, and close it at the end."""
        with self.client.websocket_connect("/board", headers=self._headers) as socket:
            screen = Screen(socket)
            yield screen
        screen.join()

    @property
    def _headers(self) -> dict[str, str]:
        return {} if self.key is None else {"X-API-Key": self.key}


@dataclass
class FakeCourier:
    """A courier that knows some postcodes, and is silent about all others."""

    days: dict[str, int] = field(default_factory=dict)

    async def ask(self, postcode: str) -> int:
        """Return the days at once, or fail as the real courier does."""
        if postcode not in self.days:
            raise ConnectionError
        return self.days[postcode]


class PatientCourier:
    """A courier that answers nobody before so many customers have asked."""

    def __init__(self, customers: int) -> None:
        self._missing = customers
        self._all_have_asked = asyncio.Event()

    async def ask(self, _postcode: str) -> int:
        """Wait for the other customers, but not for ever."""
        self._missing -= 1
        if self._missing == 0:
            self._all_have_asked.set()
        await asyncio.wait_for(self._all_have_asked.wait(), PATIENCE)
        return 2
