"""Tests of the bookshop: small functions, and fixtures that return factories.

Every test gets a database in memory and makes what it needs over HTTP. Nothing here relies on
which numbers books and orders get, nor on fields that nobody promised.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, AsyncClient, Response
from main import Base, app, get_courier, get_session
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

STAFF = {"X-API-Key": "staff-key"}
ADA = {"X-API-Key": "ada-key"}
BO = {"X-API-Key": "bo-key"}
NOBODY: dict[str, str] = {}

BOOK = {"title": "Emma", "author": "Jane Austen", "price": 1250, "cost": 7_301_946, "stock": 5}
COST_SHOWN = "7301946"  # the cost of BOOK, as it would stand in an answer

PATIENCE = 5.0
"""How many seconds a test waits for what must come at once, before it fails."""

pool = ThreadPoolExecutor()

AddBook = Callable[..., dict[str, Any]]
StockOf = Callable[[dict[str, Any]], int]
PlaceOrder = Callable[..., Response]
SetCourier = Callable[[Callable[[str], Awaitable[int]]], None]
OpenScreen = Callable[[], WebSocketTestSession]


# ----------------------------------------------------------------------------------- fixtures


@pytest.fixture
def client() -> Iterator[TestClient]:
    """Give a client of a shop whose tables are empty."""
    engine = create_async_engine("sqlite+aiosqlite://")

    async def make_tables() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    async def get_test_session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine) as session:
            yield session

    asyncio.run(make_tables())
    app.dependency_overrides[get_session] = get_test_session
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()
    asyncio.run(engine.dispose())


@pytest.fixture
def add_book(client: TestClient) -> AddBook:
    """Return a function that adds a book like BOOK and returns what the shop shows of it."""

    def add(**changes: object) -> dict[str, Any]:
        answer = client.post("/books", json=BOOK | changes, headers=STAFF)
        assert answer.status_code == 201
        shown: dict[str, Any] = answer.json()
        return shown

    return add


@pytest.fixture
def stock_of(client: TestClient) -> StockOf:
    """Return a function that asks the shop how many copies of a book are left."""

    def ask(book: dict[str, Any]) -> int:
        return int(client.get(f"/books/{book['id']}").json()["stock"])

    return ask


@pytest.fixture
def place_order(client: TestClient) -> PlaceOrder:
    """Return a function that orders (book's number, copies) pairs, as ada if nothing is said."""

    def place(*lines: tuple[int, int], key: Mapping[str, str] = ADA) -> Response:
        body = {"lines": [{"book_id": book, "quantity": copies} for book, copies in lines]}
        return client.post("/orders", json=body, headers=key)

    return place


@pytest.fixture
def set_courier() -> Iterator[SetCourier]:
    """Return a function that puts another courier in place of the real one."""

    def set_to(courier: Callable[[str], Awaitable[int]]) -> None:
        app.dependency_overrides[get_courier] = lambda: courier

    yield set_to
    app.dependency_overrides.pop(get_courier, None)


@pytest.fixture
def open_screen(client: TestClient) -> Iterator[OpenScreen]:
    """Return a function that opens a screen, which is closed after the test at the latest."""
    with ExitStack() as stack:

        def connect() -> WebSocketTestSession:
            return stack.enter_context(client.websocket_connect("/board", headers=STAFF))

        yield connect


def receive(screen: WebSocketTestSession) -> dict[str, int]:
    """Return the next message to this screen; fail if none comes."""
    message: dict[str, int] = pool.submit(screen.receive_json).result(timeout=PATIENCE)
    return message


def count_screens(screen: WebSocketTestSession, text: str = "how many?") -> int:
    """Send a text from this screen, and return the number of screens in the answer to it."""
    screen.send_text(text)
    return receive(screen)["screens"]


def titles(answer: Response) -> list[str]:
    """Return the titles of a list of books, in its order."""
    assert answer.status_code == 200
    return [book["title"] for book in answer.json()]


# ------------------------------------------------------------------------------ 09.1 welcome


def test_welcome(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.json() == {"message": "Welcome to the bookshop"}


# -------------------------------------------------------------------------------- 09.2 books


def test_the_shop_is_empty_at_first(client: TestClient) -> None:
    answer = client.get("/books")
    assert titles(answer) == []
    assert answer.headers["X-Total-Count"] == "0"


def test_a_new_book_is_shown(client: TestClient) -> None:
    answer = client.post("/books", json=BOOK, headers=STAFF)
    assert answer.status_code == 201
    book = answer.json()
    assert isinstance(book["id"], int)
    for field in ("title", "author", "price", "stock"):
        assert book[field] == BOOK[field]


def test_a_new_book_is_found_at_its_location(client: TestClient) -> None:
    added = client.post("/books", json=BOOK, headers=STAFF)
    location = added.headers["Location"]
    assert urlsplit(location).path == f"/books/{added.json()['id']}"
    found = client.get(location)
    assert found.status_code == 200
    for field in ("id", "title", "author", "price", "stock"):
        assert found.json()[field] == added.json()[field]


def test_two_books_are_two(client: TestClient, add_book: AddBook) -> None:
    emma, walden = add_book(title="Emma"), add_book(title="Walden")
    assert emma["id"] != walden["id"]
    assert client.get(f"/books/{emma['id']}").json()["title"] == "Emma"
    assert client.get(f"/books/{walden['id']}").json()["title"] == "Walden"


def test_a_deleted_book_is_gone(client: TestClient, add_book: AddBook) -> None:
    emma, walden = add_book(title="Emma"), add_book(title="Walden")
    path = f"/books/{emma['id']}"
    assert client.delete(path, headers=STAFF).status_code == 204
    assert client.get(path).status_code == 404
    assert client.delete(path, headers=STAFF).status_code == 404
    assert titles(client.get("/books")) == ["Walden"]
    assert client.get(f"/books/{walden['id']}").status_code == 200


def test_a_missing_book(client: TestClient) -> None:
    assert client.get("/books/1").status_code == 404
    assert client.delete("/books/1", headers=STAFF).status_code == 404


# -------------------------------------------------------------------------- 09.3 many values


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x"),
        ("title", "x" * 100),
        ("title", "é" * 100),
        ("author", "x"),
        ("author", "x" * 100),
        ("price", 1),
        ("cost", 1),
        ("stock", 0),
    ],
)
def test_just_taken(client: TestClient, field: str, value: object) -> None:
    answer = client.post("/books", json=BOOK | {field: value}, headers=STAFF)
    assert answer.status_code == 201
    if field != "cost":
        assert client.get(answer.headers["Location"]).json()[field] == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 101),
        ("title", None),
        ("author", ""),
        ("author", "x" * 101),
        ("price", 0),
        ("price", -1),
        ("price", "cheap"),
        ("cost", 0),
        ("cost", -1),
        ("stock", -1),
        ("stock", "many"),
    ],
)
def test_just_refused(client: TestClient, field: str, value: object) -> None:
    answer = client.post("/books", json=BOOK | {field: value}, headers=STAFF)
    assert answer.status_code == 422
    assert titles(client.get("/books")) == []


