"""Tests of the bookshop, one class for each thing that it promises.

The visitors (`staff`, `ada`, `bo`, `stranger`) and the `courier` are fixtures in conftest.py.
"""

import asyncio
from dataclasses import asdict
from urllib.parse import urlsplit

import pytest
from actors import Book, Draft, FakeCourier, Order, PatientCourier, Visitor
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, AsyncClient, Response
from main import app, get_courier
from starlette.websockets import WebSocketDisconnect

NO_VALID_KEY = [
    pytest.param(None, id="no key"),
    pytest.param("wrong-key", id="unknown key"),
    pytest.param("STAFF-KEY", id="shouted key"),
]
CUSTOMERS = ["ada-key", "bo-key"]


def listed(answer: Response) -> list[str]:
    """Return the titles on a page of the list."""
    assert answer.status_code == 200
    return [book["title"] for book in answer.json()]


def listed_and_counted(answer: Response) -> tuple[list[str], int]:
    """Return the titles on a page of the list, and how many books match in all."""
    return listed(answer), int(answer.headers["X-Total-Count"])


class TestWelcome:
    """09.1."""

    def test_greets_everybody(self, client: TestClient) -> None:
        answer = client.get("/")
        assert answer.status_code == 200
        assert answer.json() == {"message": "Welcome to the bookshop"}


class TestCatalogue:
    """09.2: books come and go."""

    def test_begins_empty(self, stranger: Visitor) -> None:
        assert listed_and_counted(stranger.get("/books")) == ([], 0)

    def test_keeps_a_new_book(self, staff: Visitor, stranger: Visitor) -> None:
        draft = Draft(title="Silas Marner", author="G. Eliot", price=950, stock=3)
        added = staff.post_book(draft)
        assert added.status_code == 201
        book = Book.shown_in(added)
        assert book == Book(book.id, draft.title, draft.author, draft.price, draft.stock)
        location = added.headers["Location"]
        assert urlsplit(location).path == book.path
        found = stranger.get(location)
        assert found.status_code == 200
        assert Book.shown_in(found) == book
        assert listed_and_counted(stranger.get("/books")) == ([draft.title], 1)

    def test_loses_only_the_deleted_book(self, staff: Visitor, stranger: Visitor) -> None:
        kept, lost = staff.add(Draft(title="Kept")), staff.add(Draft(title="Lost"))
        assert kept.id != lost.id
        assert staff.delete(lost).status_code == 204
        assert stranger.get(lost.path).status_code == 404
        assert staff.delete(lost).status_code == 404
        assert Book.shown_in(stranger.get(kept.path)) == kept
        assert listed_and_counted(stranger.get("/books")) == (["Kept"], 1)

    def test_has_no_book_at_first(self, staff: Visitor) -> None:
        assert staff.request("GET", "/books/1").status_code == 404
        assert staff.request("DELETE", "/books/1").status_code == 404


class TestNewBook:
    """09.3: the edges of what is taken."""

    @pytest.mark.parametrize(
        ("field", "value", "status"),
        [
            pytest.param("title", "", 422, id="title of 0"),
            pytest.param("title", "t", 201, id="title of 1"),
            pytest.param("title", "t" * 100, 201, id="title of 100"),
            pytest.param("title", "\u00fc" * 100, 201, id="title of 100 characters, 200 bytes"),
            pytest.param("title", "t" * 101, 422, id="title of 101"),
            pytest.param("author", "", 422, id="author of 0"),
            pytest.param("author", "a", 201, id="author of 1"),
            pytest.param("author", "a" * 100, 201, id="author of 100"),
            pytest.param("author", "a" * 101, 422, id="author of 101"),
            pytest.param("price", -1, 422, id="price -1"),
            pytest.param("price", 0, 422, id="price 0"),
            pytest.param("price", 1, 201, id="price 1"),
            pytest.param("price", "much", 422, id="price in words"),
            pytest.param("cost", 0, 422, id="cost 0"),
            pytest.param("cost", 1, 201, id="cost 1"),
            pytest.param("stock", -1, 422, id="stock -1"),
            pytest.param("stock", 0, 201, id="stock 0"),
            pytest.param("stock", None, 422, id="stock null"),
        ],
    )
    def test_bounds(self, staff: Visitor, field: str, value: object, status: int) -> None:
        answer = staff.post_book(Draft(), **{field: value})
        assert answer.status_code == status
        assert int(staff.get("/books").headers["X-Total-Count"]) == (status == 201)

    @pytest.mark.parametrize(
        ("title", "price", "stock"), [("t", 1, 0), ("t" * 100, 1_000_000, 1_000)]
    )
    def test_is_kept_as_sent(self, staff: Visitor, title: str, price: int, stock: int) -> None:
        book = staff.add(Draft(title=title, price=price, stock=stock))
        assert Book.shown_in(staff.get(book.path)) == book
        assert (book.title, book.price, book.stock) == (title, price, stock)


