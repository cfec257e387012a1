"""Lesson 08: the bookshop with a database."""

import ast
import sqlite3
import threading
import time
from contextlib import suppress

import pytest
from dirty_equals import IsPositiveInt

pytestmark = pytest.mark.lesson("08")

BLOCKING_DRIVERS = {"sqlite3", "psycopg2", "pymysql", "MySQLdb", "pg8000", "mysql"}
NAMES = ["Ursula", "Italo", "Octavia", "Stanislaw", "Tove", "Jorge", "Clarice", "Chinua"]
TOPICS = ["Winds", "Cities", "Rivers", "Machines", "Gardens", "Letters", "Islands", "Mirrors"]
COPIES_LEFT = 5
CUSTOMERS = 20
HELD_S = 2.0


# What the checks have in common.


def new_author(app, rng):
    """Store an author; return what the app answers."""
    name = f"{rng.choice(NAMES)} {rng.randint(10**6, 10**7)}"
    return app.post("/authors", json={"name": name}).expect(201).json


def isbn(rng):
    """Return an ISBN that no other check uses."""
    return str(rng.randint(10**12, 10**13 - 1))


def book_body(rng, author, **changes):
    """Return the body of a POST /books."""
    title = f"{rng.choice(TOPICS)} {rng.randint(100, 999)}"
    body = {"title": title, "isbn": isbn(rng), "stock": rng.randint(0, 50)}
    return body | {"author_id": author["id"]} | changes


def new_book(app, rng, author, **changes):
    """Store a book; return what the app answers."""
    return app.post("/books", json=book_body(rng, author, **changes)).expect(201).json


def stock_of(app, book):
    """Ask how many copies of a book there are."""
    return app.get(f"/books/{book['id']}").expect(200).json["stock"]


def order_body(*lines):
    """Return the body of a POST /orders, from pairs of a book and its copies."""
    return {"lines": [{"book_id": book["id"], "copies": copies} for book, copies in lines]}


def sorted_lines(order):
    """Return an order's lines in an order of their own."""
    return sorted(order["lines"], key=lambda line: line["book_id"])


def count_statements(app, path):
    """Return how many SQL statements one GET takes."""
    before = app.facts()["statements"]
    app.get(path).expect(200)
    return app.facts()["statements"] - before


def expect_listed(app, path, wanted):
    """Demand that a list holds exactly these, in the order of their numbers."""
    found = app.get(path).expect(200).json
    wanted = sorted(wanted, key=lambda one: one["id"])
    assert len(found) == len(wanted), (
        f"GET {path} should list {len(wanted)}, but lists {len(found)}."
    )
    for place, (one, other) in enumerate(zip(found, wanted, strict=True), start=1):
        assert one == other, (
            f"GET {path} lists {one} at place {place}, where {other} should be. "
            "The list is ordered by number."
        )


def sqlite_file(app):
    """Return the file of the app's database, or None if it is no SQLite."""
    scheme, _, path = app.served.environment["DATABASE_URL"].partition(":///")
    return path if scheme.startswith("sqlite") else None


def statuses(answers):
    """Say how often each status came back, for messages."""
    found = sorted(answer.status for answer in answers)
    return ", ".join(f"{found.count(status)} x {status}" for status in sorted(set(found)))


# 08.1


@pytest.mark.step(1)
def test_health_asks_the_database(app):
    """GET /health asks the database and says that it is well."""
    before = app.facts()["statements"]
    app.get("/health").expect(200, json={"database": "ok"})
    assert app.facts()["statements"] > before, (
        "GET /health should execute SELECT 1 each time it is called, but no SQL statement was "
        "executed. An answer that asks nobody says nothing about the database."
    )


@pytest.mark.step(1)
def test_driver_is_async(app):
    """The connections to the database are made by an async driver."""
    app.get("/health").expect(200)
    facts = app.facts()
    assert facts["opened"], "GET /health should connect to the database, but nothing did."
    assert not facts["blocking"], (
        f"{facts['blocking']} of {facts['opened']} connections were made by a driver that blocks: "
        "while it waits for the database, nobody else is served. Make the engine with "
        "SQLAlchemy's async function, from DATABASE_URL as it is: it already names an async "
        "driver."
    )