@pytest.mark.parametrize("field", list(BOOK))
def test_each_field_is_needed(client: TestClient, field: str) -> None:
    body = {name: value for name, value in BOOK.items() if name != field}
    assert client.post("/books", json=body, headers=STAFF).status_code == 422


# ----------------------------------------------------------------------------- 09.4 the list


@pytest.fixture
def shelf(add_book: AddBook) -> list[str]:
    """Fill the shop with books; return their titles, in the order in which they are listed."""
    for title, author, price in [
        ("Delta", "Ann Lee", 300),
        ("Alpha", "Ann Lee", 500),
        ("Echo", "Bob Ray", 200),
        ("Bravo", "Bob Ray", 100),
        ("Charlie", "Ann Lee", 400),
    ]:
        add_book(title=title, author=author, price=price)
    return ["Alpha", "Bravo", "Charlie", "Delta", "Echo"]


@pytest.fixture
def long_shelf(add_book: AddBook) -> list[str]:
    """Fill the shop with one book more than fit on the largest page; return their titles."""
    names = [f"Volume {number:02}" for number in range(51)]
    for name in reversed(names):
        add_book(title=name)
    return names


def test_the_list_is_ordered_by_title(client: TestClient, shelf: list[str]) -> None:
    assert titles(client.get("/books")) == shelf


