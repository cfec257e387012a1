"""Lesson 03: parameters in paths, queries, headers, cookies, bodies and forms."""

import pytest

pytestmark = pytest.mark.lesson("03")

FIELDS = ("id", "title", "author", "genre", "year", "price", "shelf")
ROWS = [
    (1, "A Wizard of Earthsea", "Ursula K. Le Guin", "fantasy", 1968, 22.45, "F12"),
    (2, "The Baron in the Trees", "Italo Calvino", "classics", 1957, 6.85, "L15"),
    (3, "The Cheese and the Worms", "Carlo Ginzburg", "history", 1976, 20.0, "H19"),
    (4, "View with a Grain of Sand", "Wisława Szymborska", "poetry", 1995, 8.1, "P17"),
    (5, "The Neverending Story", "Michael Ende", "fantasy", 1979, 8.0, "F15"),
    (6, "Omeros", "Derek Walcott", "poetry", 1990, 7.4, "P20"),
    (7, "The Name of the Rose", "Umberto Eco", "crime", 1980, 11.35, "C14"),
    (8, "Smilla's Sense of Snow", "Peter Høeg", "crime", 1992, 12.65, "C17"),
    (9, "Parable of the Sower", "Octavia E. Butler", "science fiction", 1993, 21.85, "S13"),
    (10, "The City & the City", "China Miéville", "science fiction", 2009, 7.25, "S16"),
    (11, "The Hobbit", "J. R. R. Tolkien", "fantasy", 1937, 18.35, "F12"),
    (12, "Piranesi", "Susanna Clarke", "fantasy", 2020, 14.85, "F15"),
    (13, "Middlemarch", "George Eliot", "classics", 1871, 17.75, "L15"),
    (14, "The Big Sleep", "Raymond Chandler", "crime", 1939, 21.6, "C14"),
    (15, "Gaudy Night", "Dorothy L. Sayers", "crime", 1935, 11.5, "C17"),
    (16, "Frankenstein", "Mary Shelley", "classics", 1818, 19.75, "L18"),
    (17, "The Dispossessed", "Ursula K. Le Guin", "science fiction", 1974, 12.45, "S13"),
    (18, "Solaris", "Stanisław Lem", "science fiction", 1961, 22.85, "S16"),
    (19, "Montaillou", "Emmanuel Le Roy Ladurie", "history", 1975, 14.0, "H19"),
    (20, "The Guns of August", "Barbara W. Tuchman", "history", 1962, 19.25, "H16"),
    (21, "Averno", "Louise Glück", "poetry", 2006, 6.6, "P17"),
    (22, "Leaves of Grass", "Walt Whitman", "poetry", 1855, 23.45, "P20"),
    (23, "Rubicon", "Tom Holland", "history", 2003, 8.65, "H16"),
    (24, "Pride and Prejudice", "Jane Austen", "classics", 1813, 18.2, "L18"),
]
CATALOGUE = [dict(zip(FIELDS, row, strict=True)) for row in ROWS]
BOOKS = {book["id"]: book for book in CATALOGUE}
STOCK = {
    "harbour": {book_id: book_id % 5 for book_id in BOOKS},
    "market": {book_id: (book_id * 5 + 2) % 7 for book_id in BOOKS},
    "station": {book_id: (book_id * 3 + 1) % 11 for book_id in BOOKS},
}
SORTED = {
    "number": CATALOGUE,
    "title": sorted(CATALOGUE, key=lambda book: book["title"]),
    "price": sorted(CATALOGUE, key=lambda book: book["price"]),
    "newest": sorted(CATALOGUE, key=lambda book: book["year"], reverse=True),
}
NUMBERS = sorted(BOOKS)[1:]
"""Numbers of books that a wrong lower bound (step 1) does not touch."""
MOST_NAMED = 20
FAR = 1000
"""A number of books to skip that any bound of the app's own must allow."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def word(rng, length):
    """Return a word that no book has in its title."""
    return "".join(rng.choices(LETTERS, k=length))


def named(books):
    """Name books by their numbers, for a message."""
    if not isinstance(books, list) or not all(isinstance(b, dict) and "id" in b for b in books):
        return f"sent {str(books)[:200]}, which is no list of books"
    if not books:
        return "listed no book"
    numbers = [str(book["id"]) for book in books]
    if len(numbers) > MOST_NAMED:
        return f"listed {len(numbers)} books: {', '.join(numbers[:MOST_NAMED])} and so on"
    return f"listed {'book' if len(books) == 1 else 'the books'} {', '.join(numbers)}"


def expect_books(answer, wanted, why, filters=""):
    """Demand a list of exactly these books, in this order; `filters` is the parameter sent."""
    found = answer.expect(200, because=why.rstrip(".")).json
    if found == wanted:
        return
    if filters and named(found) in (named(CATALOGUE), named(CATALOGUE[:10])):
        why += (
            f"\nThe list is unfiltered, as if `{filters}` were not sent. "
            "Where does FastAPI read this argument from, and does the function use it?"
        )
    numbers = ", ".join(str(book["id"]) for book in wanted)
    what = "no book, []"
    if wanted:
        what = f"book {numbers}" if len(wanted) == 1 else f"the books {numbers} (in this order)"
    assert named(found) == named(wanted), (
        f"{answer.line} should list {what}, but {named(found)}.\n{why}"
    )
    strange = next((f, w) for f, w in zip(found, wanted, strict=True) if f != w)
    assert found == wanted, (
        f"{answer.line} lists the right books, but sends book {strange[1]['id']} as {strange[0]}. "
        f"It should be {strange[1]}, as it stands in BOOKS."
    )


def parameters(app, method, path, place="query"):
    """Return what the docs say of the parameters of an operation, by name."""
    listed = app.operation(method, path).get("parameters", [])
    return {one.get("name"): one for one in listed if one.get("in") == place}


def parameter(app, method, path, name, place="query"):
    """Return what the docs say of one parameter, its schema made flat."""
    found = parameters(app, method, path, place)
    assert name in found, (
        f"The docs of {method} {path} should list the {place} parameter {name}, but list "
        f"{', '.join(sorted(found)) or 'none'}. Is {name} an argument of the function?"
    )
    return found[name] | {"schema": flat(app.openapi(), found[name].get("schema", {}))}


def flat(document, schema):
    """Merge a schema with what it refers to, and with the alternatives to null.

    Its "enum" holds the values of all alternatives, also those that stand alone as "const".
    """
    parts = [part for union in ("anyOf", "allOf", "oneOf") for part in schema.get(union, [])]
    if reference := schema.get("$ref"):
        target = document
        for name in reference.removeprefix("#/").split("/"):
            target = target[name]
        parts.append(target)
    merged, values = {}, []
    for part in parts:
        if part.get("type") != "null":
            merged |= flat(document, part)
            values += merged.pop("enum", [])
    values += schema.get("enum", []) + ([schema["const"]] if "const" in schema else [])
    own = {k: v for k, v in schema.items() if k not in ("$ref", "anyOf", "allOf", "oneOf")}
    return merged | own | ({"enum": values} if values else {})


def lower_bound(schema):
    """Return the lowest integer that a schema allows."""
    if "exclusiveMinimum" in schema:
        return schema["exclusiveMinimum"] + 1
    return schema.get("minimum")


def upper_bound(schema):
    """Return the highest integer that a schema allows."""
    if "exclusiveMaximum" in schema:
        return schema["exclusiveMaximum"] - 1
    return schema.get("maximum")


def bounds(low, high):
    """Name bounds, for a message."""
    words = [f"a lower bound of {low}"] * (low is not None)
    words += [f"an upper bound of {high}"] * (high is not None)
    return " and ".join(words) or "no bounds"


# ------------------------------------------------------------------------------- 1: the path


@pytest.mark.step(1)
def test_numbers_below_one_are_refused(app, rng):
    """A number below 1 is refused with 422, and every book is still shown."""
    book_id = rng.choice(sorted(BOOKS))
    app.get(f"/books/{book_id}").expect(200, json=BOOKS[book_id])
    app.get("/books/1").expect(200, json=BOOKS[1], because="1 is the lowest number allowed")
    for wrong in (0, -rng.randint(1, 500)):
        app.get(f"/books/{wrong}").expect(
            422, because="no book can have a number below 1, so `book_id` has a lower bound"
        )


@pytest.mark.step(1)
def test_missing_book_is_404(app, rng):
    """A number of 1 or more that no book has is still 404."""
    app.get("/books/0").expect(422, because="0 is below 1")
    for missing in (max(BOOKS) + 1, rng.randint(1000, 9999)):
        app.get(f"/books/{missing}").expect(
            404, because="the number is possible, there is just no such book"
        )


@pytest.mark.step(1)
def test_docs_show_the_bound(app):
    """The docs show that book_id is at least 1."""
    bound = lower_bound(parameter(app, "GET", "/books/{book_id}", "book_id", "path")["schema"])
    assert bound == 1, (
        "The docs should show a lower bound of 1 for book_id, "
        f"but show {bounds(bound, None)}. "
        "They show a bound that stands in the parameter's type, not one that the function checks."
    )


# ------------------------------------------------------------------------- 2: order of routes


@pytest.mark.step(2)
def test_latest_book(app):
    """GET /books/latest answers with the book that was published last."""
    answer = app.get("/books/latest").expect(
        200,
        because="the first path operation whose path fits gets the request, "
        "and `/books/{book_id}` fits `/books/latest` too",
    )
    answer.expect(200, json=SORTED["newest"][0], because="this is the book with the highest year")


@pytest.mark.step(2)
def test_numbers_still_work_beside_latest(app, rng):
    """GET /books/{book_id} works beside GET /books/latest."""
    app.get("/books/latest").expect(200)
    for book_id in rng.sample(NUMBERS, 3):
        app.get(f"/books/{book_id}").expect(200, json=BOOKS[book_id])


# -------------------------------------------------------------------------------- 3: q, shelf


@pytest.mark.step(3)
def test_search_in_titles(app, rng):
    """The text q finds the books whose title contains it, in upper or lower case."""
    for change in (str.upper, str.lower, str.swapcase):
        book = rng.choice(CATALOGUE)
        whole = max(book["title"].split(), key=len)
        begin = rng.randint(0, len(whole) - 4)
        text = change(whole[begin : begin + 4])
        wanted = [one for one in CATALOGUE if text.lower() in one["title"].lower()]
        expect_books(
            app.get("/books", params={"q": text}),
            wanted,
            f"These are the books with {text!r} in the title, in upper or lower case.",
            filters="q",
        )


@pytest.mark.step(3)
def test_search_only_in_titles(app, rng):
    """The text q is looked for in the title, and nowhere else."""
    book = rng.choice(CATALOGUE)
    expect_books(
        app.get("/books", params={"q": book["title"]}), [book], "This is its title.", filters="q"
    )
    for place in ("author", "genre", "shelf"):
        texts = {text for one in CATALOGUE for text in str(one[place]).split() if len(text) > 2}
        text = rng.choice(sorted(text for text in texts if not on_shelf_with("", text.lower())))
        expect_books(
            app.get("/books", params={"q": text}),
            [],
            f"A book has {text!r} as its {place} or in it, but no title contains it.",
            filters="q",
        )


@pytest.mark.step(3)
def test_length_of_q(app, rng):
    """The text q may have 30 characters, and not 31."""
    expect_books(
        app.get("/books", params={"q": word(rng, 30)}),
        [],
        "30 characters are allowed, and no title contains these.",
    )
    app.get("/books", params={"q": word(rng, 31)}).expect(
        422, because="this text is 31 characters long, one more than allowed"
    )


@pytest.mark.step(3)
def test_books_on_a_shelf(app, rng):
    """The parameter shelf lists the books on exactly that shelf."""
    for shelf in rng.sample(sorted({book["shelf"] for book in CATALOGUE}), 3):
        wanted = [book for book in CATALOGUE if book["shelf"] == shelf]
        expect_books(
            app.get("/books", params={"shelf": shelf}),
            wanted,
            f"These are the books whose shelf is {shelf}.",
            filters="shelf",
        )
    app.get("/books", params={"shelf": f"Z{rng.randint(50, 99)}"}).expect(
        200, json=[], because="the name has the right form, there are just no books there"
    )


@pytest.mark.step(3)
def test_form_of_a_shelf(app, rng):
    """What doesn't have the form of a shelf's name is refused."""
    shelf = rng.choice(CATALOGUE)["shelf"]
    app.get("/books", params={"shelf": shelf}).expect(200)
    digit, letter = rng.choice("0123456789"), rng.choice(LETTERS)
    wrong = {
        shelf.lower(): "the letter must be a capital",
        shelf
        + digit: "there are three digits, and the pattern should allow nothing behind the second",
        letter + shelf: "the pattern should allow nothing in front of the capital",
        shelf[:2]: "there must be two digits",
        f"{shelf[0]}{letter}{digit}": "there must be two digits behind the letter",
    }
    for name, because in wrong.items():
        app.get("/books", params={"shelf": name}).expect(
            422, because=f"the text {name} is no name of a shelf: {because}"
        )


def on_shelf_with(shelf, text):
    """Return the books on a shelf that have a text in their titles."""
    return [b for b in CATALOGUE if shelf in ("", b["shelf"]) and text in b["title"].lower()]


@pytest.mark.step(3)
def test_title_and_shelf_together(app, rng):
    """Sent together, q and shelf list only books that match both."""
    telling = [
        (shelf, text)
        for shelf in sorted({book["shelf"] for book in CATALOGUE})
        for text in LETTERS
        if 0 < len(on_shelf_with(shelf, text)) < len(on_shelf_with(shelf, ""))
    ]
    for shelf, text in rng.sample(telling, 2):
        expect_books(
            app.get("/books", params={"q": text, "shelf": shelf}),
            on_shelf_with(shelf, text),
            f"These are on shelf {shelf} and have {text!r} in the title; others match only one.",
        )


# ---------------------------------------------------------------------------------- 4: paging


@pytest.mark.step(4)
def test_first_page(app):
    """Without parameters, the first 10 books are listed."""
    expect_books(
        app.get("/books"), CATALOGUE[:10], "If `skip` and `limit` are not sent, they are 0 and 10."
    )


@pytest.mark.step(4)
def test_any_page(app, rng):
    """Any page can be chosen with skip and limit."""
    skip, limit = rng.randint(1, 18), rng.randint(2, 9)
    expect_books(
        app.get("/books", params={"skip": skip, "limit": limit}),
        CATALOGUE[skip : skip + limit],
        f"Leave out the first {skip} books, then list the next {limit}, or as many as there are.",
    )
    expect_books(
        app.get("/books", params={"skip": skip}),
        CATALOGUE[skip : skip + 10],
        f"Leave out the first {skip} books; if `limit` is not sent, it is 10.",
    )
    for beyond in (len(CATALOGUE), rng.randint(25, FAR)):
        app.get("/books", params={"skip": beyond}).expect(
            200, json=[], because="there are only 24 books, so nothing is left to list"
        )


@pytest.mark.step(4)
def test_bounds_of_a_page(app, rng):
    """The lowest skip is 0; limit goes from 1 to 20."""
    expect_books(app.get("/books?skip=0&limit=1"), CATALOGUE[:1], "0 and 1 are allowed.")
    expect_books(app.get("/books?limit=20"), CATALOGUE[:20], "20 is the highest limit allowed.")
    for query, because in [
        (f"skip=-{rng.randint(1, 99)}", "the lowest skip allowed is 0"),
        ("limit=0", "the lowest limit allowed is 1"),
        (f"limit=-{rng.randint(1, 99)}", "the lowest limit allowed is 1"),
        ("limit=21", "the highest limit allowed is 20"),
        (f"limit={rng.randint(22, 10**6)}", "the highest limit allowed is 20"),
    ]:
        app.get(f"/books?{query}").expect(422, because=because)


@pytest.mark.step(4)
def test_docs_show_the_page(app):
    """The docs show the bounds and defaults of skip and limit."""
    for name, lowest, highest, default in [("skip", 0, None, 0), ("limit", 1, 20, 10)]:
        schema = parameter(app, "GET", "/books", name)["schema"]
        low, high = lower_bound(schema), upper_bound(schema)
        if highest is None and (high is None or high >= FAR):
            high = None  # an upper bound that is out of the way is no bound
        nothing_above = " and no upper bound" if highest is None else ""
        assert (low, high) == (lowest, highest), (
            f"The docs should show {bounds(lowest, highest)} for {name}{nothing_above}, "
            f"but show {bounds(low, high)}. They know the bounds that stand in `Query(...)`."
        )
        assert schema.get("default") == default, (
            f"The docs should show {default} as the default of {name}, "
            f"but show {schema.get('default')}."
        )


# --------------------------------------------------------------------------------- 5: sorting


@pytest.mark.step(5)
@pytest.mark.parametrize("sort", [pytest.param(one, id=f"sort={one}") for one in SORTED])
def test_sorts(app, rng, sort):
    """The whole list is sorted, and the page chosen after that."""
    skip, limit = rng.randint(0, 12), rng.randint(5, 12)
    expect_books(
        app.get("/books", params={"sort": sort, "skip": skip, "limit": limit}),
        SORTED[sort][skip : skip + limit],
        f"Sort all books by {sort} first, then leave out {skip} and list {limit}.",
    )


@pytest.mark.step(5)
def test_default_and_unknown_order(app, rng):
    """Without sort the order is by number, and an unknown order is refused."""
    expect_books(app.get("/books?sort=newest&limit=3"), SORTED["newest"][:3], "Newest first.")
    expect_books(
        app.get("/books?limit=20"), CATALOGUE[:20],
        "Without `sort`: by number, whatever was asked for before. `sorted(...)` makes a new list; "
        "`.sort()` changes BOOKS for everybody.",
    )  # fmt: skip
    for unknown in (word(rng, 8), "Title", "id"):
        app.get("/books", params={"sort": unknown}).expect(
            422, because=f"the value {unknown} is none of the four that sort can have"
        )


@pytest.mark.step(5)
def test_docs_list_the_orders(app):
    """The docs offer the four values of sort to choose from."""
    schema = parameter(app, "GET", "/books", "sort")["schema"]
    found = [str(one) for one in schema.get("enum", []) if one is not None]
    assert set(found) == set(SORTED), (
        f"The docs should offer {', '.join(SORTED)} for sort, but offer "
        f"{', '.join(found) or 'any value'}. They know the values if they are part of "
        "the parameter's type."
    )


# ---------------------------------------------------------------------------------- 6: a list


def of_genres(genres):
    """Return the books of these genres."""
    return [book for book in CATALOGUE if book["genre"] in genres]


@pytest.mark.step(6)
def test_one_genre(app, rng):
    """Sent once, genre lists the books of that genre."""
    genre = rng.choice(CATALOGUE)["genre"]
    expect_books(
        app.get("/books", params={"genre": genre}),
        of_genres([genre]),
        f"These are the books whose genre is {genre}.",
        filters="genre",
    )


@pytest.mark.step(6)
def test_several_genres(app, rng):
    """Sent several times, genre lists the books of all these genres."""
    genres = rng.sample(sorted({book["genre"] for book in CATALOGUE}), 2)
    expect_books(
        app.get("/books", params={"genre": genres}),
        of_genres(genres),
        f"A book belongs to the list if its genre is {genres[0]} or {genres[1]}.",
        filters="genre",
    )
    genres.insert(rng.randint(0, 2), word(rng, 7))
    expect_books(
        app.get("/books", params={"genre": genres}),
        of_genres(genres),
        "A genre without books adds nothing, and takes nothing away.",
    )


@pytest.mark.step(6)
def test_genre_without_books(app, rng):
    """A genre that is not exactly that of a book lists nothing."""
    genre, other = rng.sample(sorted({book["genre"] for book in CATALOGUE}), 2)
    expect_books(
        app.get("/books", params={"genre": genre}),
        of_genres([genre]),
        f"These are the books whose genre is {genre}.",
        filters="genre",
    )
    for strange in (word(rng, 9), genre.title(), genre.upper(), genre[:-1], f"{genre},{other}"):
        expect_books(
            app.get("/books", params={"genre": strange}),
            [],
            f"No book has exactly the genre {strange!r}.",
            filters="genre",
        )


@pytest.mark.step(6)
def test_all_filters_together(app, rng):
    """Filters work together, and the page is chosen from what they leave."""
    genres = rng.sample(sorted({book["genre"] for book in CATALOGUE}), 3)
    left = of_genres(genres)
    skip, limit = rng.randint(1, 4), rng.randint(2, 5)
    expect_books(
        app.get("/books", params={"genre": genres, "skip": skip, "limit": limit}),
        left[skip : skip + limit],
        f"Filter first, then leave out {skip} and list {limit}.",
    )
    expect_books(
        app.get("/books", params={"genre": genres, "sort": "price", "limit": limit}),
        sorted(left, key=lambda book: book["price"])[:limit],
        f"Filter first, then sort by price, then list {limit}.",
    )
    expect_books(
        app.get("/books", params={"genre": genres, "q": "the"}),
        [book for book in left if "the" in book["title"].lower()],
        "A book must have one of these genres, and also `the` in its title.",
    )


# ---------------------------------------------------------------------- 7: alias, deprecation


def published_after(year):
    """Return the books published after a year."""
    return [book for book in CATALOGUE if book["year"] > year]


def expect_all(answer, because):
    """Demand a list without a filter, of whatever length a page has."""
    found = answer.expect(200, because=because).json
    first = found[:10] if isinstance(found, list) else found
    assert first == CATALOGUE[:10], (
        f"{answer.line} should list books of every year, beginning with 1, 2, 3, "
        f"but {named(found)}.\n{because[:1].upper()}{because[1:]}."
    )


@pytest.mark.step(7)
@pytest.mark.parametrize("name", ["published-after", "after"])
def test_published_after(app, rng, name):
    """Both the new and the old name list the books of later years."""
    for book in rng.sample(SORTED["newest"][2:10], 2):
        year = book["year"]
        expect_books(
            app.get("/books", params={name: year}),
            published_after(year),
            f"These are the books with a year greater than {year}, so not one of {year} itself.",
            filters=name,
        )
    app.get("/books", params={name: rng.randint(2021, 9999)}).expect(
        200, json=[], because="no book is as young as that"
    )
    expect_all(
        app.get("/books", params={name: 0}),
        f"the parameter {name} takes every whole number from 0 up, "
        "and every book is later than the year 0",
    )


@pytest.mark.step(7)
def test_new_name_wins(app, rng):
    """If both names are sent, published-after counts."""
    new, old = (book["year"] for book in rng.sample(SORTED["newest"][2:10], 2))
    expect_books(
        app.get("/books", params={"published-after": new, "after": old}),
        published_after(new),
        f"Both were sent, so `published-after`, {new}, counts.",
    )
    answer = app.get("/books", params={"published-after": 0, "after": old}).expect(
        200, because="both parameters take every whole number from 0 up"
    )
    assert any(book["year"] <= old for book in answer.json), (
        f"{answer.line} should list books of every year, because `published-after` counts, which "
        f"is 0. But all books listed are later than {old}, as if `published-after` were not sent. "
        "In Python 0 is false, so ask whether it `is None`."
    )


@pytest.mark.step(7)
def test_no_other_name(app, rng):
    """A parameter published_after, with an underscore, filters nothing."""
    year = rng.choice(SORTED["newest"][2:10])["year"]
    expect_books(
        app.get("/books", params={"published-after": year}),
        published_after(year),
        f"These are the books with a year greater than {year}.",
        filters="published-after",
    )
    answer = app.get("/books", params={"published_after": year})
    if answer.status != 422:  # an app that refuses what it does not know is right too
        expect_all(answer, "only published-after is a parameter, with a hyphen")


@pytest.mark.step(7)
def test_docs_show_alias_and_deprecation(app):
    """The docs list published-after, and after as deprecated."""
    found = parameters(app, "GET", "/books")
    shown = ", ".join(sorted(found)) or "none"
    assert "published-after" in found, (
        f"The docs should list the query parameter published-after, but list {shown}. "
        "An argument can have another name outside than inside."
    )
    assert "published_after" not in found, (
        f"The docs list published_after as well ({shown}). There should be only published-after."
    )
    assert "after" in found, (
        f"The docs list only {shown}. The old parameter after should still be among them, with "
        "`deprecated=True`; `include_in_schema=False` hides it."
    )
    assert is_deprecated(found["after"]), (
        "The docs should show the parameter after as deprecated, but do not."
    )
    assert not is_deprecated(found["published-after"]), (
        "The docs show published-after as deprecated. Only the old name, after, is."
    )


def is_deprecated(one):
    """Say whether the docs call a parameter deprecated."""
    return one.get("deprecated") is True or one.get("schema", {}).get("deprecated") is True


# --------------------------------------------------------------------------- 8: a query model


def matching(author=None, lowest=0.0, highest=1e9):
    """Return the books that a search should find."""
    return [
        book
        for book in CATALOGUE
        if author in (None, book["author"]) and lowest <= book["price"] <= highest
    ]


@pytest.mark.step(8)
def test_search_by_author(app, rng):
    """GET /search?author=... lists that author's books."""
    for author in ("Ursula K. Le Guin", rng.choice(CATALOGUE)["author"]):
        expect_books(
            app.get("/search", params={"author": author}),
            matching(author),
            f"These are the books by {author}.",
            filters="author",
        )
    author = rng.choice(CATALOGUE)["author"]
    for near in (
        f"Nobody {rng.randint(100, 999)}",
        author.split()[0],
        author[1:],
        f"{author}{word(rng, 3)}",
        author.lower(),
        author.upper(),
    ):
        expect_books(
            app.get("/search", params={"author": near}),
            [],
            f"No author here is called exactly {near!r}.",
            filters="author",
        )


