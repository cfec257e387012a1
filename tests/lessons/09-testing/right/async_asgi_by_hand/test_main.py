"""Tests of the bookshop, all of them async but the first.

Each test copies an empty database file, and runs the app in its own event loop. What an order
may do to the stock is not written as code, but as a table of scenarios.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from asgi import PATIENCE, RefusedError, Server, WebSocket
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, AsyncClient, Auth, Request, Response
from main import Base, app, get_courier, get_session
from sqlalchemy import create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

pytestmark = pytest.mark.anyio


class Key(Auth):
    """Puts a key into each request."""

    def __init__(self, key: str) -> None:
        """Use this key."""
        self.headers = {"X-API-Key": key}

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Send the request with the key."""
        request.headers.update(self.headers)
        yield request


STAFF, ADA, BO = Key("staff-key"), Key("ada-key"), Key("bo-key")
UNKNOWN = [Key("unknown"), Key("ada")]


# ----------------------------------------------------------------------------------- fixtures


@pytest.fixture
def anyio_backend() -> str:
    """Run the async tests on asyncio, which the shop's database needs."""
    return "asyncio"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a file with empty tables, once; nobody writes to it."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    engine = create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture
async def database(empty_database: Path, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """Copy the empty file, for one test."""
    path = shutil.copy(empty_database, tmp_path / "shop.db")
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")

    @event.listens_for(engine.sync_engine, "connect")
    def hurry(connection: DBAPIConnection, _: object) -> None:
        connection.cursor().execute("PRAGMA synchronous = OFF")  # it need not survive a crash

    yield engine
    await engine.dispose()


@pytest.fixture
async def server(database: AsyncEngine) -> AsyncIterator[Server]:
    """Start the shop with this database, and stop it after the test."""
    new_session = async_sessionmaker(database)

    async def get_test_session() -> AsyncIterator[AsyncSession]:
        async with new_session() as session:
            yield session

    app.dependency_overrides[get_session] = get_test_session
    async with Server.started(app) as server:
        yield server
    del app.dependency_overrides[get_session]


@pytest.fixture
async def http(server: Server) -> AsyncIterator[AsyncClient]:
    """Give a client that can ask several things at once."""
    async with AsyncClient(transport=ASGITransport(server), base_url="http://test") as client:
        yield client


@pytest.fixture
def timetable() -> Iterator[dict[str, int]]:
    """Replace the courier by one that reads this dict, and fails for what does not stand there."""
    days: dict[str, int] = {}

    async def look_up(postcode: str) -> int:
        try:
            return days[postcode]
        except KeyError:
            raise ConnectionResetError from None

    app.dependency_overrides[get_courier] = lambda: look_up
    yield days
    del app.dependency_overrides[get_courier]


# ---------------------------------------------------------------------------- small helpers


def draft(**changes: object) -> dict[str, object]:
    """Return a book as staff send it."""
    fits: dict[str, object] = {
        "title": "Persuasion",
        "author": "Austen",
        "price": 640,
        "cost": 5_550_123,
        "stock": 12,
    }
    return fits | changes


def shown(body: dict[str, Any]) -> dict[str, Any]:
    """Return the promised fields of a book, and leave out what else there may be."""
    return {name: body[name] for name in ("id", "title", "author", "price", "stock")}


async def add(http: AsyncClient, **changes: object) -> int:
    """Add a book and return its id."""
    answer = await http.post("/books", json=draft(**changes), auth=STAFF)
    assert answer.status_code == 201
    return int(answer.json()["id"])


async def order(http: AsyncClient, key: Auth | None, *lines: tuple[int, int]) -> Response:
    """Order (book's id, quantity) pairs."""
    body = {"lines": [dict(zip(("book_id", "quantity"), line, strict=True)) for line in lines]}
    return await http.post("/orders", json=body, auth=key)


async def stock_of(http: AsyncClient, book: int) -> int:
    """Ask how many copies are left."""
    return int((await http.get(f"/books/{book}")).json()["stock"])


async def page(http: AsyncClient, **params: str | int) -> tuple[list[str], str]:
    """Return the titles on a page of the list, and the count in its header."""
    answer = await http.get("/books", params=params)
    assert answer.status_code == 200
    return [book["title"] for book in answer.json()], answer.headers["X-Total-Count"]


def challenged(answer: Response) -> bool:
    """Tell whether this answer asks for a valid key."""
    return answer.status_code == 401 and "WWW-Authenticate" in answer.headers


# ------------------------------------------------------------------------------ 09.1 welcome


def test_welcome() -> None:
    with TestClient(app) as client:
        answer = client.get("/")
    assert answer.status_code == 200
    assert answer.json() == {"message": "Welcome to the bookshop"}


# -------------------------------------------------------------------------------- 09.2 books


async def test_nothing_at_first(http: AsyncClient) -> None:
    assert await page(http) == ([], "0")
    assert (await http.get("/books/1")).status_code == 404
    assert (await http.delete("/books/1", auth=STAFF)).status_code == 404


async def test_add_and_find(http: AsyncClient) -> None:
    added = await http.post("/books", json=draft(), auth=STAFF)
    assert added.status_code == 201
    book = shown(added.json())
    assert book == {"id": book["id"]} | {
        name: value for name, value in draft().items() if name != "cost"
    }
    assert urlsplit(added.headers["Location"]).path == f"/books/{book['id']}"
    found = await http.get(added.headers["Location"])
    assert found.status_code == 200
    assert shown(found.json()) == book
    [in_list] = (await http.get("/books")).json()
    assert shown(in_list) == book


async def test_delete_one_of_two(http: AsyncClient) -> None:
    stays, goes = await add(http, title="Stays"), await add(http, title="Goes")
    assert (await http.delete(f"/books/{goes}", auth=STAFF)).status_code == 204
    assert (await http.get(f"/books/{goes}")).status_code == 404
    assert (await http.delete(f"/books/{goes}", auth=STAFF)).status_code == 404
    assert (await http.get(f"/books/{stays}")).json()["title"] == "Stays"
    assert await page(http) == (["Stays"], "1")


# -------------------------------------------------------------------------- 09.3 many values

BOUNDS: dict[str, tuple[list[object], list[object]]] = {
    "title": (["a", "a" * 100, "\u20ac" * 100], ["", "a" * 101, None]),
    "author": (["a", "a" * 100], ["", "a" * 101, None]),
    "price": ([1, 2], [0, -1, "free"]),
    "cost": ([1], [0, -1]),
    "stock": ([0, 1], [-1, "none"]),
}
TAKEN = [(field, value) for field, (taken, _) in BOUNDS.items() for value in taken]
REFUSED = [(field, value) for field, (_, refused) in BOUNDS.items() for value in refused]


@pytest.mark.parametrize(("field", "value"), TAKEN)
async def test_value_is_taken(http: AsyncClient, field: str, value: object) -> None:
    added = await http.post("/books", json=draft(**{field: value}), auth=STAFF)
    assert added.status_code == 201
    found = (await http.get(added.headers["Location"])).json()
    assert field == "cost" or found[field] == value


@pytest.mark.parametrize(("field", "value"), REFUSED)
async def test_value_is_refused(http: AsyncClient, field: str, value: object) -> None:
    answer = await http.post("/books", json=draft(**{field: value}), auth=STAFF)
    assert answer.status_code == 422
    assert await page(http) == ([], "0")


# ----------------------------------------------------------------------------- 09.4 the list


@pytest.fixture
async def alphabet(http: AsyncClient) -> str:
    """Add a book for each letter from a to k, in disorder; return the letters in order."""
    for number, letter in enumerate("gdakfbchjei"):
        author = "Vowel" if letter in "aei" else "Consonant"
        await add(http, title=letter, author=author, price=1 + number * 7 % 11)
    return "abcdefghijk"


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({}, slice(0, 10)),
        ({"skip": 2}, slice(2, 11)),
        ({"skip": 11}, slice(0, 0)),
        ({"limit": 1}, slice(0, 1)),
        ({"limit": 50}, slice(0, 11)),
        ({"skip": 3, "limit": 4}, slice(3, 7)),
    ],
)
async def test_page(
    http: AsyncClient, alphabet: str, params: dict[str, str | int], part: slice
) -> None:
    assert await page(http, **params) == (list(alphabet[part]), "11")