@pytest.mark.step(1)
def test_no_blocking_driver_is_imported(app, source):
    """No file imports a driver that blocks."""
    app.get("/health").expect(200)
    for file, tree in source.trees():
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            found = {name.partition(".")[0] for name in names} & BLOCKING_DRIVERS
            assert not found, (
                f"{file}, line {getattr(node, 'lineno', 0)} imports {', '.join(found)}, a driver "
                "that blocks the server while it waits. Leave all talking to SQLAlchemy's async "
                "engine."
            )


# 08.2


@pytest.mark.step(2)
def test_tables_are_made_at_startup(fresh_app):
    """On an empty database, the tables are there before the first request."""
    app = fresh_app()
    assert app.facts()["statements"], (
        "The app has started, but it executed no SQL statement: nobody has made the tables. "
        "They belong into `lifespan`, before its `yield`. Does the app know the lifespan? "
        "`FastAPI(lifespan=...)`"
    )
    if file := sqlite_file(app):
        with sqlite3.connect(file) as database:
            found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            tables = [name for (name,) in found]
        database.close()
        assert tables, (
            "The app has started, but its database holds no table. `Base.metadata.create_all` "
            "makes them; in a transaction, which must be committed (`engine.begin()`)."
        )


@pytest.mark.step(2)
def test_starts_again(fresh_app):
    """The app starts again on a database that already has the tables."""
    first = fresh_app()
    first.get("/health").expect(200)
    first.served.stop()
    again = fresh_app(DATABASE_URL=first.served.environment["DATABASE_URL"])
    assert again.facts()["statements"], (
        "At its second start the app executed no SQL statement: it should look for its tables."
    )
    again.get("/health").expect(200, because="a server is started again after every change")


@pytest.mark.step(2)
def test_engine_is_disposed(fresh_app):
    """At shutdown every connection to the database is closed."""
    app = fresh_app()
    app.get("/health").expect(200)
    assert app.facts()["opened"], "GET /health should connect to the database, but nothing did."
    code = app.served.stop()
    assert code == 0, (
        "The app was told to stop, but did not end in good order. Look at the part of `lifespan` "
        "behind its `yield`."
    )
    left = app.served.last_counts.get("open", 0)
    assert left == 0, (
        f"The app has stopped, but left {left} of its connections to the database open. "
        "An async engine has to be disposed while the event loop still runs: in `lifespan`, "
        "behind its `yield`, with `await`. Does the app know the lifespan? "
        "`FastAPI(lifespan=...)`"
    )


# 08.3


@pytest.mark.step(3)
def test_author_is_created(app, rng):
    """POST /authors stores an author and answers 201 with the number and the name."""
    name = f"{rng.choice(NAMES)} {rng.randint(10**6, 10**7)}"
    app.post("/authors", json={"name": name}).expect(201, json={"id": IsPositiveInt, "name": name})


@pytest.mark.step(3)
def test_authors_are_listed(app, rng):
    """GET /authors lists every author, in the order of their numbers."""
    before = app.get("/authors").expect(200).json
    authors = [new_author(app, rng) for _ in range(rng.randint(3, 6))]
    expect_listed(app, "/authors", before + authors)


@pytest.mark.step(3)
def test_authors_are_stored(fresh_app, rng):
    """What was stored is still there after the server was started again."""
    first = fresh_app()
    author = new_author(first, rng)
    first.served.stop()
    again = fresh_app(DATABASE_URL=first.served.environment["DATABASE_URL"])
    again.get("/authors").expect(
        200,
        json=[author],
        because="a session forgets what was not committed, and a start must not empty tables",
    )


@pytest.mark.step(3)
def test_requests_do_not_share_a_session(app, rng):
    """Twenty requests at the same moment don't disturb each other."""
    names = [f"{rng.choice(NAMES)} {rng.randint(10**6, 10**7)}" for _ in range(10)]
    stores = [lambda name=name: app.post("/authors", json={"name": name}) for name in names]
    answers = app.at_once(*stores, *[lambda: app.get("/authors")] * len(names))
    because = "a session serves one request at a time: each request needs one of its own"
    for answer in answers[: len(names)]:
        answer.expect(201, because=because)
    for answer in answers[len(names) :]:
        answer.expect(200, because=because)
    listed = {author["name"] for author in app.get("/authors").expect(200).json}
    lost = set(names) - listed
    assert not lost, (
        f"Ten authors were stored at the same moment, and all were answered with 201, but "
        f"GET /authors does not list {len(lost)} of them: {', '.join(sorted(lost))}."
    )