@pytest.mark.step(8)
def test_search_by_price(app, rng):
    """The price is bounded by min_price and max_price, both included."""
    uneven = [book["price"] for book in CATALOGUE if round(book["price"] * 100) % 10]
    even = [book["price"] for book in CATALOGUE if book["price"] not in uneven]
    for price in (*rng.sample(uneven, 2), *rng.sample(even, 2)):
        for cents in (0, -1, 1):  # the price itself, and just beside it
            bound = round(price + cents / 100, 2)
            it = f"the one that costs {price} is in" if cents == 0 else f"one costs {price}"
            expect_books(
                app.get("/search", params={"min_price": bound}),
                matching(lowest=bound),
                f"These books cost {bound} or more; {it}.",
                filters="min_price",
            )
            expect_books(
                app.get("/search", params={"max_price": bound}),
                matching(highest=bound),
                f"These books cost {bound} or less; {it}.",
                filters="max_price",
            )
    low, high = sorted(rng.sample(uneven + even, 2))
    expect_books(
        app.get("/search", params={"min_price": low, "max_price": high}),
        matching(lowest=low, highest=high),
        f"These books cost from {low} to {high}.",
    )


@pytest.mark.step(8)
def test_search_by_all(app, rng):
    """A book must match every parameter that was sent."""
    author = "Ursula K. Le Guin"
    cheap, dear = sorted(book["price"] for book in matching(author))
    between = round(rng.uniform(cheap + 0.01, dear - 0.01), 2)
    expect_books(
        app.get("/search", params={"author": author, "max_price": between}),
        matching(author, highest=between),
        f"It must be by {author} and cost {between} or less.",
    )
    expect_books(
        app.get("/search", params={"author": author, "min_price": between}),
        matching(author, lowest=between),
        f"It must be by {author} and cost {between} or more.",
    )


