"""Tests of the bookshop: the reference for lesson 09."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, AsyncClient
from main import Base, app, get_courier, get_session
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from starlette.websockets import WebSocketDisconnect

STAFF = {"X-API-Key": "staff-key"}
ADA = {"X-API-Key": "ada-key"}
BO = {"X-API-Key": "bo-key"}
NOBODY = [None, {"X-API-Key": "no-such-key"}]
DUNE = {"title": "Dune", "author": "Frank Herbert", "price": 1250, "cost": 700, "stock": 10}


# ----------------------------------------------------------------------------------- fixtures


@pytest.fixture(scope="session")
def shop() -> Iterator[TestClient]:
    """The shop, started once for all tests: to start it takes longer than most tests do."""
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="session")
def engine(shop: TestClient) -> Iterator[AsyncEngine]:
    """A database in memory with the shop's tables, all of them empty."""
    engine = create_async_engine("sqlite+aiosqlite://", connect_args={"isolation_level": None})

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")  # Python's driver does it too late for a SAVEPOINT

    async def make_tables() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    assert shop.portal is not None
    shop.portal.call(make_tables)
    yield engine
    shop.portal.call(engine.dispose)


@pytest.fixture
def client(shop: TestClient, engine: AsyncEngine) -> Iterator[TestClient]:
    """A client of the shop. Whatever a test commits is rolled back at its end."""

    async def begin() -> AsyncConnection:
        connection = await engine.connect()
        await connection.begin()
        return connection

    assert shop.portal is not None
    connection = shop.portal.call(begin)
    sessions = async_sessionmaker(connection, join_transaction_mode="create_savepoint")

    async def get_test_session() -> AsyncIterator[AsyncSession]:
        async with sessions() as session:
            yield session

    app.dependency_overrides[get_session] = get_test_session
    yield shop
    app.dependency_overrides.clear()
    shop.portal.call(connection.close)


@pytest.fixture
def add_book(client: TestClient) -> Callable[..., int]:
    """A function that adds a book like DUNE and returns its number."""

    def add(**changes: object) -> int:
        answer = client.post("/books", json=DUNE | changes, headers=STAFF)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    return add


@pytest.fixture
def set_courier() -> Iterator[Callable[[Callable[[str], Awaitable[int]]], None]]:
    """A function that puts another courier in the place of the real one."""

    def set_to(courier: Callable[[str], Awaitable[int]]) -> None:
        app.dependency_overrides[get_courier] = lambda: courier

    yield set_to
    app.dependency_overrides.pop(get_courier, None)


def lines(*pairs: tuple[int, int]) -> dict[str, list[dict[str, int]]]:
    """Return the body of an order: pairs of book and quantity."""
    return {"lines": [{"book_id": book, "quantity": quantity} for book, quantity in pairs]}


# -------------------------------------------------------------------------------------------- books


def test_welcome(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.json() == {"message": "Welcome to the bookshop"}


def test_added_book_is_shown(client: TestClient) -> None:
    added = client.post("/books", json=DUNE, headers=STAFF)
    assert added.status_code == 201
    shown = client.get(added.headers["Location"])
    assert shown.status_code == 200
    assert shown.json() == added.json()
    for field in ("title", "author", "price", "stock"):
        assert shown.json()[field] == DUNE[field]


def test_missing_book(client: TestClient) -> None:
    assert client.get("/books/404404").status_code == 404


def test_deleted_book_is_gone(client: TestClient, add_book: Callable[..., int]) -> None:
    book, other = add_book(), add_book()
    assert client.delete(f"/books/{book}", headers=STAFF).status_code == 204
    assert client.get(f"/books/{book}").status_code == 404
    assert client.get(f"/books/{other}").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 101),
        ("author", ""),
        ("author", "x" * 101),
        ("price", 0),
        ("cost", 0),
        ("stock", -1),
    ],
)
def test_bad_book_is_refused(client: TestClient, field: str, value: object) -> None:
    answer = client.post("/books", json=DUNE | {field: value}, headers=STAFF)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "x", "author": "x"},
        {"title": "x" * 100, "author": "x" * 100},
        {"price": 1, "cost": 1},
        {"stock": 0},
    ],
)
def test_book_at_the_edge_is_taken(client: TestClient, changes: dict[str, object]) -> None:
    assert client.post("/books", json=DUNE | changes, headers=STAFF).status_code == 201


@pytest.mark.parametrize("path", ["/books/one", "/orders/one"])
def test_what_is_no_number_is_refused(client: TestClient, path: str) -> None:
    assert client.get(path, headers=ADA).status_code == 422