@pytest.mark.step(3)
def test_others_are_served_meanwhile(app, rng):
    """While one request waits for the database, others are answered."""
    author = new_author(app, rng)
    file = sqlite_file(app)
    if file is None:
        return  # the suite has no way to keep another database busy
    busy = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    busy.execute("BEGIN IMMEDIATE")  # from now on, whoever writes must wait
    release = threading.Timer(HELD_S, busy.execute, ["ROLLBACK"])
    try:
        slowest = 0.0
        waiting = threading.Thread(target=app.post, args=["/authors"], kwargs={"json": author})
        waiting.start()
        release.start()
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            answer = app.get("/openapi.json").expect(200)
            slowest = max(slowest, answer.finished - answer.started)
    finally:
        release.cancel()
        release.join()
        if busy.in_transaction:
            busy.execute("ROLLBACK")
        waiting.join()
        busy.close()
    assert slowest < HELD_S / 2, (
        f"While POST /authors waited for the database, GET /openapi.json, which needs no "
        f"database, had to wait too: {slowest:.1f} seconds. Something in your app blocks the "
        "server instead of awaiting the database."
    )


@pytest.mark.step(3)
def test_answer_comes_after_the_commit(app, rng):
    """POST /authors answers 201 when the author is stored for good, and not before."""
    author = new_author(app, rng)
    file = sqlite_file(app)
    if file is None:
        return  # the suite has no way to hold up the commits of another database
    reader = sqlite3.connect(file, isolation_level=None)
    answers = []
    waiting = threading.Thread(
        target=lambda: answers.append(app.post("/authors", json={"name": author["name"]}))
    )
    try:
        (mode,) = reader.execute("PRAGMA journal_mode").fetchone()
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM sqlite_master").fetchall()  # who reads holds up commits
        before = app.facts()["statements"]
        waiting.start()
        while waiting.is_alive() and app.facts()["statements"] == before:
            time.sleep(0.01)  # the app has not begun yet: a busy machine is slow
        waiting.join(HELD_S / 2)
        early = [answer for answer in answers if answer.status == 201]
    finally:
        reader.close()
        if waiting.ident:
            waiting.join()
    assert not early or mode == "wal", (  # with a write-ahead log, readers hold up nobody
        "The database was kept from committing, and POST /authors answered 201 all the same: "
        "the client hears that the author is stored before this is true. By default, what "
        "stands behind the `yield` of a dependency runs after the answer was sent. Commit in "
        "the path operation, with `await`, before it returns."
    )


# 08.4


@pytest.mark.step(4)
def test_book_is_created(app, rng):
    """POST /books stores a book and answers 201 with its number and all that was sent."""
    body = book_body(rng, new_author(app, rng))
    app.post("/books", json=body).expect(201, json={"id": IsPositiveInt, **body})


@pytest.mark.step(4)
def test_book_is_shown(app, rng):
    """GET /books/{book_id} shows the book that was stored."""
    author = new_author(app, rng)
    books = [new_book(app, rng, author) for _ in range(3)]
    for book in rng.sample(books, len(books)):
        app.get(f"/books/{book['id']}").expect(200, json=book)


@pytest.mark.step(4)
def test_missing_book(app, rng):
    """A book that is not there is 404, and the detail names its number."""
    book = new_book(app, rng, new_author(app, rng))
    app.get(f"/books/{book['id']}").expect(200)
    missing = rng.randint(10**6, 10**7)
    app.get(f"/books/{missing}").expect(404, json={"detail": f"There is no book {missing}"})


@pytest.mark.step(4)
def test_book_that_is_no_number(app, rng):
    """What is no number is refused."""
    app.get(f"/books/{new_book(app, rng, new_author(app, rng))['id']}").expect(200)
    app.get(f"/books/{rng.choice(TOPICS)}").expect(422)