@pytest.mark.usefixtures("alphabet")
@pytest.mark.parametrize(
    ("params", "found", "count"),
    [
        ({"author": "Vowel"}, "aei", "3"),
        ({"author": "Vowel", "skip": 1, "limit": 1}, "e", "3"),
        ({"author": "Vowel", "skip": 3}, "", "3"),
        ({"author": "Consonant", "limit": 3}, "bcd", "8"),
        ({"author": "vowel"}, "", "0"),
        ({"author": "onson"}, "", "0"),
        ({"author": "Vowels"}, "", "0"),
    ],
)
async def test_author(
    http: AsyncClient, params: dict[str, str | int], found: str, count: str
) -> None:
    assert await page(http, **params) == (list(found), count)


async def test_limit_of_50_is_kept(http: AsyncClient) -> None:
    titles = [f"Tale {number}" for number in range(100, 151)]
    for title in titles:
        await add(http, title=title)
    assert await page(http, limit=50) == (titles[:50], "51")
    assert await page(http, limit=50, skip=50) == (titles[50:], "51")


@pytest.mark.parametrize("query", ["skip=-1", "limit=-1", "limit=0", "limit=51", "limit=few"])
async def test_query_is_refused(http: AsyncClient, query: str) -> None:
    assert (await http.get(f"/books?{query}")).status_code == 422