@pytest.mark.parametrize(("skip", "limit"), [(0, 1), (0, 2), (1, 2), (4, 2), (3, 50), (5, 10)])
def test_a_page(client: TestClient, shelf: list[str], skip: int, limit: int) -> None:
    answer = client.get("/books", params={"skip": skip, "limit": limit})
    assert titles(answer) == shelf[skip : skip + limit]
    assert answer.headers["X-Total-Count"] == "5"


def test_the_size_of_a_page(client: TestClient, long_shelf: list[str]) -> None:
    assert titles(client.get("/books")) == long_shelf[:10]
    assert titles(client.get("/books", params={"skip": 40})) == long_shelf[40:50]
    largest = client.get("/books", params={"limit": 50})
    assert titles(largest) == long_shelf[:50]
    assert largest.headers["X-Total-Count"] == "51"


@pytest.mark.parametrize(
    ("name", "value"), [("limit", 0), ("limit", 51), ("limit", -1), ("skip", -1)]
)
def test_out_of_bounds(client: TestClient, name: str, value: int) -> None:
    assert client.get("/books", params={name: value}).status_code == 422


@pytest.mark.usefixtures("shelf")
def test_books_by_one_author(client: TestClient) -> None:
    answer = client.get("/books", params={"author": "Ann Lee"})
    assert titles(answer) == ["Alpha", "Charlie", "Delta"]
    assert answer.headers["X-Total-Count"] == "3"


@pytest.mark.usefixtures("shelf")
def test_a_page_of_one_author(client: TestClient) -> None:
    answer = client.get("/books", params={"author": "Ann Lee", "skip": 1, "limit": 1})
    assert titles(answer) == ["Charlie"]
    assert answer.headers["X-Total-Count"] == "3"


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("author", ["Ann", "ann lee", "Ann Lee 2", "Ann%"])
def test_author_is_exact(client: TestClient, author: str) -> None:
    answer = client.get("/books", params={"author": author})
    assert titles(answer) == []
    assert answer.headers["X-Total-Count"] == "0"


# ---------------------------------------------------------------------------- 09.5 the keys

KEYS_REFUSED = [
    (None, 401),
    ("no-such-key", 401),
    ("staff", 401),
    ("ada-key", 403),
    ("bo-key", 403),
]


def headers_of(key: str | None) -> dict[str, str]:
    """Return the headers with this key, or with none."""
    return NOBODY if key is None else {"X-API-Key": key}


@pytest.mark.parametrize("body", [BOOK, {}], ids=["fits", "does not fit"])
@pytest.mark.parametrize(("key", "status"), KEYS_REFUSED)
def test_only_staff_add_books(
    client: TestClient, key: str | None, status: int, body: dict[str, object]
) -> None:
    answer = client.post("/books", json=body, headers=headers_of(key))
    assert answer.status_code == status
    assert status == 403 or "WWW-Authenticate" in answer.headers
    assert titles(client.get("/books")) == []