@pytest.mark.step(4)
def test_missing_author(app, rng):
    """A book of an author who is not there is refused with 404."""
    missing = rng.randint(10**6, 10**7)
    app.post("/books", json=book_body(rng, {"id": missing})).expect(
        404,
        json={"detail": f"There is no author {missing}"},
        because="SQLite would store it without a word: look for the author first",
    )


# 08.5


@pytest.mark.step(5)
def test_isbn_is_taken(app, rng):
    """A second book with the same ISBN is refused with 409, and the detail names the first."""
    author = new_author(app, rng)
    book = new_book(app, rng, author)
    again = book_body(rng, author, isbn=book["isbn"])
    for _ in range(2):
        app.post("/books", json=again).expect(
            409, json={"detail": f"Book {book['id']} already has the ISBN {book['isbn']}"}
        )
    app.get(f"/books/{book['id']}").expect(200, json=book, because="the refusal changes nothing")


@pytest.mark.step(5)
def test_usable_after_a_conflict(app, rng):
    """After thirty refusals the app stores books as before."""
    author = new_author(app, rng)
    book = new_book(app, rng, author)
    for _ in range(30):
        app.post("/books", json=book_body(rng, author, isbn=book["isbn"])).expect(409)
    body = book_body(rng, author)
    stored = app.post("/books", json=body).expect(
        201, because="a session must be rolled back after an error, and closed at the end"
    )
    app.get(f"/books/{stored.json['id']}").expect(200, contains=body)


@pytest.mark.step(5)
def test_same_isbn_at_the_same_moment(app, rng):
    """Of eight books with one ISBN at the same moment, one is stored and seven are refused."""
    author = new_author(app, rng)
    for _ in range(3):
        bodies = [book_body(rng, author, isbn=number) for number in [isbn(rng)] * 8]
        answers = app.at_once(*[lambda body=body: app.post("/books", json=body) for body in bodies])
        stored = [answer for answer in answers if answer.status == 201]
        assert len(stored) == 1, (
            f"Eight books with the same ISBN were sent at the same moment. One should be stored "
            f"(201), the others refused (409); the answers were {statuses(answers)}. Only the "
            "database can decide who was first: the column must be unique."
        )
        first = stored[0].json
        for answer in answers:
            if answer is not stored[0]:
                answer.expect(
                    409,
                    json={"detail": f"Book {first['id']} already has the ISBN {first['isbn']}"},
                    because="to look before you store is not enough: another may be faster "
                    "between the two, and then the database refuses with IntegrityError",
                )


# 08.6


@pytest.mark.step(6)
def test_author_is_shown_with_books(app, rng):
    """GET /authors/{author_id} shows the author with all of their books."""
    author, other = new_author(app, rng), new_author(app, rng)
    books = []
    for _ in range(rng.randint(2, 4)):
        books.append(new_book(app, rng, author))
        new_book(app, rng, other)
    wanted = [{"id": book["id"], "title": book["title"]} for book in books]
    answer = app.get(f"/authors/{author['id']}")
    answer.expect(
        200,
        json=author | {"books": sorted(wanted, key=lambda book: book["id"])},
        because="a relation must be loaded by the query itself: to touch it later needs the "
        "database, which can't be awaited there"
        if answer.status == 500
        else "",
    )


@pytest.mark.step(6)
def test_books_of_an_author_are_in_order(fresh_app, rng):
    """An author's books come in the order of their numbers, however the database finds them."""
    app = fresh_app()
    author = new_author(app, rng)
    falling = sorted((f"{topic} {rng.randint(100, 999)}" for topic in TOPICS), reverse=True)
    books = [new_book(app, rng, author, title=title) for title in falling]
    if file := sqlite_file(app):
        with suppress(sqlite3.OperationalError), sqlite3.connect(file) as database:
            database.execute("CREATE INDEX by_title ON books (author_id, title)")
        database.close()
    found = [book["id"] for book in app.get(f"/authors/{author['id']}").expect(200).json["books"]]
    wanted = sorted(book["id"] for book in books)
    assert found == wanted, (
        f"The author's books should come in the order of their numbers, {wanted}, but came as "
        f"{found}. The database has an index on the titles now, as somebody adds one when it has "
        "grown; without `order_by` the rows come as the database finds them."
    )