class TestList:
    """09.4: order, pages, filter and count."""

    @pytest.fixture
    def shelf(self, staff: Visitor) -> None:
        """Put six books on the shelf: neither id, author nor price has the order of the titles."""
        for title, author, price in (
            ("Cranford", "Mary", 500),
            ("Adam Bede", "Mary", 900),
            ("Felix Holt", "Zoe", 100),
            ("Evelina", "Mary", 300),
            ("Belinda", "Zoe", 700),
            ("Daniel Deronda", "Zoe", 800),
        ):
            staff.add(Draft(title=title, author=author, price=price))

    @pytest.mark.usefixtures("shelf")
    @pytest.mark.parametrize(
        ("params", "page", "count"),
        [
            ({}, "ABCDEF", 6),
            ({"skip": 0, "limit": 1}, "A", 6),
            ({"limit": 4}, "ABCD", 6),
            ({"skip": 1}, "BCDEF", 6),
            ({"skip": 2, "limit": 2}, "CD", 6),
            ({"skip": 5, "limit": 2}, "F", 6),
            ({"skip": 6, "limit": 2}, "", 6),
            ({"author": "Mary"}, "ACE", 3),
            ({"author": "Zoe", "limit": 2}, "BD", 3),
            ({"author": "Zoe", "skip": 2, "limit": 2}, "F", 3),
            ({"author": "Mar"}, "", 0),
            ({"author": "Mary Z"}, "", 0),
            ({"author": "mary"}, "", 0),
            ({"author": "Mar_"}, "", 0),
        ],
    )
    def test_pages(
        self, stranger: Visitor, params: dict[str, str | int], page: str, count: int
    ) -> None:
        titles, total = listed_and_counted(stranger.get("/books", **params))
        assert [title[0] for title in titles] == list(page)
        assert total == count

    def test_size_of_a_page(self, staff: Visitor, stranger: Visitor) -> None:
        titles = [f"Part {number:02}" for number in range(1, 52)]
        for title in reversed(titles):
            staff.add(Draft(title=title))
        assert listed_and_counted(stranger.get("/books")) == (titles[:10], 51)
        assert listed_and_counted(stranger.get("/books", skip=30)) == (titles[30:40], 51)
        assert listed_and_counted(stranger.get("/books", limit=50)) == (titles[:50], 51)

    @pytest.mark.parametrize(
        "params", [{"skip": -1}, {"limit": -1}, {"limit": 0}, {"limit": 51}, {"limit": "all"}]
    )
    def test_out_of_bounds(self, stranger: Visitor, params: dict[str, str | int]) -> None:
        assert stranger.get("/books", **params).status_code == 422


class TestKeys:
    """09.5: who may change the catalogue."""

    @pytest.mark.parametrize("key", NO_VALID_KEY)
    @pytest.mark.parametrize(
        ("method", "path", "json"),
        [
            ("POST", "/books", asdict(Draft())),
            ("POST", "/books", {"title": ""}),
            ("DELETE", "/books/1", None),
            ("POST", "/orders", {"lines": [{"book_id": 1, "quantity": 1}]}),
            ("POST", "/orders", {"lines": []}),
            ("GET", "/orders/1", None),
        ],
    )
    def test_no_valid_key(
        self, client: TestClient, key: str | None, method: str, path: str, json: object
    ) -> None:
        answer = Visitor(client, key).request(method, path, json=json)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"]

    @pytest.mark.parametrize("key", CUSTOMERS)
    @pytest.mark.parametrize(
        ("method", "path", "json"),
        [
            ("POST", "/books", asdict(Draft())),
            ("POST", "/books", {"title": ""}),
            ("DELETE", "/books/1", None),
        ],
    )
    def test_key_of_a_customer(
        self, client: TestClient, key: str, method: str, path: str, json: object
    ) -> None:
        answer = Visitor(client, key).request(method, path, json=json)
        assert answer.status_code == 403

    @pytest.mark.parametrize("key", [*NO_VALID_KEY, *CUSTOMERS])
    def test_refusal_changes_nothing(
        self, client: TestClient, staff: Visitor, key: str | None
    ) -> None:
        book = staff.add(Draft(title="Mine"))
        refused = Visitor(client, key)
        assert refused.post_book(Draft(title="Yours")).is_client_error
        assert refused.delete(book).is_client_error
        assert listed_and_counted(staff.get("/books")) == (["Mine"], 1)