@pytest.mark.parametrize(("key", "status"), KEYS_REFUSED)
def test_only_staff_delete_books(
    client: TestClient, add_book: AddBook, key: str | None, status: int
) -> None:
    path = f"/books/{add_book()['id']}"
    answer = client.delete(path, headers=headers_of(key))
    assert answer.status_code == status
    assert status == 403 or "WWW-Authenticate" in answer.headers
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(("key", "status"), KEYS_REFUSED)
def test_the_key_comes_before_the_missing_book(
    client: TestClient, key: str | None, status: int
) -> None:
    assert client.delete("/books/1", headers=headers_of(key)).status_code == status


def test_the_cost_is_secret(client: TestClient, place_order: PlaceOrder) -> None:
    added = client.post("/books", json=BOOK, headers=STAFF)
    number = added.json()["id"]
    ordered = place_order((number, 1))
    for answer in (
        added,
        client.get(f"/books/{number}"),
        client.get("/books"),
        client.get(f"/books/{number}", headers=STAFF),
        client.get("/books", headers=STAFF),
        ordered,
        client.get(f"/orders/{ordered.json()['id']}", headers=ADA),
    ):
        assert answer.is_success
        assert '"cost"' not in answer.text
        assert COST_SHOWN not in answer.text


# ------------------------------------------------------------------------------ 09.6 orders


def pairs(order: dict[str, Any]) -> list[tuple[int, int]]:
    """Return an order's lines as (book's number, copies) pairs, sorted."""
    return sorted((line["book_id"], line["quantity"]) for line in order["lines"])


def test_an_order_is_shown_and_kept(
    client: TestClient, add_book: AddBook, place_order: PlaceOrder
) -> None:
    emma, walden = add_book(price=1000)["id"], add_book(price=300)["id"]
    placed = place_order((emma, 2), (walden, 3))
    assert placed.status_code == 201
    read = client.get(f"/orders/{placed.json()['id']}", headers=ADA)
    assert read.status_code == 200
    for order in (placed.json(), read.json()):
        assert order["id"] == placed.json()["id"]
        assert order["customer"] == "ada"
        assert order["total"] == 2 * 1000 + 3 * 300
        assert pairs(order) == sorted([(emma, 2), (walden, 3)])


@pytest.mark.parametrize(("key", "name"), [(ADA, "ada"), (BO, "bo")])
def test_an_order_has_its_customer(
    add_book: AddBook, place_order: PlaceOrder, key: Mapping[str, str], name: str
) -> None:
    assert place_order((add_book()["id"], 1), key=key).json()["customer"] == name


def test_staff_may_order(add_book: AddBook, place_order: PlaceOrder) -> None:
    assert place_order((add_book()["id"], 1), key=STAFF).status_code == 201


@pytest.mark.parametrize("key", [BO, STAFF], ids=["bo", "staff"])
def test_an_order_is_private(
    client: TestClient, add_book: AddBook, place_order: PlaceOrder, key: Mapping[str, str]
) -> None:
    order = place_order((add_book()["id"], 1)).json()
    assert client.get(f"/orders/{order['id']}", headers=key).status_code == 403


def test_a_missing_order(client: TestClient) -> None:
    assert client.get("/orders/1", headers=ADA).status_code == 404


@pytest.mark.parametrize("key", [None, "no-such-key"])
def test_orders_need_a_key(
    client: TestClient,
    add_book: AddBook,
    place_order: PlaceOrder,
    stock_of: StockOf,
    key: str | None,
) -> None:
    book = add_book(stock=5)
    number = place_order((book["id"], 1)).json()["id"]
    headers = headers_of(key)
    for answer in (
        place_order((book["id"], 1), key=headers),
        client.post("/orders", json={}, headers=headers),
        client.get(f"/orders/{number}", headers=headers),
        client.get(f"/orders/{number + 1}", headers=headers),
    ):
        assert answer.status_code == 401
        assert "WWW-Authenticate" in answer.headers
    assert stock_of(book) == 4