@pytest.mark.step(6)
def test_author_without_books(app, rng):
    """An author without books has an empty list."""
    author = new_author(app, rng)
    app.get(f"/authors/{author['id']}").expect(200, json=author | {"books": []})


@pytest.mark.step(6)
def test_author_is_missing(app, rng):
    """An author who is not there is 404."""
    app.get(f"/authors/{new_author(app, rng)['id']}").expect(200)
    missing = rng.randint(10**6, 10**7)
    app.get(f"/authors/{missing}").expect(404, json={"detail": f"There is no author {missing}"})


@pytest.mark.step(6)
def test_author_that_is_no_number(app, rng):
    """What is no number is refused."""
    app.get(f"/authors/{new_author(app, rng)['id']}").expect(200)
    app.get(f"/authors/{rng.choice(NAMES)}").expect(422)


# 08.7


@pytest.mark.step(7)
def test_books_are_listed_with_authors(app, rng):
    """GET /books lists every book with its author, in the order of their numbers."""
    before = app.get("/books").expect(200).json
    authors = [new_author(app, rng) for _ in range(3)]
    wanted = []
    for _ in range(6):
        author = rng.choice(authors)
        book = new_book(app, rng, author)
        wanted.append(
            {"id": book["id"], "title": book["title"], "stock": book["stock"], "author": author}
        )
    expect_listed(app, "/books", before + wanted)


@pytest.mark.step(7)
def test_statements_do_not_grow(fresh_app, rng):
    """GET /books takes as many SQL statements for fifty books as for one."""
    app = fresh_app()
    new_book(app, rng, new_author(app, rng))
    few = count_statements(app, "/books")
    for _ in range(10):
        author = new_author(app, rng)
        for _ in range(5):
            new_book(app, rng, author)
    many = count_statements(app, "/books")
    listed = len(app.get("/books").expect(200).json)
    assert listed == 51, f"GET /books should list the 51 books, but lists {listed}."
    assert many <= few, (
        f"For 1 book GET /books executed {few} SQL statement(s), for 51 books of 11 authors it "
        f"executed {many}. Each author is asked for by a statement of their own, so the list gets "
        "slower with every book. Load all authors together with the books."
    )


# 08.8


@pytest.mark.step(8)
def test_order_is_placed(app, rng):
    """POST /orders answers 201 with the order, and the copies are taken from stock."""
    author = new_author(app, rng)
    books = [new_book(app, rng, author, stock=rng.randint(10, 50)) for _ in range(3)]
    lines = [(book, rng.randint(1, 9)) for book in rng.sample(books, len(books))]
    body = order_body(*lines)
    order = app.post("/orders", json=body).expect(201, contains={"id": IsPositiveInt}).json
    assert sorted_lines(order) == sorted_lines(body), (
        f"The answer should hold the lines that were sent, {body['lines']}, "
        f"but holds {order['lines']}."
    )
    for book, copies in lines:
        left = stock_of(app, book)
        assert left == book["stock"] - copies, (
            f"Of book {book['id']} there were {book['stock']} copies, and {copies} were ordered. "
            f"Now there should be {book['stock'] - copies}, but there are {left}."
        )


@pytest.mark.step(8)
def test_orders_are_listed(app, rng):
    """GET /orders lists every order with its lines, in the order of their numbers."""
    before = app.get("/orders").expect(200).json
    author = new_author(app, rng)
    books = [new_book(app, rng, author, stock=50) for _ in range(3)]
    placed = []
    for _ in range(3):
        lines = [(book, rng.randint(1, 9)) for book in rng.sample(books, 2)]
        placed.append(app.post("/orders", json=order_body(*lines)).expect(201).json)
    found = app.get("/orders").expect(200).json
    wanted = sorted(before + placed, key=lambda order: order["id"])
    numbers, ordered = ([order["id"] for order in orders] for orders in (found, wanted))
    assert numbers == ordered, (
        f"GET /orders should list the orders {ordered}, in this order, but lists {numbers}."
    )
    for order, one in zip(found, wanted, strict=True):
        assert sorted_lines(order) == sorted_lines(one), (
            f"Order {one['id']} should have the lines {one['lines']}, but has {order['lines']}."
        )


