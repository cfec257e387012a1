"""Lesson 04: dependencies."""

import ast
import json
import re
import socket
import time

import pytest
from dirty_equals import IsStr

pytestmark = pytest.mark.lesson("04")

BOOKS = [
    {"id": 1, "title": "A Wizard of Earthsea", "author": "Ursula K. Le Guin", "price": 11},
    {"id": 2, "title": "Invisible Cities", "author": "Italo Calvino", "price": 14},
    {"id": 3, "title": "The Dispossessed", "author": "Ursula K. Le Guin", "price": 13},
    {"id": 4, "title": "Kindred", "author": "Octavia E. Butler", "price": 16},
    {"id": 5, "title": "The Baron in the Trees", "author": "Italo Calvino", "price": 12},
    {"id": 6, "title": "The Tombs of Atuan", "author": "Ursula K. Le Guin", "price": 10},
    {"id": 7, "title": "Parable of the Sower", "author": "Octavia E. Butler", "price": 18},
    {"id": 8, "title": "Cosmicomics", "author": "Italo Calvino", "price": 15},
    {"id": 9, "title": "The Farthest Shore", "author": "Ursula K. Le Guin", "price": 9},
    {"id": 10, "title": "Fledgling", "author": "Octavia E. Butler", "price": 17},
    {"id": 11, "title": "Marcovaldo", "author": "Italo Calvino", "price": 8},
    {"id": 12, "title": "Lavinia", "author": "Ursula K. Le Guin", "price": 19},
]
CUSTOMERS = [{"id": number, "name": f"Customer {number}"} for number in range(1, 26)]
LISTS = {"/books": BOOKS, "/customers": CUSTOMERS}
AUTHORS = sorted({book["author"] for book in BOOKS})
DEFAULT_LIMIT = 5
MAX_LIMIT = 20
COPIES = 10
READ_DELAY_S = 0.05
METHODS = {"get", "post", "put", "patch", "delete"}
FILLS = {"Depends", "Security"}
LARGE = 6 * 1024**2
"""Bytes of an answer that no system keeps for a client which does not read."""


# ------------------------------------------------------------------------------------ helpers


def path_operations(source):
    """Yield file name and function of every path operation that a decorator makes."""
    for name, tree in source.trees():
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and any(
                isinstance(line, ast.Call)
                and isinstance(line.func, ast.Attribute)
                and line.func.attr in METHODS
                for line in node.decorator_list
            ):
                yield name, node


def parameters(function):
    """Return all parameters of a function."""
    arguments = function.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def with_defaults(function):
    """Yield all parameters of a function, each with its default (or None)."""
    arguments = function.args
    by_place = [*arguments.posonlyargs, *arguments.args]
    missing = [None] * (len(by_place) - len(arguments.defaults))
    yield from zip(by_place, [*missing, *arguments.defaults], strict=True)
    yield from zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)


def last_name(node):
    """Return the last name of a dotted one."""
    return ast.unparse(node).rpartition(".")[2]


def named_values(source):
    """Return what each name of the files stands for, as far as an assignment or import says."""
    known = {}
    for _, tree in source.trees():
        for node in ast.walk(tree):
            found = []
            if isinstance(node, ast.Assign):
                found = [(ast.unparse(target), node.value) for target in node.targets]
            elif isinstance(node, ast.AnnAssign) and node.value:
                found = [(ast.unparse(node.target), node.value)]
            elif type(node).__name__ == "TypeAlias":
                found = [(node.name.id, node.value)]
            elif isinstance(node, ast.ImportFrom):
                found = [(one.asname, ast.Name(one.name)) for one in node.names if one.asname]
            for name, value in found:
                known.setdefault(name, []).append(value)
    return known