def test_the_copies_leave_the_stock(
    add_book: AddBook, place_order: PlaceOrder, stock_of: StockOf
) -> None:
    emma, walden, other = add_book(stock=5), add_book(stock=7), add_book(stock=4)
    assert place_order((emma["id"], 2), (walden["id"], 3)).status_code == 201
    assert [stock_of(book) for book in (emma, walden, other)] == [3, 4, 4]
    assert place_order((emma["id"], 1)).status_code == 201
    assert stock_of(emma) == 2


def test_the_last_copies(add_book: AddBook, place_order: PlaceOrder, stock_of: StockOf) -> None:
    book = add_book(stock=3)
    assert place_order((book["id"], 4)).status_code == 409
    assert stock_of(book) == 3
    assert place_order((book["id"], 3)).status_code == 201
    assert stock_of(book) == 0
    assert place_order((book["id"], 1)).status_code == 409
    assert stock_of(book) == 0


def test_the_same_book_on_two_lines(
    add_book: AddBook, place_order: PlaceOrder, stock_of: StockOf
) -> None:
    book = add_book(stock=3, price=700)
    assert place_order((book["id"], 2), (book["id"], 2)).status_code == 409
    assert stock_of(book) == 3
    answer = place_order((book["id"], 2), (book["id"], 1))
    assert answer.status_code == 201
    assert answer.json()["total"] == 2100
    assert stock_of(book) == 0


@pytest.mark.parametrize(
    ("copies", "status"), [(-1, 422), (0, 422), (1, 201), (10, 201), (11, 422)]
)
def test_the_copies_of_a_line(
    add_book: AddBook,
    place_order: PlaceOrder,
    stock_of: StockOf,
    copies: int,
    status: int,
) -> None:
    book = add_book(stock=20)
    assert place_order((book["id"], copies)).status_code == status
    assert stock_of(book) == (20 - copies if status == 201 else 20)


def test_an_order_needs_a_line(client: TestClient, place_order: PlaceOrder) -> None:
    assert place_order().status_code == 422
    assert client.post("/orders", json={}, headers=ADA).status_code == 422


def test_a_missing_book_cannot_be_ordered(place_order: PlaceOrder) -> None:
    assert place_order((1, 1)).status_code == 404


@pytest.mark.parametrize(("copies", "status"), [(2, 409), (0, 422)])
def test_an_order_refused_for_one_line_changes_nothing(
    add_book: AddBook, place_order: PlaceOrder, stock_of: StockOf, copies: int, status: int
) -> None:
    plenty, scarce = add_book(stock=5), add_book(stock=1)
    lines = [(plenty["id"], 2), (scarce["id"], copies)]
    assert place_order(*lines).status_code == status
    assert place_order(*reversed(lines)).status_code == status
    assert [stock_of(plenty), stock_of(scarce)] == [5, 1]


def test_an_order_with_a_missing_book_changes_nothing(
    client: TestClient, add_book: AddBook, place_order: PlaceOrder, stock_of: StockOf
) -> None:
    book, gone = add_book(stock=5), add_book(stock=5)
    client.delete(f"/books/{gone['id']}", headers=STAFF)
    lines = [(book["id"], 2), (gone["id"], 1)]
    assert place_order(*lines).status_code == 404
    assert place_order(*reversed(lines)).status_code == 404
    assert stock_of(book) == 5


# ---------------------------------------------------------------------------- 09.7 delivery


@pytest.mark.parametrize(
    ("postcode", "days", "express"),
    [("10001", 1, True), ("20002", 2, True), ("30003", 3, False), ("01230", 2, True)],
)
def test_delivery(
    client: TestClient, set_courier: SetCourier, postcode: str, days: int, *, express: bool
) -> None:
    async def courier(asked: str) -> int:
        return {postcode: days}[asked]

    set_courier(courier)
    answer = client.get(f"/delivery/{postcode}")
    assert answer.status_code == 200
    delivery = answer.json()
    assert delivery["postcode"] == postcode
    assert delivery["days"] == days
    assert delivery["express"] is express