@pytest.mark.step(8)
@pytest.mark.parametrize("place", ["first", "last"], ids="wrong line {}".format)
def test_too_few_copies(app, rng, place):
    """An order for more copies than there are is refused with 409, and changes nothing."""
    author = new_author(app, rng)
    plenty = [new_book(app, rng, author, stock=rng.randint(10, 50)) for _ in range(2)]
    few = new_book(app, rng, author, stock=rng.randint(1, 5))
    plenty.append(new_book(app, rng, author, stock=rng.randint(10, 50)))
    app.post("/orders", json=order_body((few, 1))).expect(201)
    few["stock"] -= 1
    orders = count_orders(app)
    lines = [(book, rng.randint(1, 9)) for book in plenty]
    lines.insert(0 if place == "first" else 3, (few, few["stock"] + rng.randint(1, 9)))
    app.post("/orders", json=order_body(*lines)).expect(
        409, json={"detail": f"There are not enough copies of book {few['id']}"}
    )
    expect_unchanged(app, [*plenty, few], orders)


@pytest.mark.step(8)
@pytest.mark.parametrize("place", ["first", "last"], ids="wrong line {}".format)
def test_order_of_a_missing_book(app, rng, place):
    """An order for a book that is not there is refused with 404, and changes nothing."""
    author = new_author(app, rng)
    books = [new_book(app, rng, author, stock=rng.randint(10, 50)) for _ in range(3)]
    app.post("/orders", json=order_body((books[0], 1))).expect(201)
    books[0]["stock"] -= 1
    orders = count_orders(app)
    missing = rng.randint(10**6, 10**7)
    lines = [(book, rng.randint(1, 9)) for book in books]
    lines.insert(0 if place == "first" else 3, ({"id": missing}, 1))
    app.post("/orders", json=order_body(*lines)).expect(
        404, json={"detail": f"There is no book {missing}"}
    )
    expect_unchanged(app, books, orders)


def count_orders(app):
    """Return how many orders GET /orders lists."""
    return len(app.get("/orders").expect(200).json)


def expect_unchanged(app, books, orders):
    """Demand that a refused order has left no trace."""
    for book in books:
        left = stock_of(app, book)
        assert left == book["stock"], (
            f"The order was refused, but the stock of book {book['id']} went from "
            f"{book['stock']} to {left}. An order happens as a whole or not at all: all of its "
            "changes belong into one transaction, committed at the end."
        )
    listed = count_orders(app)
    assert listed == orders, (
        f"Before an order was refused, GET /orders listed {orders}, afterwards {listed}. "
        "A refused order must leave nothing behind."
    )


# 08.9


@pytest.mark.step(9)
def test_last_copies_are_sold_once(app, rng):
    """Of twenty orders at the same moment for the last five copies, exactly five succeed."""
    author = new_author(app, rng)
    for _ in range(2):
        book = new_book(app, rng, author, stock=COPIES_LEFT)
        order = order_body((book, 1))
        before = count_orders(app)
        answers = app.at_once(*[lambda order=order: app.post("/orders", json=order)] * CUSTOMERS)
        sold = [answer.status for answer in answers].count(201)
        assert sold == COPIES_LEFT, (
            f"Twenty customers ordered a copy of book {book['id']} at the same moment; there were "
            f"5. Five orders should be accepted (201) and fifteen refused (409), but the answers "
            f"were {statuses(answers)}. Between looking at the stock and changing it, others "
            "have looked too: let one statement do both."
        )
        for answer in answers:
            if answer.status != 201:
                answer.expect(
                    409, json={"detail": f"There are not enough copies of book {book['id']}"}
                )
        left = stock_of(app, book)
        assert left == 0, f"All 5 copies were sold, so the stock should be 0, but it is {left}."
        more = count_orders(app) - before
        assert more == COPIES_LEFT, f"5 orders were accepted, but GET /orders lists {more} more."


