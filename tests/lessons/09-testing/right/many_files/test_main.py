"""What the shop does, all of it async."""

import pytest

ADA, BO = {"X-API-Key": "ada-key"}, {"X-API-Key": "bo-key"}
SHEET = {"title": "t", "author": "a", "price": 500, "cost": 1, "stock": 10}


async def test_welcome(api):
    assert (await api.get("/")).json() == {"message": "Welcome to the bookshop"}


async def test_location(api):
    answer = await api.post("/books", json=SHEET)
    assert answer.status_code == 201
    assert (await api.get(answer.headers["Location"])).is_success


async def test_delete(api, add):
    path = f"/books/{await add()}"
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"title": ""}, 422),
        ({"title": "y" * 100}, 201),
        ({"title": "y" * 101}, 422),
        ({"price": 0}, 422),
        ({"price": 1}, 201),
        ({"stock": -1}, 422),
        ({"stock": 0}, 201),
    ],
)
async def test_sheet(api, changed, status):
    answer = await api.post("/books", json=SHEET | changed)
    assert answer.status_code == status


async def test_pages(api, add):
    for title in ("c", "a", "d", "b"):
        await add(title=title, author=title * 2)
    page = await api.get("/books", params={"skip": 1, "limit": 2})
    assert [book["title"] for book in page.json()] == ["b", "c"]
    assert int(page.headers["X-Total-Count"]) == 4
    found = await api.get("/books", params={"author": "dd"})
    assert [book["title"] for book in found.json()] == ["d"]


async def test_too_large_a_page(api):
    assert (await api.get("/books", params={"limit": 51})).status_code == 422


@pytest.mark.parametrize(
    ("key", "status"), [("", 401), ("ada-kex", 401), ("ada-key", 403), ("bo-key", 403)]
)
async def test_rights(api, add, key, status):
    book = await add()
    headers = {"X-API-Key": key}
    for answer in (
        await api.post("/books", json=SHEET, headers=headers),
        await api.delete(f"/books/{book}", headers=headers),
    ):
        assert answer.status_code == status
        assert status == 403 or "WWW-Authenticate" in answer.headers


async def test_secret(api):
    added = (await api.post("/books", json=SHEET)).json()
    shown = (await api.get(f"/books/{added['id']}")).json()
    (listed,) = (await api.get("/books")).json()
    assert not any("cost" in book for book in (added, shown, listed))


async def order(api, *lines, headers=ADA):
    lines = [{"book_id": book, "quantity": quantity} for book, quantity in lines]
    return await api.post("/orders", json={"lines": lines}, headers=headers)


async def test_order(api, add):
    book = await add(stock=5, price=11)
    placed = await order(api, (book, 2))
    assert placed.status_code == 201
    mine = await api.get(f"/orders/{placed.json()['id']}", headers=ADA)
    assert mine.json()["total"] == 22
    theirs = await api.get(f"/orders/{placed.json()['id']}", headers=BO)
    assert theirs.status_code == 403
    assert (await api.get(f"/books/{book}")).json()["stock"] == 3
    assert (await order(api, (book, 3))).status_code == 201
    assert (await order(api, (book, 1))).status_code == 409


async def test_half_an_order(api, add):
    books = [await add(stock=3), await add(stock=2)]
    refused = await order(api, (books[0], 3), (books[1], 3))
    assert refused.status_code == 409
    assert [(await api.get(f"/books/{book}")).json()["stock"] for book in books] == [3, 2]


async def test_eleven(api, add):
    book = await add(stock=11)
    assert (await order(api, (book, 11))).status_code == 422
    assert (await order(api, (book, 10))).status_code == 201