@pytest.mark.parametrize("error", [ConnectionError, ConnectionRefusedError])
def test_a_silent_courier(
    client: TestClient, set_courier: SetCourier, error: type[ConnectionError]
) -> None:
    async def silent(_: str) -> int:
        raise error

    async def awake(_: str) -> int:
        return 1

    set_courier(silent)
    answer = client.get("/delivery/54321")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"].isdecimal()
    set_courier(awake)
    assert client.get("/delivery/54321").status_code == 200


@pytest.mark.parametrize(
    "postcode",
    [
        "1234",
        "123456",
        "1234a",
        "abcde",
        "-1234",
        "1234 ",
        "\u0661\u0662\u0663\u0664\u0665",
        "12345\n",
    ],
)
def test_no_postcode(client: TestClient, set_courier: SetCourier, postcode: str) -> None:
    async def courier(_: str) -> int:
        return 1

    set_courier(courier)
    path = "/delivery/" + postcode.replace("\n", "%0A")
    assert client.get(path).status_code == 422


# --------------------------------------------------------------------- 09.8 the same moment


@pytest.mark.anyio
async def test_customers_do_not_wait_for_each_other(set_courier: SetCourier) -> None:
    postcodes = ["11111", "22222", "33333"]
    all_ask = asyncio.Barrier(len(postcodes))

    async def courier(_: str) -> int:
        async with asyncio.timeout(PATIENCE):
            await all_ask.wait()
        return 1

    set_courier(courier)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://test") as client,
    ):
        answers = await asyncio.gather(*(client.get(f"/delivery/{code}") for code in postcodes))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json()["postcode"] for answer in answers] == postcodes


# --------------------------------------------------------------------------- 09.9 the board


@pytest.mark.parametrize("key", [None, "", "no-such-key", "ada-key", "bo-key"])
def test_the_board_opens_only_to_staff(client: TestClient, key: str | None) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/board", headers=headers_of(key)),
    ):
        pass


@pytest.mark.parametrize("text", ["", "hello", '{"screens": 7}'])
def test_any_text_is_answered(open_screen: OpenScreen, text: str) -> None:
    screen = open_screen()
    assert count_screens(screen, text) == 1
    assert count_screens(screen, text) == 1


def test_every_screen_gets_every_order(
    open_screen: OpenScreen, add_book: AddBook, place_order: PlaceOrder
) -> None:
    book = add_book(price=1250, stock=9)["id"]
    screens = [open_screen(), open_screen()]
    assert [count_screens(screen) for screen in screens] == [2, 2]
    first, second = place_order((book, 2)).json(), place_order((book, 1), key=BO).json()
    for screen in screens:
        screen.send_text("how many?")
        message = receive(screen)
        assert (message["order"], message["total"]) == (first["id"], 2500)
        message = receive(screen)
        assert (message["order"], message["total"]) == (second["id"], 1250)
        assert receive(screen)["screens"] == 2


def test_a_refused_order_is_not_on_the_board(
    open_screen: OpenScreen, add_book: AddBook, place_order: PlaceOrder
) -> None:
    book = add_book(stock=1)["id"]
    screen = open_screen()
    assert count_screens(screen) == 1
    assert place_order((book, 2)).status_code == 409
    placed = place_order((book, 1)).json()
    assert receive(screen)["order"] == placed["id"]


def test_a_screen_that_left_is_not_counted(
    client: TestClient, open_screen: OpenScreen, add_book: AddBook, place_order: PlaceOrder
) -> None:
    book = add_book(stock=9)["id"]
    stays = open_screen()
    with client.websocket_connect("/board", headers=STAFF) as leaves:
        assert count_screens(leaves) == 2
        assert count_screens(stays) == 2
    assert count_screens(stays) == 1
    order = place_order((book, 1))
    assert order.status_code == 201
    assert receive(stays)["order"] == order.json()["id"]