@pytest.mark.step(8)
def test_search_for_anything(app):
    """GET /search without parameters lists all 24 books."""
    expect_books(app.get("/search"), CATALOGUE, "Nothing was asked for, so every book matches.")


@pytest.mark.step(8)
def test_prices_below_zero(app, rng):
    """A price of 0 is accepted; one below 0, or no number, is refused."""
    expect_books(app.get("/search?min_price=0"), CATALOGUE, "Every book costs 0 or more.")
    app.get("/search?max_price=0").expect(200, json=[], because="no book is free")
    for name in ("min_price", "max_price"):
        for price in (-0.01, -rng.randint(1, 20)):
            app.get("/search", params={name: price}).expect(
                422, because=f"the lowest {name} allowed is 0"
            )
        app.get("/search", params={name: word(rng, 5)}).expect(
            422, because=f"this {name} is no number"
        )


@pytest.mark.step(8)
def test_unknown_parameters_are_refused(app, rng):
    """A parameter that the search does not know is refused by its name."""
    expect_books(app.get("/search?max_price=9"), matching(highest=9), "This one is known.")
    for unknown in ("max_prize", f"colour{rng.randint(10, 99)}"):
        answer = app.get("/search", params={"max_price": 9, unknown: rng.randint(1, 9)}).expect(
            422, because=f"the search has no parameter {unknown}, and must say so"
        )
        assert unknown in answer.text, (
            f"{answer.line} is refused, but the body does not name {unknown}: {answer.text[:300]}"
        )
    several = [f"{word(rng, 5)}_{number}" for number in range(3)]
    answer = app.get("/search", params=dict.fromkeys(several, 1)).expect(
        422, because="the search knows none of these parameters"
    )
    silent = [name for name in several if name not in answer.text]
    assert not silent, (
        f"{answer.line} is refused, but the body does not name {' and '.join(silent)}. "
        f"It should name every parameter that the search does not know: {answer.text[:300]}"
    )


