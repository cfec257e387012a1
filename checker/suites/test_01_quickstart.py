"""Lesson 01: the first API."""

from urllib.parse import quote

import pytest

pytestmark = pytest.mark.lesson("01")

BOOKS = {
    1: {"id": 1, "title": "A Wizard of Earthsea", "author": "Ursula K. Le Guin"},
    2: {"id": 2, "title": "Invisible Cities", "author": "Italo Calvino"},
    3: {"id": 3, "title": "The Dispossessed", "author": "Ursula K. Le Guin"},
    4: {"id": 4, "title": "Kindred", "author": "Octavia E. Butler"},
    5: {"id": 5, "title": "The Baron in the Trees", "author": "Italo Calvino"},
}
DELAY_S = 0.1


@pytest.mark.step(1)
def test_greets_at_the_root(app):
    """GET / answers with the welcome."""
    app.get("/").expect(200, json={"message": "Welcome to the bookshop"})


@pytest.mark.step(2)
def test_title_and_version(app):
    """The docs carry the title and the version."""
    info = app.openapi()["info"]
    assert info["title"] == "Bookshop API", (
        f'The title should be "Bookshop API", but is "{info["title"]}". '
        "It is an argument of FastAPI(...)."
    )
    assert info["version"] == "1.0.0", (
        f'The version should be "1.0.0", but is "{info["version"]}". '
        "It is an argument of FastAPI(...)."
    )


@pytest.mark.step(2)
def test_description(app):
    """The docs carry a description."""
    description = app.openapi()["info"].get("description", "")
    assert description.strip(), "The app has no description. It is an argument of FastAPI(...)."


@pytest.mark.step(2)
@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_docs_answer(app, page):
    """Both pages of docs answer."""
    answer = app.get(page).expect(200)
    assert "text/html" in answer.headers.get("content-type", ""), f"{page} should be a page."


@pytest.mark.step(3)
def test_shows_each_book(app, rng):
    """GET /books/{book_id} answers with that book, whichever it is."""
    for book_id in rng.sample(sorted(BOOKS), len(BOOKS)):
        app.get(f"/books/{book_id}").expect(200, json=BOOKS[book_id])


@pytest.mark.step(3)
def test_number_is_an_integer(app):
    """GET /books/abc is refused, because abc is no number."""
    app.get("/books/1").expect(200)
    answer = app.get("/books/abc").expect(
        422, because="with `book_id: int`, FastAPI refuses what is no integer"
    )
    where = answer.json["detail"][0]["loc"]
    assert where == ["path", "book_id"], (
        f"The refusal should be about the path parameter book_id, but is about {where}. "
        "The name in the path and the name of the argument are both book_id."
    )


@pytest.mark.step(4)
def test_lists_all_books(app):
    """GET /books lists every book."""
    found = app.get("/books").expect(200).json
    assert sorted(found, key=lambda book: book["id"]) == list(BOOKS.values()), (
        f"GET /books should list the {len(BOOKS)} books of BOOKS as they are, but sent {found}."
    )


@pytest.mark.step(4)
def test_filters_by_author(app, rng):
    """GET /books?author=... lists only that author's books."""
    author = rng.choice(sorted({book["author"] for book in BOOKS.values()}))
    wanted = [book for book in BOOKS.values() if book["author"] == author]
    found = app.get("/books", params={"author": author}).expect(200).json
    assert sorted(found, key=lambda book: book["id"]) == wanted, (
        f"GET /books?author={author} should list {wanted}, but sent {found}."
    )


@pytest.mark.step(4)
def test_search_changes_nothing(app, rng):
    """After a search, GET /books lists every book again."""
    author = rng.choice(sorted({book["author"] for book in BOOKS.values()}))
    app.get("/books", params={"author": author}).expect(200)
    found = app.get("/books").expect(200).json
    assert len(found) == len(BOOKS), (
        f"After GET /books?author={author}, GET /books should still list all {len(BOOKS)} books, "
        f"but listed {len(found)}. A search must not change BOOKS, or another list that it keeps."
    )


@pytest.mark.step(4)
def test_author_is_exactly_that(app, rng):
    """A part of a name, or another spelling of it, is another author."""
    author = rng.choice(sorted({book["author"] for book in BOOKS.values()}))
    for other in (author.split()[0], author.lower(), author + "."):
        app.get("/books", params={"author": author}).expect(200)
        app.get("/books", params={"author": other}).expect(
            200, json=[], because=f"no book is by exactly {other!r}"
        )


@pytest.mark.step(4)
def test_unknown_author_has_no_books(app, rng):
    """An author without books gives an empty list."""
    app.get("/books", params={"author": f"Nobody {rng.randint(100, 999)}"}).expect(
        200, json=[], because="an empty list is a proper answer to a search"
    )