@pytest.mark.step(9)
def test_orders_in_any_order(app, rng):
    """Twenty orders of the same two books at the same moment, named in any order, succeed."""
    author = new_author(app, rng)
    books = [new_book(app, rng, author, stock=rng.randint(30, 60)) for _ in range(2)]
    one, other = books
    calls = [order_body((one, 1), (other, 1)), order_body((other, 1), (one, 1))] * 10
    because = (
        "there are enough copies. Two orders that take the same books in a different order can "
        "each wait for the other (a deadlock), until the database notices and throws one of them "
        "out: take the books in one fixed order"
    )
    try:
        answers = app.at_once(*[lambda body=body: app.post("/orders", json=body) for body in calls])
    except AssertionError as error:  # no answer in time
        message = f"{because[:1].upper()}{because[1:]}.\n{error}"
        raise AssertionError(message) from None
    for answer in answers:
        answer.expect(201, because=because)
    for book in books:
        left = stock_of(app, book)
        assert left == book["stock"] - CUSTOMERS, (
            f"Twenty of {book['stock']} copies of book {book['id']} were sold, so "
            f"{book['stock'] - CUSTOMERS} should be left, but there are {left}: some orders "
            "overwrote what others had written."
        )


# 08.10


@pytest.mark.step(10)
def test_every_connection_is_given_back(fresh_app, rng):
    """After fifty requests, errors among them, no connection is still in use."""
    app = fresh_app()
    author = new_author(app, rng)
    book = new_book(app, rng, author, stock=rng.randint(60, 90))
    missing = {"id": rng.randint(10**6, 10**7)}
    kinds = [
        (200, lambda: app.get("/authors")),
        (200, lambda: app.get(f"/books/{book['id']}")),
        (404, lambda: app.get(f"/books/{missing['id']}")),
        (404, lambda: app.post("/books", json=book_body(rng, missing))),
        (409, lambda: app.post("/books", json=book_body(rng, author, isbn=book["isbn"]))),
        (422, lambda: app.post("/books", json={"title": "No number"})),
        (201, lambda: app.post("/orders", json=order_body((book, 1)))),
        (404, lambda: app.post("/orders", json=order_body((missing, 1)))),
        (409, lambda: app.post("/orders", json=order_body((book, 100)))),
        (422, lambda: app.post("/orders", json={"lines": []})),
    ]
    for status, call in rng.sample(kinds, len(kinds)):
        call().expect(status)
        expect_given_back(app)
    calls = kinds * 4
    rng.shuffle(calls)
    because = "after many requests the app must work as after one"
    for status, call in calls[:20]:
        call().expect(status, because=because)
    answers = app.at_once(*[call for _, call in calls[20:]])
    for (status, _), answer in zip(calls[20:], answers, strict=True):
        answer.expect(status, because=because)
    expect_given_back(app)


def expect_given_back(app):
    """Demand that no connection is in use."""
    until = time.monotonic() + HELD_S
    while (left := app.facts()["checked_out"]) and time.monotonic() < until:
        pass  # a session may be closed just after the answer was sent
    last = app.exchanges[-1]
    assert left == 0, (
        f"{left} connection(s) to the database were not given back, the last time after "
        f"{last.request['method']} {last.request['path']}, which answered "
        f"{last.response['status'] if last.response else 'nothing'}. A session or connection was "
        "not closed: `async with` closes it whatever happens, also when an error is raised."
    )


@pytest.mark.step(10)
def test_no_request_blocks(fresh_app, rng):
    """No path operation opens a connection with a driver that blocks."""
    app = fresh_app()
    author = new_author(app, rng)
    book = new_book(app, rng, author)
    paths = ["/authors", f"/authors/{author['id']}", "/books", f"/books/{book['id']}", "/orders"]
    for path in [None, *paths]:
        if path:
            app.get(path)  # whether the answer is right, other steps tell
        where = f"GET {path}" if path else "POST /authors or POST /books"
        assert not app.facts()["blocking"], (
            f"{where} connects to the database with a driver that blocks: while it waits, nobody "
            "else is served. Use the session of your async engine, as elsewhere."
        )