# -------------------------------------------------------------------------------- 9: a header


def expect_no_book(answer):
    """Demand that a number below 1 is answered in one of the two ways that fit it."""
    if answer.status != 422:
        answer.expect(404, because="no book has a number below 1; 422 would be right too")


@pytest.mark.step(9)
def test_header_names_the_branch(app, rng):
    """The header X-Branch chooses whose stock is shown."""
    for branch in rng.sample(sorted(STOCK), len(STOCK)):
        book_id = rng.choice(NUMBERS)
        name = rng.choice(["X-Branch", "x-branch", "X-BRANCH"])
        app.get(f"/stock/{book_id}", headers={name: branch}).expect(
            200,
            json={"book_id": book_id, "branch": branch, "copies": STOCK[branch][book_id]},
            because=f"the request carries the header {name}: {branch}",
        )


@pytest.mark.step(9)
def test_header_is_required(app, rng):
    """Without the header the request is refused."""
    book_id, branch = rng.choice(NUMBERS), rng.choice(sorted(STOCK))
    app.get(f"/stock/{book_id}", headers={"X-Branch": branch}).expect(200)
    app.get(f"/stock/{book_id}").expect(422, because="the header X-Branch is required")
    for name in ("X-Branch", "x-branch", "x_branch"):
        app.get(f"/stock/{book_id}", params={name: branch}).expect(
            422, because="the branch stands in the query here, and a header was asked for"
        )