# ---------------------------------------------------------------------------- 09.5 the keys


@pytest.mark.parametrize("body", [draft(), draft(price=0), {}])
async def test_who_may_add(http: AsyncClient, body: dict[str, object]) -> None:
    for stranger in (None, *UNKNOWN):
        assert challenged(await http.post("/books", json=body, auth=stranger))
    for customer in (ADA, BO):
        assert (await http.post("/books", json=body, auth=customer)).status_code == 403
    assert await page(http) == ([], "0")


async def test_who_may_delete(http: AsyncClient) -> None:
    there = await add(http)
    gone = await add(http)
    await http.delete(f"/books/{gone}", auth=STAFF)
    for book in (there, gone):
        for stranger in (None, *UNKNOWN):
            assert challenged(await http.delete(f"/books/{book}", auth=stranger))
        for customer in (ADA, BO):
            assert (await http.delete(f"/books/{book}", auth=customer)).status_code == 403
    assert (await http.get(f"/books/{there}")).status_code == 200


async def test_who_may_order_and_read(http: AsyncClient) -> None:
    book = await add(http, stock=7)
    placed = [(await order(http, key, (book, 1))) for key in (STAFF, ADA, BO)]
    assert [answer.status_code for answer in placed] == [201, 201, 201]
    for stranger in (None, *UNKNOWN):
        assert challenged(await order(http, stranger, (book, 1)))
        assert challenged(await order(http, stranger))
        for answer in placed:
            number = answer.json()["id"]
            assert challenged(await http.get(f"/orders/{number}", auth=stranger))
    assert await stock_of(http, book) == 4


async def test_order_of_nobody(http: AsyncClient) -> None:
    assert challenged(await http.get("/orders/1"))
    assert (await http.get("/orders/1", auth=ADA)).status_code == 404


async def test_cost_is_never_shown(http: AsyncClient) -> None:
    added = await http.post("/books", json=draft(cost=5_550_123), auth=STAFF)
    placed = await order(http, ADA, (added.json()["id"], 2))
    answers = [
        added,
        placed,
        await http.get(f"/orders/{placed.json()['id']}", auth=ADA),
        *[
            await http.get(path, auth=key)
            for path in ("/books", added.headers["Location"])
            for key in (None, ADA, STAFF)
        ],
    ]
    for answer in answers:
        assert answer.is_success
        assert '"cost"' not in answer.text
        assert "5550123" not in answer.text


# ------------------------------------------------------------------------------ 09.6 orders


class Scenario(NamedTuple):
    """An order, by the books' places in `stock`, and what becomes of it.

    There are two books, and a third that was deleted. Prices are 100 and 7.
    """

    stock: tuple[int, int]
    lines: list[tuple[int, int]]
    status: int
    left: tuple[int, int]
    total: int = 0


FIRST, SECOND, DELETED = range(3)