def dependencies(node, known, by="", passed=()):
    """Yield each Depends(...) of a type or default, and the name of the value that holds it."""
    for child in ast.walk(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and not by:
            try:  # a type may be written as a text
                yield from dependencies(ast.parse(child.value, mode="eval"), known, "text", passed)
            except SyntaxError:
                continue
        elif isinstance(child, ast.Call) and fills(child, known):
            yield child, by
        elif isinstance(child, (ast.Name, ast.Attribute)):
            name = last_name(child)
            for value in known.get(name, ()) if name not in passed else ():
                if not isinstance(value, ast.Call) or fills(value, known):
                    yield from dependencies(value, known, name, (*passed, name))


def fills(call, known):
    """Tell whether a call is one of Depends or Security."""
    name = last_name(call.func)
    meant = {name} | {last_name(one) for one in known.get(name, ()) if isinstance(one, ast.Name)}
    return bool(meant & FILLS)


def expect_not_own(source, names, instead):
    """Demand that no path operation reads a parameter of one of these names itself."""
    known = named_values(source)
    for file, function in path_operations(source):
        own = [
            one.arg
            for one, default in with_defaults(function)
            if one.arg in names
            and not any(
                next(dependencies(part, known), None) for part in (one.annotation, default) if part
            )
        ]
        assert not own, (
            f"{function.name} ({file}, line {function.lineno}) has the parameter {own[0]!r} of its "
            f"own. {instead}"
        )


def several(number, what):
    """Write a number of things: 1 commit, 2 commits."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def still_open(found):
    """Write how many sessions are open."""
    return f"{several(found['open'], 'session')} {'is' if found['open'] == 1 else 'are'} still open"


def sessions(app):
    """Ask what happened to sessions up to now."""
    return app.get("/sessions").expect(200).json


def wait_for(app, condition):
    """Ask /sessions until the condition holds, for two seconds; return the last answer.

    A session may be closed a moment after the answer came.
    """
    deadline = time.monotonic() + 2
    while True:
        found = sessions(app)
        if condition(found) or time.monotonic() > deadline:
            return found
        app.exchanges.pop()  # the learner sees only the last of these
        time.sleep(0.02)


def wait_closed(app):
    """Wait until no session is open; return what /sessions says then."""
    return wait_for(app, lambda found: found["open"] == 0)


def new_order(rng, **changes):
    """Return an order that is fine but for the changes."""
    order = {
        "reference": f"R-{rng.randrange(10**9)}",
        "book_id": rng.randint(1, 12),
        "copies": rng.randint(1, COPIES),
    }
    return order | changes


def too_many(rng):
    """Return an order that is refused with 409, after it was added."""
    return new_order(rng, copies=rng.randint(COPIES + 1, 999))


def unprintable(rng):
    """Return an order that crashes the label printer, after it was added."""
    return new_order(rng, reference=f"{rng.choice('ÄÉÑØŽ')}-{rng.randrange(10**9)}")


def place(app, order, status=201):
    """Place an order and expect the status."""
    return app.post("/orders", json=order).expect(status)


def references(app):
    """Return the references of all orders."""
    found = app.get("/orders").expect(200).json
    return [order["reference"] for order in found]


def wait_for_order(app, reference):
    """Wait until GET /orders holds the order: before step 9 it may come after the answer."""
    deadline = time.monotonic() + 2
    while reference not in (found := references(app)):
        assert time.monotonic() < deadline, (
            f"POST /orders answered 201 for {reference}, but GET /orders does not hold it: it "
            f"lists {found}. What was added is written only by `session.commit()`."
        )
        app.exchanges.pop()
        time.sleep(0.02)


def expect_items(app, path, params, wanted, because=""):
    """Demand that a list holds these items, in this order."""
    answer = app.get(path, params=params).expect(200, because=because)
    found = answer.json
    why = f" {because[:1].upper()}{because[1:]}." if because else ""
    ids = [item.get("id") if isinstance(item, dict) else item for item in found]
    wanted_ids = [item["id"] for item in wanted]
    assert ids == wanted_ids, (
        f"{answer.line} should list the items with the ids {wanted_ids}, but lists {ids}.{why}"
    )
    assert found == wanted, (
        f"{answer.line} should list the items as they are given, as in {wanted[:1]}, "
        f"but lists {found[:1]}."
    )


# ----------------------------------------------------------------------------------- 1: paging


@pytest.mark.step(1)
@pytest.mark.parametrize("path", LISTS)
def test_a_page(app, rng, path):
    """GET /books and GET /customers leave out `skip` items and send at most `limit`."""
    for _ in range(2):
        skip, limit = rng.randint(1, 8), rng.randint(2, 4)
        wanted = LISTS[path][skip : skip + limit]
        expect_items(app, path, {"skip": skip, "limit": limit}, wanted)


@pytest.mark.step(1)
@pytest.mark.parametrize("path", LISTS)
def test_defaults_of_a_page(app, rng, path):
    """Each parameter may be left out: then skip is 0 and limit is 5."""
    items = LISTS[path]
    skip, limit = rng.randint(1, 6), rng.choice([1, 2, 3, 4, 6, 7])
    expect_items(app, path, {}, items[:DEFAULT_LIMIT], "without a limit, 5 items are sent")
    expect_items(app, path, {"skip": skip}, items[skip : skip + DEFAULT_LIMIT])
    expect_items(app, path, {"limit": limit}, items[:limit])


@pytest.mark.step(1)
@pytest.mark.parametrize("path", LISTS)
def test_bounds_of_a_page(app, rng, path):
    """What is out of bounds, or no number, is refused on both paths."""
    for allowed in ({"skip": 0}, {"limit": 1}, {"limit": MAX_LIMIT}):
        app.get(path, params=allowed).expect(200, because="this is within the bounds")
    for name, value in [
        ("skip", -1),
        ("skip", -rng.randint(2, 9)),
        ("limit", 0),
        ("limit", MAX_LIMIT + 1),
        ("limit", "many"),
    ]:
        app.get(path, params={name: value}).expect(
            422, because="skip is at least 0, and limit is from 1 to 20"
        )


@pytest.mark.step(1)
def test_paging_is_written_once(app, source):
    """The path operations take the page from a dependency."""
    expect_items(app, "/books", {"limit": 1}, BOOKS[:1])
    expect_not_own(
        source,
        {"skip", "limit"},
        "Let one function have skip and limit, and take what it returns: "
        "`Annotated[..., Depends(that_function)]`.",
    )


# ----------------------------------------------------------------------------------- 2: filter


def filtered(author=None, max_price=None):
    """Return the books that a filter lets through."""
    return [
        book
        for book in BOOKS
        if (author is None or book["author"] == author)
        and (max_price is None or book["price"] <= max_price)
    ]


@pytest.mark.step(2)
def test_filters_books(app, rng):
    """GET /books filters by author, by price, and by both."""
    author = rng.choice(AUTHORS)
    price = rng.choice([book["price"] for book in filtered(author)])
    for how in ({"author": author}, {"max_price": price}, {"author": author, "max_price": price}):
        expect_items(app, "/books", how | {"limit": MAX_LIMIT}, filtered(**how))


@pytest.mark.step(2)
def test_filters_out_all(app, rng):
    """A filter that no book passes leaves none: max_price=0, or a part of an author's name."""
    cheapest, author = min(book["price"] for book in BOOKS), rng.choice(AUTHORS)
    app.get("/books/count", params={"max_price": cheapest}).expect(200, json={"count": 1})
    for how, because in [
        ({"max_price": 0}, "a max_price of 0 is something else than no max_price"),
        ({"max_price": cheapest - 1}, f"the cheapest book costs {cheapest}"),
        ({"author": author.split()[0]}, "only books by exactly this author count"),
        ({"author": author.lower()}, "only books by exactly this author count"),
    ]:
        expect_items(app, "/books", how, [], because)
        app.get("/books/count", params=how).expect(200, json={"count": 0}, because=because)


@pytest.mark.step(2)
def test_filters_before_paging(app, rng):
    """The list is filtered first, and then paged."""
    author = rng.choice(AUTHORS)
    expect_items(
        app,
        "/books",
        {"author": author, "skip": 1, "limit": 2},
        filtered(author)[1:3],
        "skip and limit are about the books that the filter lets through",
    )


@pytest.mark.step(2)
def test_counts_books(app, rng):
    """GET /books/count takes the same filter, and counts all books, not a page."""
    author = rng.choice(AUTHORS)
    price = rng.choice([book["price"] for book in filtered(author)])
    app.get("/books/count").expect(200, json={"count": len(BOOKS)})
    for how in ({"author": author}, {"max_price": price}, {"author": author, "max_price": price}):
        app.get("/books/count", params=how).expect(200, json={"count": len(filtered(**how))})


@pytest.mark.step(2)
@pytest.mark.parametrize("path", ["/books", "/books/count"])
def test_price_is_an_integer(app, path):
    """A max_price that is no integer is refused."""
    app.get(path, params={"max_price": 100}).expect(200)
    app.get(path, params={"max_price": "cheap"}).expect(422, because="max_price is an int")


@pytest.mark.step(2)
def test_filter_is_written_once(app, source):
    """The path operations take the filter from a dependency."""
    app.get("/books/count", params={"max_price": 8}).expect(200, json={"count": 1})
    expect_not_own(
        source,
        {"author", "max_price"},
        "Let a class have both in its `__init__`, and take an object of it: "
        "`Annotated[ThatClass, Depends()]`.",
    )


# --------------------------------------------------------------------------------- 3: settings


@pytest.mark.step(3)
def test_about_by_default(app):
    """GET /about answers with three fields; without variables they have their defaults."""
    answer = app.get("/about").expect(200, contains={"name": "The Bookshop", "page_size": 5})
    assert set(answer.json) == {"name", "page_size", "instance"}, (
        "GET /about should answer with exactly the fields name, page_size and instance, "
        f"but answered with {sorted(answer.json)}."
    )
    instance = answer.json["instance"]
    assert isinstance(instance, str), f"The instance should be a text, but is {instance!r}."
    assert instance, "The instance should be a random text, but is empty."


@pytest.mark.step(3)
def test_about_from_the_environment(fresh_app, rng):
    """GET /about shows what the environment says."""
    name, instance = f"Shop {rng.randrange(10**6)}", f"box-{rng.randrange(10**6)}"
    size = rng.choice([2, 3, 4, 6, 7])
    app = fresh_app(BOOKSHOP_NAME=name, BOOKSHOP_PAGE_SIZE=str(size), BOOKSHOP_INSTANCE=instance)
    app.get("/about").expect(
        200,
        json={"name": name, "page_size": size, "instance": instance},
        because=f"the app was started with BOOKSHOP_NAME={name}, BOOKSHOP_PAGE_SIZE={size} and "
        f"BOOKSHOP_INSTANCE={instance}",
    )


@pytest.mark.step(3)
def test_settings_are_read_once(app):
    """The instance stays the same from one answer to the next."""
    first = app.get("/about").expect(200).json["instance"]
    for _ in range(3):
        found = app.get("/about").expect(200).json["instance"]
        assert found == first, (
            f"The instance was {first!r} and is now {found!r}, though the app was not started "
            "again. The settings are made anew for every request: keep them after the first time."
        )


@pytest.mark.step(3)
def test_each_start_has_its_own_instance(app, fresh_app):
    """An app that is started again draws another instance."""
    found = [one.get("/about").expect(200).json["instance"] for one in (app, fresh_app())]
    assert found[0] != found[1], (
        f"The app was started twice, and its instance was {found[0]!r} both times. Each start "
        "should draw a random text of its own, if BOOKSHOP_INSTANCE is not set."
    )


# ------------------------------------------------------------------------------ 4: sub-dependency


@pytest.mark.step(4)
def test_page_size_from_settings(fresh_app, rng):
    """Without a limit, the lists send as many items as the settings say."""
    for size in (1, rng.choice([2, 3, 4, 6, 7, 8]), MAX_LIMIT):
        app = fresh_app(BOOKSHOP_PAGE_SIZE=str(size))
        because = f"the app was started with BOOKSHOP_PAGE_SIZE={size}"
        for path, items in LISTS.items():
            expect_items(app, path, {}, items[:size], because)
            expect_items(app, path, {"skip": 2}, items[2 : 2 + size], because)


@pytest.mark.step(4)
def test_limit_of_the_client_counts(fresh_app, rng):
    """A limit that the client gives counts, whatever the settings say."""
    size, limit = rng.sample([2, 3, 4, 6, 7, 8], 2)
    app = fresh_app(BOOKSHOP_PAGE_SIZE=str(size))
    for path, items in LISTS.items():
        because = f"the app was started with BOOKSHOP_PAGE_SIZE={size}"
        expect_items(app, path, {}, items[:size], because)
        expect_items(app, path, {"limit": limit}, items[:limit], f"the client asked for {limit}")


# -------------------------------------------------------------------------- 5: once a request


def numbers_of(app):
    """Send a parcel; return the numbers of invoice, delivery note and return label."""
    found = app.post("/parcels").expect(201).json
    papers = {"invoice": r"Invoice (\d+)", "delivery_note": r"Delivery note (\d+)"}
    numbers = []
    for name, pattern in [*papers.items(), ("return_label", r"(\d+)")]:
        value = found.get(name) if isinstance(found, dict) else None
        match = re.fullmatch(pattern, str(value))
        as_in_the_task = match is not None and isinstance(value, str) == (name in papers)
        assert as_in_the_task, (
            "POST /parcels should answer as in the task: a text `Invoice 17`, a text "
            f"`Delivery note 17`, and a number 18. But it sent {found}: look at {name!r}."
        )
        numbers.append(int(match[1]))
    return tuple(numbers)


@pytest.mark.step(5)
def test_one_number_for_both_papers(app):
    """Invoice and delivery note of a parcel carry the same number."""
    for _ in range(2):
        invoice, note, _ = numbers_of(app)
        assert invoice == note, (
            f"The invoice has number {invoice} and the delivery note {note}, but both belong to "
            "one parcel. If both depend on `draw_number`, FastAPI calls it once for the request."
        )


@pytest.mark.step(5)
def test_own_number_for_the_label(app):
    """The return label carries a number of its own."""
    for _ in range(2):
        invoice, note, label = numbers_of(app)
        assert label not in (invoice, note), (
            f"The return label has number {label}, like the other papers. Within one request "
            "FastAPI keeps what a dependency returned; for the label, tell it not to. The label "
            "must also come last: what is drawn first is kept for those behind it."
        )


@pytest.mark.step(5)
def test_two_numbers_a_parcel(app):
    """Each parcel draws exactly two numbers, and none comes twice."""
    drawn = [number for _ in range(3) for number in set(numbers_of(app))]
    wanted = list(range(min(drawn), min(drawn) + 6))
    assert sorted(drawn) == wanted, (
        f"Three parcels in a row carry the numbers {sorted(drawn)}, but should carry six that "
        "follow each other. Each parcel should call `draw_number` exactly twice."
    )


# --------------------------------------------------------------------------- 6: a name for it


@pytest.mark.step(6)
def test_no_dependency_as_default(source):
    """No Depends(...) stands as a default value."""
    known = named_values(source)
    for file, tree in source.trees():
        for function in ast.walk(tree):
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                continue
            defaults = [*function.args.defaults, *function.args.kw_defaults]
            for default in (one for one in defaults if one is not None):
                old = any(
                    last_name(call.func) != "Security" for call, _ in dependencies(default, known)
                )
                assert not old, (
                    f"{file}, line {default.lineno}: `= {ast.unparse(default)}` makes Depends(...) "
                    "a default value, which is the old form. "
                    "It goes into the type instead: `Annotated[Session, Depends(...)]`."
                )


@pytest.mark.step(6)
def test_session_has_a_name(source):
    """The path operations take the session by one name."""
    known, names = named_values(source), {}
    for file, function in path_operations(source):
        for parameter in parameters(function):
            if parameter.annotation is None:
                continue
            for call, name in dependencies(parameter.annotation, known):
                if not call.args or last_name(call.args[0]) != "get_session":
                    continue
                assert name not in ("", "text"), (
                    f"{function.name} ({file}, line {parameter.lineno}) writes out "
                    f"`{ast.unparse(call)}`. Give `Annotated[Session, ...]` a name outside the "
                    "function, and use that name in every path operation (another scope gets "
                    "another name)."
                )
                first = names.setdefault(ast.unparse(call), name)
                assert name == first, (
                    f"{function.name} ({file}, line {parameter.lineno}) says {name}, and another "
                    f"path operation says {first}: both stand for `{ast.unparse(call)}`. Use one "
                    "name for it (another scope gets another name)."
                )


@pytest.mark.step(6)
def test_orders_go_on(app, rng):
    """GET /orders answers with a list, and POST /orders takes an order."""
    found = app.get("/orders").expect(200).json
    assert isinstance(found, list), f"GET /orders should answer with a list, but sent {found}."
    order = new_order(rng)
    app.post("/orders", json=order).expect(201, json=order)


# ---------------------------------------------------------------------------------- 7: release


def expect_closed(app, before, after_what):
    """Demand that one session was opened, and that none is open."""
    found = wait_closed(app)
    assert found["opened"] == before["opened"] + 1, (
        f"{after_what}, {several(found['opened'] - before['opened'], 'session')} had been opened, "
        "but each request should open one of its own."
    )
    assert found["open"] == 0, (
        f"{after_what}, {still_open(found)}. "
        "Whatever happens in the path operation, `get_session` must close it: "
        "see `yield` and `finally`."
    )


@pytest.mark.step(7)
def test_closed_after_success(fresh_app, rng):
    """The session is closed after a request that succeeds."""
    app = fresh_app()
    before = sessions(app)
    app.get("/orders").expect(200)
    expect_closed(app, before, "After GET /orders")
    before = sessions(app)
    place(app, new_order(rng))
    expect_closed(app, before, "After POST /orders")


@pytest.mark.step(7)
def test_closed_after_refusal(fresh_app, rng):
    """The session is closed after a refusal."""
    app = fresh_app()
    before = sessions(app)
    app.post("/orders", json=too_many(rng))
    expect_closed(app, before, "After a POST /orders that was refused")


@pytest.mark.step(7)
def test_closed_after_error(fresh_app, rng):
    """The session is closed after an error that nobody expected."""
    app = fresh_app()
    before = sessions(app)
    app.post("/orders", json=unprintable(rng))
    expect_closed(app, before, "After a POST /orders that crashed")


@pytest.mark.step(7)
def test_sessions_never_run_out(fresh_app, rng):
    """Many requests in a row, failing ones among them, are all answered."""
    app = fresh_app()
    kinds = [new_order, too_many, unprintable] * 4
    rng.shuffle(kinds)
    for number, make in enumerate([*kinds, new_order], 1):
        answer = app.post("/orders", json=make(rng))
        found = wait_closed(app)
        assert found["open"] == 0, (
            f"After {several(number, 'request')} in a row, {still_open(found)}. "
            "Every session must be closed, whatever the path operation raised."
        )
    answer.expect(201, because=f"after {number - 1} requests there must still be a free session")


# ------------------------------------------------------------------------ 8: commit, roll back


def change_of(app, order):
    """Place an order; return by how much commits and rollbacks went up."""
    before = wait_closed(app)
    app.post("/orders", json=order)
    after = wait_for(
        app,
        lambda found: (
            found["open"] == 0
            and found["commits"] + found["rollbacks"] > before["commits"] + before["rollbacks"]
        ),
    )
    return {name: after[name] - before[name] for name in ("commits", "rollbacks")}


@pytest.mark.step(8)
def test_commits_on_success(app, rng):
    """An order that succeeds is committed once, and GET /orders holds it."""
    order = new_order(rng)
    change = change_of(app, order)
    assert change == {"commits": 1, "rollbacks": 0}, (
        f"One POST /orders that succeeded made {several(change['commits'], 'commit')} and "
        f"{several(change['rollbacks'], 'rollback')}, but should make one commit and no rollback. "
        "What stands behind the `yield` runs when the path operation has returned."
    )
    wait_for_order(app, order["reference"])


@pytest.mark.step(8)
@pytest.mark.parametrize(
    "make",
    [pytest.param(too_many, id="too many copies"), pytest.param(unprintable, id="printer crash")],
)
def test_rolls_back_on_error(app, rng, make):
    """An order that fails is rolled back once, and GET /orders does not hold it."""
    kept, lost = new_order(rng), make(rng)
    place(app, kept)
    wait_for_order(app, kept["reference"])
    change = change_of(app, lost)
    assert change == {"commits": 0, "rollbacks": 1}, (
        f"One POST /orders that raised made {several(change['commits'], 'commit')} and "
        f"{several(change['rollbacks'], 'rollback')}, but should make no commit and one rollback. "
        "The error is raised at the `yield`: catch it there, around the `yield`."
    )
    found = references(app)
    assert lost["reference"] not in found, (
        f"POST /orders failed for {lost['reference']}, but GET /orders lists it: {found}."
    )


@pytest.mark.step(8)
def test_refusal_goes_on(app, rng):
    """A refusal keeps its status code and its detail."""
    place(app, new_order(rng))
    app.post("/orders", json=too_many(rng)).expect(
        409,
        json={"detail": f"Only {COPIES} copies are left"},
        because="a dependency that catches an error must raise it again, or FastAPI has no answer "
        "to send",
    )


@pytest.mark.step(8)
def test_error_goes_on(app, rng):
    """An unexpected error answers 500, and the log shows what it was."""
    place(app, new_order(rng))
    known = len(app.exceptions())
    place(app, unprintable(rng), 500)
    raised = [error.type for error in app.exceptions()[known:]]
    assert raised[-1:] == ["UnicodeEncodeError"], (
        f"The label printer raised UnicodeEncodeError, but the log shows {raised or 'nothing'}. "
        "A dependency that catches an error must raise it again, or FastAPI has nothing to send "
        "and fails itself."
    )


# ----------------------------------------------------------------------- 9: before the answer


@pytest.mark.step(9)
def test_duplicate_is_refused(app, rng):
    """An order whose reference is taken answers 409, not 201."""
    first = new_order(rng)
    place(app, first)
    wait_for_order(app, first["reference"])
    app.post("/orders", json=new_order(rng, reference=first["reference"])).expect(
        409,
        contains={"detail": IsStr(min_length=1)},
        because="the commit raises DuplicateReferenceError. If 201 was sent, the commit ran after "
        "the answer, when nothing could be said any more; if 500, nobody made an answer of it",
    )


@pytest.mark.step(9)
def test_duplicate_is_rolled_back(app, rng):
    """The second order is not stored, its session is rolled back and closed."""
    first, other = new_order(rng), new_order(rng)
    place(app, first)
    wait_for_order(app, first["reference"])
    change = change_of(app, new_order(rng, reference=first["reference"]))
    assert change == {"commits": 0, "rollbacks": 1}, (
        "A POST /orders with a reference that is taken made "
        f"{several(change['commits'], 'commit')} and {several(change['rollbacks'], 'rollback')}, "
        "but should make no commit and one rollback."
    )
    found = wait_closed(app)
    assert found["open"] == 0, (
        f"After a commit that failed, {still_open(found)}. Close it in `finally`."
    )
    place(app, other)
    wait_for_order(app, other["reference"])
    found = references(app)
    assert found.count(first["reference"]) == 1, (
        f"GET /orders should hold {first['reference']} once, but lists {found}."
    )


@pytest.mark.step(9)
def test_commits_before_the_answer(fresh_app, rng):
    """An order is committed before its answer is sent, not after it."""
    app = fresh_app()
    place(app, new_order(rng))
    before = wait_for(app, lambda found: found["commits"] and not found["open"])
    # A client sends two orders at once and reads nothing. The answer to the first is so large
    # that it fills the pipe: the answer to the second has to wait, but its commit must not.
    large = new_order(rng, reference="L" * LARGE)
    with app.served.address.connect(app.limits.request_s) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for order in (large, new_order(rng)):
            body = json.dumps(order).encode()
            head = (
                "POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            wire.sendall(head.encode() + body)
        commits = before["commits"] + 2
        found = wait_for(app, lambda found: found["commits"] >= commits)
    assert found["commits"] >= commits, (
        "A client placed an order and did not take its answer yet, and the order was not "
        "committed. So the commit waits until the answer is sent. It must run before, since it "
        "may fail, and nobody could say so any more: `Depends` has a `scope`."
    )


# -------------------------------------------------------------------------------- 10: streaming


def place_several(app, rng, number):
    """Place orders and wait until all are there."""
    orders = [new_order(rng) for _ in range(number)]
    for order in orders:
        place(app, order)
        wait_for_order(app, order["reference"])
    wait_closed(app)
    return orders


@pytest.mark.step(10)
def test_exports_all_orders(fresh_app, rng):
    """GET /orders/export sends every order as CSV, and closes the session after it."""
    app = fresh_app()
    orders = place_several(app, rng, rng.randint(3, 5))
    before = sessions(app)
    try:
        answer = app.get("/orders/export").expect(200)
    except AssertionError as problem:
        if "no proper HTTP answer" not in str(problem):
            raise
        raise AssertionError(
            "GET /orders/export broke off in the middle. The session was closed before all lines "
            "were sent: this path operation needs one that lives until the answer is complete."
        ) from None
    lines = [f"{order['reference']},{order['book_id']},{order['copies']}\n" for order in orders]
    answer.expect(200, text="".join(["reference,book_id,copies\n", *lines]))
    kind = answer.headers.get("content-type", "")
    assert kind.partition(";")[0].strip() == "text/csv", (
        f"GET /orders/export should be text/csv, but is {kind or 'nothing'}: "
        "`StreamingResponse` has an argument `media_type`."
    )
    expect_closed(app, before, "After GET /orders/export")


@pytest.mark.step(10)
def test_sends_while_it_reads(fresh_app, rng):
    """Lines are sent while others are read; if the client leaves, the session is closed."""
    app = fresh_app()
    orders = place_several(app, rng, 12)
    whole = len(orders) * READ_DELAY_S
    for _ in range(5):
        began = time.monotonic()
        with app.stream("GET", "/orders/export") as stream:
            assert stream.status == 200, (
                f"GET /orders/export should answer 200, but answered {stream.status}."
            )
            first = stream.next_chunk()
            assert first.startswith(b"reference"), (
                "The first thing that GET /orders/export sends should be its headline, "
                f"but is {first!r}."
            )
            meanwhile = sessions(app)
            took = time.monotonic() - began
        found = wait_closed(app)
        assert found["open"] == 0, (
            "A client went away in the middle of GET /orders/export, and its session is still "
            "open. Close it in `finally`."
        )
        if took < whole * 0.8:  # else this machine was too slow to see anything
            break
    else:
        raise AssertionError(
            f"The first line of GET /orders/export came only after {took:.1f} seconds, when all "
            "lines had been read. Give `export_lines(session)` to `StreamingResponse` as it is."
        )
    assert meanwhile["open"] == 1, (
        f"While GET /orders/export was being sent, {meanwhile['open']} sessions were open, but it "
        "reads from one: its session must live until the answer is complete."
    )


# ----------------------------------------------------------------------------------- 11: a key

ADMIN = {"GET": {}, "PUT": {"copies": COPIES}}


def key_header(key):
    """Return the header that carries a key."""
    return {"X-API-Key": key}


@pytest.mark.step(11)
@pytest.mark.parametrize("method", ADMIN)
def test_right_key_opens(app, environment, method):
    """With the right key, both answer as before."""
    key = environment["BOOKSHOP_API_KEY"]
    app.request(method, "/admin/stock", params=ADMIN[method]).expect(401, because="there is no key")
    app.request(method, "/admin/stock", params=ADMIN[method], headers=key_header(key)).expect(
        200,
        json={"copies": COPIES},
        because="the X-API-Key is what the variable BOOKSHOP_API_KEY holds",
    )


@pytest.mark.step(11)
@pytest.mark.parametrize("method", ADMIN)
def test_wrong_key_is_refused(app, environment, rng, method):
    """With a wrong key, both answer 401."""
    key = environment["BOOKSHOP_API_KEY"]
    app.request(method, "/admin/stock", params=ADMIN[method], headers=key_header(key)).expect(200)
    for wrong in (key[:-1], key + "0", "", f"key-{rng.randrange(10**9)}"):
        app.request(method, "/admin/stock", params=ADMIN[method], headers=key_header(wrong)).expect(
            401, because="this is not the key"
        )
    foreign = key_header(f"clé-{rng.randrange(10**9)}".encode("latin-1"))
    app.request(method, "/admin/stock", params=ADMIN[method], headers=foreign).expect(
        401,
        because="the key that was sent holds an é, and is wrong like any other. "
        "`secrets.compare_digest` can't compare texts with such letters, but it can compare bytes",
    )


@pytest.mark.step(11)
def test_refusal_changes_nothing(fresh_app, environment, rng):
    """A PUT without the key changes nothing; one with the key does."""
    app = fresh_app()
    key = key_header(environment["BOOKSHOP_API_KEY"])
    copies = rng.randint(11, 99)
    app.put("/admin/stock", params={"copies": copies}).expect(401)
    app.get("/admin/stock", headers=key).expect(
        200, json={"copies": COPIES}, because="the PUT before had no key"
    )
    app.put("/admin/stock", params={"copies": copies}, headers=key).expect(200)
    app.get("/admin/stock", headers=key).expect(200, json={"copies": copies})
    app.post("/orders", json=new_order(rng, copies=copies + 1)).expect(
        409, because=f"there are {copies} copies since the PUT with the key"
    )


@pytest.mark.step(11)
def test_closed_without_a_key(app, fresh_app, environment):
    """If the variable is not set or empty, nobody gets in."""
    key = environment["BOOKSHOP_API_KEY"]
    app.get("/admin/stock", headers=key_header(key)).expect(200)
    for setting, how in [
        (None, "without BOOKSHOP_API_KEY"),
        ("", "with an empty BOOKSHOP_API_KEY"),
    ]:
        keyless = fresh_app(BOOKSHOP_API_KEY=setting)
        for headers in ({}, key_header(key), key_header(""), key_header("None")):
            keyless.get("/admin/stock", headers=headers).expect(
                401,
                because=f"the app was started {how}, so no key is right, not even an empty one",
            )


@pytest.mark.step(11)
def test_admin_is_tagged(app):
    """In the docs, both stand under the tag admin."""
    for method in ("get", "put"):
        tags = app.operation(method, "/admin/stock").get("tags", [])
        assert tags == ["admin"], (
            f"{method.upper()} /admin/stock should carry the tag admin, but its tags are {tags}. "
            "A router can say it once for all its path operations."
        )


@pytest.mark.step(11)
def test_others_need_no_key(app):
    """The other paths need no key, and GET /about does not show it."""
    app.get("/admin/stock").expect(401)
    for path in ("/books", "/customers", "/sessions"):
        app.get(path).expect(200, because="only the paths under /admin need a key")
    about = app.get("/about").expect(200, because="only the paths under /admin need a key")
    assert set(about.json) == {"name", "page_size", "instance"}, (
        f"GET /about should have the fields name, page_size and instance, but has "
        f"{sorted(about.json)}. A key is nobody's business."
    )


# -------------------------------------------------------------------------------- 12: parameter

GIFTS = {"/bookmarks": 2, "/posters": 3}


def take(app, path, customer):
    """Ask for a gift."""
    answer = app.post(path, params={"customer": customer})
    asked = re.findall(r'"loc":\s*\["query",\s*"(\w+)"\]', answer.text)
    others = [name for name in asked if name != "customer"]
    assert not others, (
        f"{answer.line} should need no other parameter than customer, but was refused for "
        f"{others[0]!r}. If `Depends` gets a class, FastAPI takes the parameters of its `__init__` "
        "from the request. Give it an object of that class, made with the number."
    )
    return answer


@pytest.mark.step(12)
@pytest.mark.parametrize("path", GIFTS)
def test_gives_so_many(app, rng, path):
    """Each customer gets two bookmarks or three posters, and then 429."""
    customer = rng.randrange(10**6)
    for taken in range(1, GIFTS[path] + 1):
        take(app, path, customer).expect(
            201,
            json={"taken": taken},
            because=f"this is number {taken} of the {GIFTS[path]} that this customer may take",
        )
    for _ in range(2):
        take(app, path, customer).expect(
            429, because=f"this customer has taken {GIFTS[path]} already"
        )


@pytest.mark.step(12)
@pytest.mark.parametrize("path", GIFTS)
def test_counts_customers_apart(app, rng, path):
    """What one customer takes does not count for another."""
    one, other = rng.sample(range(10**6, 2 * 10**6), 2)
    for taken in range(1, GIFTS[path] + 1):
        take(app, path, one).expect(
            201, json={"taken": taken}, because=f"each customer may take {GIFTS[path]}"
        )
        take(app, path, other).expect(
            201, json={"taken": taken}, because="customers are counted apart"
        )


@pytest.mark.step(12)
def test_counts_gifts_apart(app, rng):
    """Bookmarks do not count as posters."""
    customer = rng.randrange(2 * 10**6, 3 * 10**6)
    for taken in (1, 2):
        for path in GIFTS:
            take(app, path, customer).expect(
                201, json={"taken": taken}, because="bookmarks and posters are counted apart"
            )


@pytest.mark.step(12)
@pytest.mark.parametrize("path", GIFTS)
def test_customer_is_required(app, rng, path):
    """Without a customer the answer is 422."""
    take(app, path, rng.randrange(3 * 10**6, 4 * 10**6)).expect(201)
    app.post(path).expect(422, because="the query parameter customer is required")


@pytest.mark.step(12)
def test_counting_is_written_once(app, source, rng):
    """The path operations let the dependency read the customer."""
    take(app, "/bookmarks", rng.randrange(4 * 10**6, 5 * 10**6)).expect(201)
    expect_not_own(
        source,
        {"customer"},
        "Let the dependency have it: the `__call__` of an object may have parameters like any "
        "other dependency.",
    )