@pytest.mark.step(9)
def test_unknown_branch_or_book(app, rng):
    """A branch or a book that is not there is 404."""
    book_id, branch = rng.choice(NUMBERS), rng.choice(sorted(STOCK))
    app.get(f"/stock/{book_id}", headers={"X-Branch": branch}).expect(200)
    for unknown in (word(rng, 8), branch.title(), branch.upper()):
        app.get(f"/stock/{book_id}", headers={"X-Branch": unknown}).expect(
            404, because=f"STOCK has no branch that is called exactly {unknown}"
        )
    for missing in (max(BOOKS) + 1, rng.randint(1000, 9999)):
        app.get(f"/stock/{missing}", headers={"X-Branch": branch}).expect(
            404, because="there is no such book"
        )
    expect_no_book(app.get("/stock/0", headers={"X-Branch": branch}))


# ------------------------------------------------------------------------------- 10: a cookie


@pytest.mark.step(10)
def test_cookie_names_the_book(app, rng):
    """The cookie last_book chooses the book that is shown."""
    for book_id in rng.sample(NUMBERS, 2):
        app.get("/last-book", cookies={"last_book": str(book_id)}).expect(
            200,
            json={"book": BOOKS[book_id]},
            because=f"the request carries the cookie last_book={book_id}",
        )