# -------------------------------------------------------------------------------------------- lists


def test_books_stand_in_order_of_title(client: TestClient, add_book: Callable[..., int]) -> None:
    for title in ("Momo", "Emma", "Ulysses", "Dracula"):
        add_book(title=title)
    answer = client.get("/books")
    assert [book["title"] for book in answer.json()] == ["Dracula", "Emma", "Momo", "Ulysses"]


def test_pages(client: TestClient, add_book: Callable[..., int]) -> None:
    for letter in "ecabd":
        add_book(title=letter)
    answer = client.get("/books", params={"skip": 1, "limit": 2})
    assert [book["title"] for book in answer.json()] == ["b", "c"]
    assert answer.headers["X-Total-Count"] == "5"


def test_books_by_one_author(client: TestClient, add_book: Callable[..., int]) -> None:
    add_book(author="Jane Austen", title="Emma")
    add_book(author="Frank Herbert")
    answer = client.get("/books", params={"author": "Jane Austen"})
    assert [book["title"] for book in answer.json()] == ["Emma"]
    assert answer.headers["X-Total-Count"] == "1"


def test_ten_books_on_a_page(client: TestClient, add_book: Callable[..., int]) -> None:
    for number in range(11):
        add_book(title=f"Volume {number}")
    assert len(client.get("/books").json()) == 10


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"limit": 0}, 422),
        ({"limit": 1}, 200),
        ({"limit": 50}, 200),
        ({"limit": 51}, 422),
        ({"skip": -1}, 422),
        ({"skip": 0}, 200),
    ],
)
def test_limits_of_a_page(client: TestClient, params: dict[str, int], status: int) -> None:
    assert client.get("/books", params=params).status_code == status


# --------------------------------------------------------------------------------- keys and secrets


@pytest.mark.parametrize("headers", NOBODY)
def test_no_valid_key(
    client: TestClient, add_book: Callable[..., int], headers: dict[str, str] | None
) -> None:
    book = add_book()
    for answer in (
        client.post("/books", json=DUNE, headers=headers),
        client.delete(f"/books/{book}", headers=headers),
        client.post("/orders", json=lines((book, 1)), headers=headers),
        client.get("/orders/1", headers=headers),
    ):
        assert answer.status_code == 401
        assert "WWW-Authenticate" in answer.headers


def test_customers_are_not_staff(client: TestClient, add_book: Callable[..., int]) -> None:
    book = add_book()
    assert client.post("/books", json=DUNE, headers=ADA).status_code == 403
    assert client.delete(f"/books/{book}", headers=ADA).status_code == 403
    assert client.get(f"/books/{book}").status_code == 200


def test_what_the_shop_paid_is_secret(client: TestClient) -> None:
    added = client.post("/books", json=DUNE, headers=STAFF).json()
    listed = client.get("/books").json()[0]
    shown = client.get(f"/books/{added['id']}").json()
    for book in (added, listed, shown):
        assert book["price"] == DUNE["price"]
        assert "cost" not in book


# ------------------------------------------------------------------------------------------- orders


def test_missing_order(client: TestClient) -> None:
    assert client.get("/orders/404404", headers=ADA).status_code == 404


def test_order_of_a_missing_book(client: TestClient) -> None:
    assert client.post("/orders", json=lines((404404, 1)), headers=ADA).status_code == 404


def test_empty_order_is_refused(client: TestClient) -> None:
    assert client.post("/orders", json=lines(), headers=ADA).status_code == 422


@pytest.mark.parametrize(("quantity", "status"), [(0, 422), (1, 201), (10, 201), (11, 422)])
def test_limits_of_a_line(
    client: TestClient, add_book: Callable[..., int], quantity: int, status: int
) -> None:
    book = add_book(stock=20)
    answer = client.post("/orders", json=lines((book, quantity)), headers=ADA)
    assert answer.status_code == status


def test_order(client: TestClient, add_book: Callable[..., int]) -> None:
    dune, emma = add_book(price=1250, stock=10), add_book(price=800, stock=10)
    placed = client.post("/orders", json=lines((dune, 2), (emma, 3)), headers=ADA)
    assert placed.status_code == 201
    assert placed.json()["customer"] == "ada"
    assert placed.json()["total"] == 2 * 1250 + 3 * 800
    ordered = {(line["book_id"], line["quantity"]) for line in placed.json()["lines"]}
    assert ordered == {(dune, 2), (emma, 3)}
    shown = client.get(f"/orders/{placed.json()['id']}", headers=ADA)
    assert shown.status_code == 200
    assert shown.json() == placed.json()
    assert client.get(f"/books/{dune}").json()["stock"] == 8
    assert client.get(f"/books/{emma}").json()["stock"] == 7