SCENARIOS = {
    "one line": Scenario((5, 5), [(FIRST, 2)], 201, (3, 5), 200),
    "two lines": Scenario((5, 5), [(FIRST, 2), (SECOND, 3)], 201, (3, 2), 221),
    "last copies": Scenario((3, 2), [(FIRST, 3), (SECOND, 2)], 201, (0, 0), 314),
    "one too many": Scenario((3, 2), [(FIRST, 4)], 409, (3, 2)),
    "none left": Scenario((0, 2), [(FIRST, 1)], 409, (0, 2)),
    "second too many": Scenario((5, 2), [(FIRST, 2), (SECOND, 3)], 409, (5, 2)),
    "first too many": Scenario((5, 2), [(SECOND, 3), (FIRST, 2)], 409, (5, 2)),
    "missing": Scenario((5, 5), [(DELETED, 1)], 404, (5, 5)),
    "second missing": Scenario((5, 5), [(FIRST, 1), (DELETED, 1)], 404, (5, 5)),
    "first missing": Scenario((5, 5), [(DELETED, 1), (FIRST, 1)], 404, (5, 5)),
    "twice the same": Scenario((5, 5), [(FIRST, 2), (FIRST, 3)], 201, (0, 5), 500),
    "twice, too many": Scenario((5, 5), [(FIRST, 3), (FIRST, 3)], 409, (5, 5)),
    "1 copy": Scenario((20, 5), [(FIRST, 1)], 201, (19, 5), 100),
    "10 copies": Scenario((20, 5), [(FIRST, 10)], 201, (10, 5), 1000),
    "11 copies": Scenario((20, 5), [(FIRST, 11)], 422, (20, 5)),
    "0 copies": Scenario((20, 5), [(FIRST, 0)], 422, (20, 5)),
    "-1 copies": Scenario((20, 5), [(FIRST, -1)], 422, (20, 5)),
    "second of 0": Scenario((20, 5), [(FIRST, 1), (SECOND, 0)], 422, (20, 5)),
    "no lines": Scenario((5, 5), [], 422, (5, 5)),
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
async def test_scenario(http: AsyncClient, scenario: Scenario) -> None:
    prices = (100, 7)
    kept = [
        await add(http, price=price, stock=stock)
        for price, stock in zip(prices, scenario.stock, strict=True)
    ]
    deleted = await add(http)
    await http.delete(f"/books/{deleted}", auth=STAFF)
    books = [*kept, deleted]
    answer = await order(http, ADA, *((books[place], count) for place, count in scenario.lines))
    assert answer.status_code == scenario.status
    assert tuple([await stock_of(http, book) for book in kept]) == scenario.left
    if scenario.status == 201:
        assert answer.json()["total"] == scenario.total


async def test_order_is_kept(http: AsyncClient) -> None:
    books = [await add(http, price=price) for price in (250, 30)]
    lines = [(books[0], 1), (books[1], 4)]
    placed = await order(http, BO, *lines)
    read = await http.get(f"/orders/{placed.json()['id']}", auth=BO)
    assert (placed.status_code, read.status_code) == (201, 200)
    for body in (placed.json(), read.json()):
        assert body["id"] == placed.json()["id"]
        assert body["customer"] == "bo"
        assert body["total"] == 370
        assert sorted((line["book_id"], line["quantity"]) for line in body["lines"]) == sorted(
            lines
        )


@pytest.mark.parametrize(
    ("customer", "name", "others"), [(ADA, "ada", [BO, STAFF]), (BO, "bo", [ADA, STAFF])]
)
async def test_order_is_private(
    http: AsyncClient, customer: Key, name: str, others: list[Key]
) -> None:
    placed = await order(http, customer, (await add(http), 1))
    path = f"/orders/{placed.json()['id']}"
    assert (await http.get(path, auth=customer)).json()["customer"] == name
    for other in others:
        assert (await http.get(path, auth=other)).status_code == 403


# ---------------------------------------------------------------------------- 09.7 delivery


@pytest.mark.parametrize(("days", "express"), [(1, True), (2, True), (3, False)])
async def test_days(
    http: AsyncClient, timetable: dict[str, int], days: int, *, express: bool
) -> None:
    postcode = f"0070{days}"
    timetable[postcode] = days
    answer = await http.get(f"/delivery/{postcode}")
    assert answer.status_code == 200
    match answer.json():
        case {"postcode": code, "days": number, "express": fast}:
            assert (code, number, fast) == (postcode, days, express)
        case other:
            pytest.fail(f"not a delivery: {other}")


async def test_courier_is_away_for_a_while(http: AsyncClient, timetable: dict[str, int]) -> None:
    away = await http.get("/delivery/31415")
    assert away.status_code == 503
    assert away.headers["Retry-After"].isdecimal()
    timetable["31415"] = 3
    assert (await http.get("/delivery/31415")).status_code == 200


@pytest.mark.usefixtures("timetable")
@pytest.mark.parametrize(
    "postcode", ["1", "1234", "123456", "1234x", "x2345", "12.45", "-1234", "\u0967" * 5]
)
async def test_no_postcode(http: AsyncClient, postcode: str) -> None:
    assert (await http.get(f"/delivery/{postcode}")).status_code == 422


# --------------------------------------------------------------------- 09.8 the same moment


@pytest.fixture
def rendezvous() -> Iterator[Callable[[int], None]]:
    """Return a function that sets a courier for so many customers, who must all be asking."""

    def expect(customers: int) -> None:
        barrier = asyncio.Barrier(customers)

        async def meet(_postcode: str) -> int:
            async with asyncio.timeout(PATIENCE):
                return 1 + await barrier.wait()

        app.dependency_overrides[get_courier] = lambda: meet

    yield expect
    app.dependency_overrides.pop(get_courier, None)


async def test_customers_meet(http: AsyncClient, rendezvous: Callable[[int], None]) -> None:
    postcodes = ["10115", "20095", "80331", "50667", "01067"]
    rendezvous(len(postcodes))
    answers = await asyncio.gather(*(http.get(f"/delivery/{code}") for code in postcodes))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert sorted(answer.json()["days"] for answer in answers) == [1, 2, 3, 4, 5]


# --------------------------------------------------------------------------- 09.9 the board


async def screens_seen_by(screen: WebSocket, text: str = "?") -> int:
    """Send a text, and return the number of screens in the message that comes next."""
    screen.send(text)
    return int((await screen.receive())["screens"])


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": ""}, *(key.headers for key in (*UNKNOWN, ADA, BO))]
)
async def test_board_is_refused(server: Server, headers: dict[str, str]) -> None:
    with pytest.raises(RefusedError):
        async with server.websocket("/board", headers):
            pass