@pytest.mark.step(10)
def test_no_cookie(app, rng):
    """Without a cookie, or with a number that no book has, `book` is null."""
    app.get("/last-book").expect(200, json={"book": None}, because="no cookie was sent")
    for number in (rng.randint(1000, 9999), max(BOOKS) + 1, 0, -1):
        app.get("/last-book", cookies={"last_book": str(number)}).expect(
            200,
            json={"book": None},
            because=f"the cookie holds an integer, {number}, that is the number of no book",
        )


@pytest.mark.step(10)
def test_cookie_is_an_integer(app, rng):
    """A cookie that is no integer is refused."""
    book_id = rng.choice(NUMBERS)
    app.get("/last-book", cookies={"last_book": str(book_id)}).expect(200)
    for wrong in (word(rng, 5), f"{book_id}.5", f"{book_id}{word(rng, 1)}"):
        app.get("/last-book", cookies={"last_book": wrong}).expect(
            422, because=f"the cookie holds {wrong}, which is no integer"
        )


@pytest.mark.step(10)
def test_query_is_no_cookie(app, rng):
    """A query parameter of the same name makes no difference."""
    shown, other = rng.sample(NUMBERS, 2)
    app.get("/last-book", params={"last_book": shown}).expect(
        200, json={"book": None}, because="a query parameter was sent, and no cookie"
    )
    app.get("/last-book", params={"last_book": other}, cookies={"last_book": str(shown)}).expect(
        200, json={"book": BOOKS[shown]}, because="the cookie counts, not the query"
    )