class TestSecret:
    """09.5: what the shop paid."""

    def test_cost_is_shown_nowhere(self, staff: Visitor, ada: Visitor, stranger: Visitor) -> None:
        draft = Draft()
        added = staff.post_book(draft)
        book = Book.shown_in(added)
        ordered = ada.order((book, 1))
        answers = [added, ordered, ada.get(Order.shown_in(ordered).path)]
        for visitor in (staff, ada, stranger):
            answers += [visitor.get("/books"), visitor.get(book.path)]
        for answer in answers:
            assert answer.is_success
            assert '"cost"' not in answer.text
            assert str(draft.cost) not in answer.text


class TestOrders:
    """09.6: all or nothing, and only for the customer's eyes."""

    def test_is_kept_for_its_customer(self, staff: Visitor, ada: Visitor, bo: Visitor) -> None:
        dear, cheap = staff.add(Draft(price=1999)), staff.add(Draft(price=1))
        placed = ada.order((dear, 3), (cheap, 2))
        assert placed.status_code == 201
        order = Order.shown_in(placed)
        lines = tuple(sorted([(dear.id, 3), (cheap.id, 2)]))
        assert order == Order(order.id, "ada", 3 * 1999 + 2, lines)
        read = ada.get(order.path)
        assert read.status_code == 200
        assert Order.shown_in(read) == order
        for other in (bo, staff):
            assert other.get(order.path).status_code == 403

    def test_each_customer_has_orders(self, staff: Visitor, ada: Visitor, bo: Visitor) -> None:
        book = staff.add(Draft())
        hers, his = Order.shown_in(ada.order((book, 1))), Order.shown_in(bo.order((book, 2)))
        assert (hers.customer, his.customer) == ("ada", "bo")
        assert hers.id != his.id
        assert Order.shown_in(bo.get(his.path)) == his
        assert ada.get(his.path).status_code == 403

    def test_staff_read_what_they_ordered(self, staff: Visitor) -> None:
        placed = staff.order((staff.add(Draft()), 1))
        assert placed.status_code == 201
        assert staff.get(Order.shown_in(placed).path).status_code == 200

    def test_needs_a_key(self, staff: Visitor, ada: Visitor, stranger: Visitor) -> None:
        book = staff.add(Draft(stock=2))
        order = Order.shown_in(ada.order((book, 1)))
        assert stranger.order((book, 1)).status_code == 401
        assert stranger.get(order.path).status_code == 401
        assert stranger.stock_of(book) == [1]

    def test_is_missing(self, ada: Visitor) -> None:
        assert ada.get("/orders/1").status_code == 404

    def test_takes_copies_from_the_stock(self, staff: Visitor, ada: Visitor, bo: Visitor) -> None:
        first, second, third = (staff.add(Draft(stock=stock)) for stock in (6, 8, 5))
        assert ada.order((first, 2), (second, 3)).status_code == 201
        assert bo.order((second, 4)).status_code == 201
        assert ada.stock_of(first, second, third) == [4, 1, 5]

    @pytest.mark.parametrize(
        ("stock", "quantity", "status", "left"),
        [(2, 1, 201, 1), (2, 2, 201, 0), (2, 3, 409, 2), (0, 1, 409, 0)],
    )
    def test_down_to_the_last_copy(
        self, staff: Visitor, ada: Visitor, stock: int, quantity: int, status: int, left: int
    ) -> None:
        book = staff.add(Draft(stock=stock))
        assert ada.order((book, quantity)).status_code == status
        assert ada.stock_of(book) == [left]

    @pytest.mark.parametrize(
        ("quantity", "status"), [(-1, 422), (0, 422), (1, 201), (10, 201), (11, 422)]
    )
    def test_bounds_of_a_line(
        self, staff: Visitor, ada: Visitor, quantity: int, status: int
    ) -> None:
        book = staff.add(Draft(stock=30))
        assert ada.order((book, quantity)).status_code == status
        assert ada.stock_of(book) == [30 - quantity * (status == 201)]

    def test_has_at_least_one_line(self, ada: Visitor) -> None:
        assert ada.order().status_code == 422

    @pytest.mark.parametrize("order_of_lines", [1, -1], ids=["good line first", "bad line first"])
    def test_is_all_or_nothing(self, staff: Visitor, ada: Visitor, order_of_lines: int) -> None:
        plenty, scarce, gone = (staff.add(Draft(stock=stock)) for stock in (9, 1, 9))
        assert staff.delete(gone).status_code == 204
        for bad_line, status in (((scarce, 2), 409), ((gone, 1), 404), ((scarce, 11), 422)):
            lines = [(plenty, 4), bad_line][::order_of_lines]
            assert ada.order(*lines).status_code == status
            assert ada.stock_of(plenty, scarce) == [9, 1]

    def test_lines_of_one_book_add_up(self, staff: Visitor, ada: Visitor) -> None:
        book = staff.add(Draft(price=250, stock=5))
        assert ada.order((book, 3), (book, 3)).status_code == 409
        assert ada.stock_of(book) == [5]
        placed = ada.order((book, 3), (book, 2))
        assert placed.status_code == 201
        assert placed.json()["total"] == 1250
        assert ada.stock_of(book) == [0]