def test_only_the_owner_sees_an_order(client: TestClient, add_book: Callable[..., int]) -> None:
    order = client.post("/orders", json=lines((add_book(), 1)), headers=ADA).json()["id"]
    assert client.get(f"/orders/{order}", headers=ADA).status_code == 200
    assert client.get(f"/orders/{order}", headers=BO).status_code == 403
    assert (
        client.post("/orders", json=lines((add_book(), 1)), headers=BO).json()["customer"] == "bo"
    )


def test_last_copies_can_be_ordered(client: TestClient, add_book: Callable[..., int]) -> None:
    book = add_book(stock=3)
    assert client.post("/orders", json=lines((book, 3)), headers=ADA).status_code == 201
    assert client.post("/orders", json=lines((book, 1)), headers=ADA).status_code == 409


def test_an_order_is_all_or_nothing(client: TestClient, add_book: Callable[..., int]) -> None:
    many, few = add_book(stock=10), add_book(stock=1)
    answer = client.post("/orders", json=lines((many, 4), (few, 2)), headers=ADA)
    assert answer.status_code == 409
    assert client.get(f"/books/{many}").json()["stock"] == 10
    assert client.get(f"/books/{few}").json()["stock"] == 1


# ----------------------------------------------------------------------------------------- delivery


@pytest.mark.parametrize(("days", "express"), [(1, True), (2, True), (3, False)])
def test_express(
    client: TestClient, set_courier: Callable[..., None], days: int, *, express: bool
) -> None:
    async def courier(_: str) -> int:
        return days

    set_courier(courier)
    answer = client.get("/delivery/10115")
    assert answer.status_code == 200
    assert answer.json()["postcode"] == "10115"
    assert answer.json()["days"] == days
    assert answer.json()["express"] is express


def test_courier_out_of_reach(client: TestClient, set_courier: Callable[..., None]) -> None:
    async def courier(_: str) -> int:
        raise ConnectionError

    set_courier(courier)
    answer = client.get("/delivery/10115")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("postcode", ["1011", "1011a"])
def test_bad_postcode(client: TestClient, set_courier: Callable[..., None], postcode: str) -> None:
    async def courier(_: str) -> int:
        return 1

    set_courier(courier)
    assert client.get(f"/delivery/{postcode}").status_code == 422


@pytest.mark.anyio
async def test_customers_do_not_wait_for_each_other(set_courier: Callable[..., None]) -> None:
    all_ask = asyncio.Barrier(3)

    async def courier(_: str) -> int:
        async with asyncio.timeout(1):
            await all_ask.wait()
        return 1

    set_courier(courier)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        answers = await asyncio.gather(*[client.get("/delivery/10115") for _ in range(3)])
    assert [answer.status_code for answer in answers] == [200, 200, 200]


# ---------------------------------------------------------------------------------------- the board


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "no-such-key"}, ADA])
def test_board_is_for_staff(client: TestClient, headers: dict[str, str]) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/board", headers=dict(headers)),
    ):
        pass


def test_a_refused_order_is_not_shown(client: TestClient, add_book: Callable[..., int]) -> None:
    book = add_book(stock=1)
    with client.websocket_connect("/board", headers=STAFF) as screen:
        assert client.post("/orders", json=lines((book, 2)), headers=ADA).status_code == 409
        screen.send_text("still there?")
        assert screen.receive_json().get("screens") == 1


def test_a_screen_that_left_is_forgotten(client: TestClient, add_book: Callable[..., int]) -> None:
    book = add_book()
    with client.websocket_connect("/board", headers=STAFF) as stays:
        with client.websocket_connect("/board", headers=STAFF):
            pass
        answer = client.post("/orders", json=lines((book, 1)), headers=ADA)
        assert answer.status_code == 201
        stays.send_text("still there?")
        assert stays.receive_json().get("order") == answer.json()["id"]
        assert stays.receive_json()["screens"] == 1


def test_every_screen_shows_an_order(client: TestClient, add_book: Callable[..., int]) -> None:
    book = add_book()
    with (
        client.websocket_connect("/board", headers=STAFF) as left,
        client.websocket_connect("/board", headers=STAFF) as right,
    ):
        order = client.post("/orders", json=lines((book, 2)), headers=ADA).json()
        for screen in (left, right):
            screen.send_text("still there?")
            shown = screen.receive_json()
            assert shown.get("order") == order["id"]
            assert shown["total"] == order["total"]
            assert screen.receive_json()["screens"] == 2