# ----------------------------------------------------------------------- 11: several bodies


def an_order(rng):
    """Return the body of an order."""
    name = word(rng, 6)
    return {
        "customer": {"name": name.title(), "email": f"{name}@example.org"},
        "address": {"street": f"{word(rng, 7).title()} {rng.randint(1, 99)}", "city": word(rng, 6)},
        "copies": rng.randint(1, 9),
    }


@pytest.mark.step(11)
def test_order_is_taken(app, rng):
    """POST /orders/{book_id} answers 201 with the whole order."""
    for copies in (1, rng.randint(2, 40)):
        book_id, order = rng.choice(NUMBERS), an_order(rng) | {"copies": copies}
        app.post(f"/orders/{book_id}", json=order).expect(201, json={"book_id": book_id} | order)


@pytest.mark.step(11)
def test_order_needs_all_parts(app, rng):
    """An order without customer, address or copies is refused."""
    path, order = f"/orders/{rng.choice(NUMBERS)}", an_order(rng)
    app.post(path, json=order).expect(201)
    for missing in order:
        rest = {name: value for name, value in order.items() if name != missing}
        app.post(path, json=rest).expect(422, because=f"the body holds no {missing}")


@pytest.mark.step(11)
def test_email_is_checked(app, rng):
    """An order with an email that is no email address is refused."""
    path, order = f"/orders/{rng.choice(NUMBERS)}", an_order(rng)
    app.post(path, json=order).expect(201)
    wrong = order["customer"] | {"email": word(rng, 8)}
    app.post(path, json=order | {"customer": wrong}).expect(
        422,
        because=f"the email is {wrong['email']}, without an @; "
        "the model Customer of the starter refuses that",
    )