@pytest.mark.step(5)
def test_missing_book(app, rng):
    """A book that is not there is 404, and the detail names its number."""
    app.get("/books/1").expect(200)
    for missing in (rng.randint(1000, 9999), len(BOOKS) + 1, 0, -1):
        answer = app.get(f"/books/{missing}")
        assert answer.status != 200 or "status_code" not in answer.text, (
            f"GET /books/{missing} answered 200 with an HTTPException as its body: "
            "`raise` it, don't `return` it."
        )
        answer.expect(404, json={"detail": f"There is no book {missing}"})


@pytest.mark.step(6)
def test_delete_answers_204(fresh_app, rng):
    """DELETE answers 204 with an empty body."""
    app = fresh_app()
    app.delete(f"/books/{rng.choice(sorted(BOOKS))}").expect(
        204, text="", because="204 means that there is nothing to say"
    )


@pytest.mark.step(6)
def test_deleted_book_is_gone(fresh_app, rng):
    """A deleted book is gone, and the others are still there, under their numbers."""
    app = fresh_app()
    gone, *kept = rng.sample(sorted(BOOKS), len(BOOKS))
    app.get(f"/books/{gone}").expect(200)
    app.delete(f"/books/{gone}").expect(204)
    app.get(f"/books/{gone}").expect(404, because="it was deleted")
    for book_id in kept:
        app.get(f"/books/{book_id}").expect(
            200,
            json=BOOKS[book_id],
            because=f"only book {gone} was deleted, and the others keep "
            "their numbers. Look a book up by its number, not by its place in a list",
        )


@pytest.mark.step(6)
def test_deleted_book_is_not_listed(fresh_app, rng):
    """A deleted book is in no list any more."""
    app = fresh_app()
    gone = rng.choice(sorted(BOOKS))
    app.get("/books").expect(200)
    app.delete(f"/books/{gone}").expect(204)
    for path in ("/books", f"/books?author={quote(BOOKS[gone]['author'])}"):
        numbers = [book["id"] for book in app.get(path).expect(200).json]
        assert gone not in numbers, (
            f"Book {gone} was deleted, but GET {path} still lists it. Make the list from BOOKS "
            "each time that somebody asks."
        )


@pytest.mark.step(6)
def test_delete_of_missing_book(app, rng):
    """To delete a book that is not there is 404."""
    missing = rng.randint(1000, 9999)
    app.delete(f"/books/{missing}").expect(404, json={"detail": f"There is no book {missing}"})


@pytest.mark.step(7)
def test_operations_are_tagged(app):
    """The three path operations on books carry the tag books."""
    for method, path in [
        ("get", "/books"),
        ("get", "/books/{book_id}"),
        ("delete", "/books/{book_id}"),
    ]:
        tags = app.operation(method, path).get("tags", [])
        assert "books" in tags, (
            f"{method.upper()} {path} should carry the tag books, but its tags are {tags}."
        )


@pytest.mark.step(7)
def test_summary(app):
    """GET /books/{book_id} has its summary."""
    summary = app.operation("get", "/books/{book_id}").get("summary")
    assert summary == "Show one book", (
        f'The summary should be "Show one book", but is "{summary}". '
        "It is an argument of the decorator."
    )


@pytest.mark.step(8)
def test_five_wait_together(app, rng):
    """GET /stock/{book_id} waits for the warehouse; five calls at once take as long as one."""
    book_id = rng.choice(sorted(BOOKS))
    # A busy machine can be late; calls that wait for each other always take five waits.
    for _ in range(3):
        answers = app.at_once(*[lambda: app.get(f"/stock/{book_id}")] * 5)
        for answer in answers:
            answer.expect(200, json={"book_id": book_id, "in_stock": 7})
        took = max(a.finished for a in answers) - min(a.started for a in answers)
        if took < DELAY_S * 3.5:
            break
    quickest = min(answer.finished - answer.started for answer in answers)
    assert quickest >= DELAY_S * 0.9, (
        f"GET /stock/{book_id} should wait {DELAY_S} seconds, but answered after {quickest:.2f}."
    )
    if took >= DELAY_S * 3.5:
        alone = app.get(f"/stock/{book_id}")
        alone_took = alone.finished - alone.started
        assert alone_took > DELAY_S * 2.5, (
            f"Five calls of GET /stock/{book_id} at the same moment took {took:.1f} seconds: "
            "each waited for the one before. `time.sleep` in an `async def` holds up everybody; "
            "`await asyncio.sleep(...)` lets others run meanwhile."
        )
        raise AssertionError(
            f"GET /stock/{book_id} alone took {alone_took:.1f} seconds, but should take {DELAY_S}: "
            "wait WAREHOUSE_DELAY seconds, once."
        )