class TestDelivery:
    """09.7: a courier that does what the test wants."""

    @pytest.mark.parametrize(("days", "express"), [(1, True), (2, True), (3, False)])
    @pytest.mark.parametrize("prefix", ["0123", "9876"])
    def test_days(
        self,
        courier: FakeCourier,
        stranger: Visitor,
        prefix: str,
        days: int,
        *,
        express: bool,
    ) -> None:
        postcode = f"{prefix}{days}"
        courier.days[postcode] = days
        answer = stranger.get(f"/delivery/{postcode}")
        assert answer.status_code == 200
        wanted = {"postcode": postcode, "days": days, "express": express}
        assert wanted.items() <= answer.json().items()

    def test_silence(self, courier: FakeCourier, stranger: Visitor) -> None:
        answer = stranger.get("/delivery/40404")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"].isdecimal()
        courier.days["40404"] = 4
        assert stranger.get("/delivery/40404").status_code == 200

    @pytest.mark.usefixtures("courier")
    @pytest.mark.parametrize(
        "postcode",
        ["0", "1234", "123456", "12a45", "vwxyz", "+1234", "12%0A45", "12345%0A", "%D9%A1" * 5],
    )
    def test_five_digits(self, stranger: Visitor, postcode: str) -> None:
        assert stranger.get(f"/delivery/{postcode}").status_code == 422


class TestCrowd:
    """09.8: several customers at the same moment."""

    @pytest.mark.anyio
    @pytest.mark.usefixtures("client", "courier")
    async def test_nobody_waits_for_another(self) -> None:
        postcodes = [f"5000{number}" for number in range(4)]
        courier = PatientCourier(len(postcodes))
        app.dependency_overrides[get_courier] = lambda: courier.ask
        async with (
            AsyncClient(transport=ASGITransport(app), base_url="http://test") as customers,
            asyncio.TaskGroup() as crowd,
        ):
            asking = [crowd.create_task(customers.get(f"/delivery/{code}")) for code in postcodes]
        answers = [task.result() for task in asking]
        assert {answer.status_code for answer in answers} == {200}
        assert [answer.json()["postcode"] for answer in answers] == postcodes


class TestBoard:
    """09.9: the screens in the shop."""

    @pytest.mark.parametrize("key", [*NO_VALID_KEY, "", *CUSTOMERS])
    def test_opens_only_to_staff(self, client: TestClient, key: str | None) -> None:
        with pytest.raises(WebSocketDisconnect), Visitor(client, key).watch():
            pass

    @pytest.mark.parametrize("text", ["", "hi", "[]", "\U0001f4da"])
    def test_answers_any_text(self, staff: Visitor, text: str) -> None:
        with staff.watch() as screen:
            assert [screen.count(text), screen.count(text)] == [1, 1]

    def test_shows_every_order_on_every_screen(
        self, staff: Visitor, ada: Visitor, bo: Visitor
    ) -> None:
        book = staff.add(Draft(price=1111, stock=9))
        with staff.watch() as left, staff.watch() as right:
            assert (left.count(), right.count()) == (2, 2)
            placed = [ada.order((book, 2)), bo.order((book, 1)), staff.order((book, 3))]
            orders = [Order.shown_in(answer) for answer in placed]
            for screen in (left, right):
                screen.say("anything else?")
                for order, total in zip(orders, (2222, 1111, 3333), strict=True):
                    assert screen.next_order() == (order.id, total)
                assert screen.next_message()["screens"] == 2

    def test_shows_no_refused_order(self, staff: Visitor, ada: Visitor) -> None:
        book = staff.add(Draft(stock=1))
        with staff.watch() as screen:
            assert screen.count() == 1
            assert ada.order((book, 2)).status_code == 409
            assert ada.order((book, 0)).status_code == 422
            assert screen.count() == 1

    def test_forgets_a_screen_that_left(self, staff: Visitor, ada: Visitor) -> None:
        book = staff.add(Draft(price=10))
        with staff.watch() as stays:
            with staff.watch() as leaves:
                assert (stays.count(), leaves.count()) == (2, 2)
            assert stays.count() == 1
            order = Order.shown_in(ada.order((book, 4)))
            assert stays.next_order() == (order.id, 40)