@pytest.mark.step(11)
def test_copies_are_positive(app, rng):
    """The number of copies must be an integer greater than 0."""
    path, order = f"/orders/{rng.choice(NUMBERS)}", an_order(rng)
    app.post(path, json=order).expect(201)
    for wrong in (0, -rng.randint(1, 9), 1.5):
        app.post(path, json=order | {"copies": wrong}).expect(
            422, because=f"the number of copies is {wrong}, and should be an integer greater than 0"
        )


@pytest.mark.step(11)
def test_copies_belong_into_the_body(app, rng):
    """A number of copies in the query does not count."""
    path, order = f"/orders/{rng.choice(NUMBERS)}", an_order(rng)
    answer = app.post(path, json=order, params={"copies": order["copies"] + 1})
    answer.expect(
        201,
        contains={"copies": order["copies"]},
        because="the number of copies is read from the body",
    )
    copies = order.pop("copies")
    app.post(path, json=order, params={"copies": copies}).expect(
        422, because="the number of copies stands in the query here, and is missing in the body"
    )


@pytest.mark.step(11)
def test_order_of_a_missing_book(app, rng):
    """An order of a book that is not there is 404."""
    order = an_order(rng)
    app.post(f"/orders/{rng.choice(NUMBERS)}", json=order).expect(201)
    for missing in (max(BOOKS) + 1, rng.randint(1000, 9999)):
        app.post(f"/orders/{missing}", json=order).expect(404, because="there is no such book")
    expect_no_book(app.post("/orders/0", json=order))


# --------------------------------------------------------------------------------- 12: a form


def a_name(rng, length):
    """Return a name of some length, with what a form must encode."""
    return (word(rng, 1).upper() + "ö & " + word(rng, length))[:length]


@pytest.mark.step(12)
def test_form_is_taken(app, rng):
    """A form with name and book_id makes a reservation."""
    for length in (1, rng.randint(8, 30), 40):
        name, book_id = a_name(rng, length), rng.choice(NUMBERS)
        app.post("/reservations", data={"name": name, "book_id": book_id}).expect(
            201,
            json={"name": name, "book_id": book_id},
            because="the body is a form, as a browser sends it",
        )


@pytest.mark.step(12)
def test_form_is_checked(app, rng):
    """A form with a missing or a wrong field is refused."""
    form = {"name": a_name(rng, 12), "book_id": rng.choice(NUMBERS)}
    app.post("/reservations", data=form).expect(201)
    for wrong, because in [
        ({"name": form["name"]}, "the field `book_id` is missing"),
        ({"book_id": form["book_id"]}, "the field `name` is missing"),
        (form | {"name": ""}, "the name is empty"),
        (form | {"name": a_name(rng, 41)}, "the name has 41 characters, and 40 are allowed"),
        (form | {"book_id": 0}, "the lowest book_id allowed is 1"),
        (form | {"book_id": word(rng, 4)}, "the book_id is no integer"),
    ]:
        app.post("/reservations", data=wrong).expect(422, because=because)


@pytest.mark.step(12)
def test_json_is_no_form(app, rng):
    """The same fields sent as JSON are refused."""
    form = {"name": a_name(rng, 12), "book_id": rng.choice(NUMBERS)}
    app.post("/reservations", data=form).expect(201)
    app.post("/reservations", json=form).expect(
        422, because="this body is JSON, and a form was asked for"
    )


@pytest.mark.step(12)
def test_reservation_of_a_missing_book(app, rng):
    """A reservation of a book that is not there is 404."""
    name = a_name(rng, 12)
    app.post("/reservations", data={"name": name, "book_id": 1}).expect(201)
    app.post("/reservations", data={"name": name, "book_id": rng.randint(1000, 9999)}).expect(
        404, because="there is no such book"
    )