@pytest.mark.parametrize("text", ["", "?", "null", '{"order": 1}', "\u2615"])
async def test_board_answers_texts(server: Server, text: str) -> None:
    async with server.websocket("/board", STAFF.headers) as screen:
        assert await screens_seen_by(screen, text) == 1
        assert await screens_seen_by(screen, text) == 1


async def test_board_shows_orders(server: Server, http: AsyncClient) -> None:
    book = await add(http, price=99, stock=10)
    async with (
        server.websocket("/board", STAFF.headers) as door,
        server.websocket("/board", STAFF.headers) as window,
    ):
        assert [await screens_seen_by(screen) for screen in (door, window)] == [2, 2]
        placed = [await order(http, key, (book, n)) for n, key in enumerate((ADA, BO, STAFF), 1)]
        for screen in (door, window):
            for answer, total in zip(placed, (99, 198, 297), strict=True):
                message = await screen.receive()
                assert (message["order"], message["total"]) == (answer.json()["id"], total)
            assert await screens_seen_by(screen) == 2


async def test_board_is_silent_about_refused_orders(server: Server, http: AsyncClient) -> None:
    book = await add(http, stock=1)
    async with server.websocket("/board", STAFF.headers) as screen:
        assert await screens_seen_by(screen) == 1
        refused = await order(http, ADA, (book, 1), (book, 1))
        assert refused.status_code == 409
        assert await screens_seen_by(screen) == 1


async def test_board_without_a_screen_that_left(server: Server, http: AsyncClient) -> None:
    book = await add(http, price=5)
    async with server.websocket("/board", STAFF.headers) as stays:
        async with server.websocket("/board", STAFF.headers) as leaves:
            assert [await screens_seen_by(screen) for screen in (stays, leaves)] == [2, 2]
        assert await screens_seen_by(stays) == 1
        answer = await order(http, BO, (book, 2))
        assert answer.status_code == 201
        message = await stays.receive()
        assert (message["order"], message["total"]) == (answer.json()["id"], 10)
    async with server.websocket("/board", STAFF.headers) as later:
        assert await screens_seen_by(later) == 1
