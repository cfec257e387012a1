"""Lesson 06: middleware, CORS, errors, limits."""

import json
import math
import time

import pytest

pytestmark = pytest.mark.lesson("06")

STOCK = 5
DELAY_S = 0.2
PATIENCE_S = 4.0
"""How long to wait for what a right app does within milliseconds."""
LEFT_S = 0.3
"""How long a wrong app has to notice that a client has left."""


class AnyText:
    """Equal to every text that is not empty; a message shows it in words."""

    __hash__ = None

    def __eq__(self, other):
        return isinstance(other, str) and bool(other.strip())

    def __repr__(self):
        return "<a text>"


TEXT = AnyText()


def order(book_id=1, quantity=1, **more):
    """Return a valid order of one book."""
    return {
        "customer": "Ada",
        "lines": [{"book_id": book_id, "quantity": quantity}],
        **more,
    }


def padded_order(size):
    """Return a valid order of exactly so many bytes."""
    bare = json.dumps(order(note=""))
    return json.dumps(order(note="x" * (size - len(bare)))).encode()


def titles(size):
    """Return lines of titles of exactly so many bytes."""
    return (b"A short title\n" * size)[: size - 1] + b"\n"


def token(rng):
    """Return a text that nobody can guess."""
    return f"{rng.getrandbits(64):016x}"


def names(answer, header):
    """Return the names that a header lists, in small letters."""
    return {name.strip().lower() for name in answer.headers.get(header, "").split(",")}


def seconds(answer):
    """Return X-Process-Time, or say what is wrong with it."""
    sent = answer.headers.get("x-process-time")
    assert sent is not None, (
        f"{answer.line} should send the header X-Process-Time, but did not "
        f"(its status is {answer.status})."
    )
    try:
        value = float(sent)
    except ValueError:
        value = math.nan
    assert 0 <= value < math.inf, (
        f"X-Process-Time should be a number of seconds such as 0.2041, but is {sent!r}."
    )
    return value


def failing(rng):
    """Return requests that go well, miss, and are invalid, with their status."""
    return [
        (f"/books/{rng.randint(1, 60)}", 200),
        (f"/books/{rng.randint(1000, 9999)}", 404),
        (f"/nowhere/{token(rng)}", 404),
        (f"/books/{token(rng)}x", 422),
    ]


# ------------------------------------------------------------------------------- 06.1 and 06.2


@pytest.mark.step(1)
def test_time_of_every_answer(app, rng):
    """Every answer carries X-Process-Time, 404 and 422 included."""
    for path, status in failing(rng):
        answer = app.get(path).expect(status)
        value, took = seconds(answer), answer.finished - answer.started
        assert value <= took + 0.01, (
            f"X-Process-Time of {answer.line} says {value} seconds, "
            f"but the client had the whole answer after {took:.4f}. Is it in seconds?"
        )


@pytest.mark.step(1)
def test_time_includes_waiting(app, rng):
    """The time of a slow answer says how long it really took."""
    answer = app.get(f"/stock/{rng.randint(1, 60)}").expect(200)
    value, took = seconds(answer), answer.finished - answer.started
    assert value >= DELAY_S * 0.9, (
        f"{answer.line} waits {DELAY_S} seconds for the warehouse, but X-Process-Time is {value}. "
        "Measure from before the app is called until its answer begins, "
        "with a clock that also runs while you wait (`time.perf_counter()`)."
    )
    assert value <= took + 0.01, (
        f"X-Process-Time of {answer.line} says {value} seconds, "
        f"but the client had the whole answer after {took:.4f}. Is it in seconds?"
    )


@pytest.mark.step(1)
def test_time_includes_the_body(app):
    """The time runs while the body arrives, and is right to a hundredth of a second."""
    pause, values = 0.04, []
    for _ in range(20):  # on a busy machine, the app may begin when the pause is over
        with app.upload("POST", "/imports") as upload:
            upload.send(b"A short title\n")
            time.sleep(pause)
            upload.end()
            answer = upload.answer().expect(201)
        value, took = seconds(answer), answer.finished - answer.started
        if took >= 0.09:
            continue  # too slow to tell a time from one that is rounded to tenths
        if pause - 0.01 <= value <= took + 0.01:
            return
        values.append(value)
        if len(values) == 6:
            break
    assert len(values) < 3, (
        f"A body took {pause} seconds and a little more to arrive, each time, "
        f"but X-Process-Time, in seconds, was {values}. Begin before the body is read, "
        "and don't round to less than hundredths."
    )


@pytest.mark.step(2)
def test_keeps_the_id(app, rng):
    """An X-Request-ID of the request comes back in the answer, 404 and 422 included."""
    for path, status in failing(rng):
        mine = token(rng)
        app.get(path, headers={"X-Request-ID": mine}).expect(
            status, headers={"X-Request-ID": mine}, because="the request came with that id"
        )


@pytest.mark.step(2)
def test_makes_an_id(app, rng):
    """A request without an id gets a new one, different each time."""
    made = []
    for path, status in failing(rng) * 2:
        answer = app.get(path).expect(status)
        found = answer.headers.get("x-request-id", "")
        assert found.strip(), (
            f"{answer.line} came without X-Request-ID, so the answer should carry a new one, "
            f"but {'it is empty' if 'x-request-id' in answer.headers else 'has none'}."
        )
        made.append(found)
    assert len(set(made)) == len(made), (
        f"Each of {len(made)} requests should get an id of its own, but got these: {made}. "
        "Make it while the request runs, not once when the app is made."
    )


@pytest.mark.step(2)
def test_ids_do_not_mix(app, rng):
    """Requests at the same moment each get their own id back."""
    ids = [token(rng) for _ in range(5)]
    path = f"/stock/{rng.randint(1, 60)}"
    answers = app.at_once(
        *[lambda mine=mine: app.get(path, headers={"X-Request-ID": mine}) for mine in ids]
    )
    for mine, answer in zip(ids, answers, strict=True):
        # The learner sees the last exchange: let it be the one that is judged.
        app.exchanges.sort(key=lambda one: one.request["headers"].get("x-request-id") == mine)
        answer.expect(
            200,
            headers={"X-Request-ID": mine},
            because="five requests ran at the same moment, and this one was sent with "
            f"{mine}. A middleware object serves all of them: keep the id in a local variable",
        )


# -------------------------------------------------------------------------------------- errors


@pytest.mark.step(3)
def test_out_of_stock(fresh_app, rng):
    """An order for more than there is answers 409 and says what is left."""
    app = fresh_app()
    book_id, bought = rng.randint(1, 60), rng.randint(1, STOCK)
    app.post("/orders", json=order(book_id, bought)).expect(201)
    left = STOCK - bought
    app.post("/orders", json=order(book_id, left + rng.randint(1, 99))).expect(
        409,
        json={"error": "out_of_stock", "message": TEXT, "book_id": book_id, "left": left},
        because="`reserve` raised OutOfStock, and its handler should answer in these four fields",
    )


def expect_invalid(answer, *fields):
    """Demand a 422 in our shape with exactly these mistakes, in any order."""
    body = answer.expect(422).json
    assert isinstance(body, dict), (
        f"{answer.line} should answer with a JSON object, but sent {body}."
    )
    assert sorted(body) == ["error", "fields", "message"], (
        f"{answer.line} should answer with exactly the fields error, message and fields, "
        f"but sent {sorted(body)}."
    )
    assert body["error"] == "invalid_request", (
        f'"error" should be "invalid_request", but is {body["error"]!r}.'
    )
    assert body["message"] == TEXT, f'"message" should be a text, but is {body["message"]!r}.'
    found = body["fields"]
    assert isinstance(found, list), f'"fields" should be a list, but is {found!r}.'
    missing = [field for field in fields if field not in found]
    assert not missing, f'"fields" should hold {missing[0]}, but is {found}.'
    assert len(found) == len(fields), (
        f'"fields" should have {len(fields)} entries, one for each mistake, but has {len(found)}: '
        f"{found}."
    )


@pytest.mark.step(4)
def test_invalid_body(app, rng):
    """Each mistake in a body is named with its place, and the input is not sent back."""
    lines = [{"book_id": 1, "quantity": 1} for _ in range(4)]
    low, word = rng.sample(range(4), 2)
    lines[low]["quantity"] = -rng.randint(0, 99)
    lines[word]["book_id"] = token(rng) + "x"
    expect_invalid(
        app.post("/orders", json={"lines": lines}),
        {"in": "body", "field": "customer", "message": "Field required"},
        {
            "in": "body",
            "field": f"lines.{low}.quantity",
            "message": "Input should be greater than or equal to 1",
        },
        {
            "in": "body",
            "field": f"lines.{word}.book_id",
            "message": "Input should be a valid integer, unable to parse string as an integer",
        },
    )


@pytest.mark.step(4)
def test_invalid_path_and_query(app, rng):
    """A mistake in the path or in the query has the same shape."""
    expect_invalid(
        app.get(f"/books/{token(rng)}x"),
        {
            "in": "path",
            "field": "book_id",
            "message": "Input should be a valid integer, unable to parse string as an integer",
        },
    )
    expect_invalid(
        app.get("/books", params={"limit": -rng.randint(0, 99)}),
        {
            "in": "query",
            "field": "limit",
            "message": "Input should be greater than or equal to 1",
        },
    )


@pytest.mark.step(4)
def test_no_body_at_all(app):
    """A missing body has the same shape, with an empty field."""
    expect_invalid(app.post("/orders"), {"in": "body", "field": "", "message": "Field required"})


@pytest.mark.step(5)
def test_own_404(app, rng):
    """A 404 of a path operation has the shape."""
    missing = rng.randint(1000, 9999)
    app.get(f"/books/{missing}").expect(
        404, json={"error": "http_404", "message": f"There is no book {missing}"}
    )


@pytest.mark.step(5)
def test_unknown_path(app, rng):
    """A path that does not exist answers 404 in the same shape."""
    app.get("/books/1").expect(200)
    app.get(f"/nowhere/{token(rng)}").expect(
        404,
        json={"error": "http_404", "message": "Not Found"},
        because="the framework raises Starlette's HTTPException, which is the parent of FastAPI's",
    )


@pytest.mark.step(5)
def test_wrong_method(app):
    """A wrong method answers 405 in the same shape, with its header Allow."""
    answer = app.delete("/books").expect(
        405, json={"error": "http_405", "message": "Method Not Allowed"}
    )
    assert "get" in names(answer, "allow"), (
        f"{answer.line} should send the header Allow with GET, "
        f"but sent {answer.headers.get('allow', 'none')}. "
        "The exception carries headers, and they belong to the answer."
    )


@pytest.mark.step(5)
def test_body_that_is_no_text(app, rng):
    """JSON that can't be read as text answers 400 in the same shape."""
    body = json.dumps(order(rng.randint(1, 60), note=token(rng))).encode()
    kind = {"Content-Type": "application/json"}
    app.post("/orders", content=body, headers=kind).expect(201)
    app.post("/orders", content=body.replace(b"Ada", b"Ad\xff"), headers=kind).expect(
        400,
        json={"error": "http_400", "message": "There was an error parsing the body"},
        because="the framework raises an HTTPException with 400 here. "
        "One handler for the class takes every status, those too that you did not think of",
    )


def bug(app, rng, **headers):
    """Run into the bug; return the answer and the text of the exception."""
    month = f"month-{token(rng)}"
    return app.get(f"/reports/{month}", headers=headers), f"KeyError: '{month}'"


@pytest.mark.step(6)
def test_bug_is_500_json(app, rng):
    """An unhandled error answers 500 as JSON, and gives nothing away."""
    app.get("/reports/january").expect(200)
    answer, raised = bug(app, rng)
    answer.expect(500, json={"error": "internal_error", "message": TEXT})
    for secret in ("KeyError", "Traceback", "main.py", raised.split("'")[1]):
        assert secret not in answer.text, (
            f"The answer gives away {secret!r}, which is of the exception. "
            "Strangers read this answer: say only that something went wrong."
        )


@pytest.mark.step(6)
def test_bug_keeps_the_id(app, rng):
    """The 500 answer carries the request's id, or a new one."""
    mine = token(rng)
    answer, _ = bug(app, rng, **{"X-Request-ID": mine})
    answer.expect(
        500,
        headers={"X-Request-ID": mine},
        because="this is the answer for which the id matters most. A handler for Exception "
        "runs outside of all middleware that you add to the app",
    )
    made = {bug(app, rng)[0].expect(500).headers.get("x-request-id", "") for _ in range(3)}
    assert len(made) == 3, (
        f"Three requests without an id should get three new ones, also with a 500, but got {made}."
    )
    assert all(made), "A new id should not be empty, also with a 500."


@pytest.mark.step(6)
def test_bug_is_not_lost(app, rng):
    """The error shows up on the server: raised on, or logged with its traceback."""
    answer, raised = bug(app, rng)
    answer.expect(500)
    key = raised.split("'")[1]
    deadline = time.monotonic() + PATIENCE_S
    while True:
        known = any(key in error.message for error in app.exceptions())
        if known or raised in app.served.log or time.monotonic() > deadline:
            break
        time.sleep(0.02)
    assert known or raised in app.served.log, (
        f"{answer.line} failed, and the server does not say why: the error was neither raised on, "
        "nor was its traceback logged or printed. `logging.getLogger(__name__).exception(...)` in "
        "the `except` block logs it (a logger of the server does not count)."
    )


# ---------------------------------------------------------------------------------------- CORS


def origins(rng):
    """Return two origins, and how they are set."""
    allowed = [f"https://shop-{token(rng)}.example", f"http://localhost:{rng.randint(3000, 9999)}"]
    return allowed, {"ALLOWED_ORIGINS": json.dumps(allowed)}


def strangers(allowed, rng):
    """Return origins that are not allowed, though some look like it."""
    return [
        f"https://{token(rng)}.example",
        f"{allowed}.evil.example",
        f"{allowed}0",
        f"{allowed}:8443",
        allowed[:-1],
        allowed.replace(".", rng.choice("abcxyz")),
        allowed.replace("https://", "http://"),
        allowed.replace("https://", "https://www."),
        "null",
    ]


def preflight(app, origin, path="/orders", method="POST", **headers):
    """Ask as a browser does before it sends the request itself."""
    return app.options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type,x-request-id",
            **headers,
        },
    )


def expect_no_star(answer):
    """Demand that not everybody is let in."""
    assert answer.headers.get("access-control-allow-origin") != "*", (
        f"{answer.line} answered Access-Control-Allow-Origin: *, which is an invitation to every "
        "page on the web. Allow the origins of the settings, and no others."
    )


def expect_allowed(answer, origin, hint=""):
    """Demand that the browser shows the answer to the page of this origin."""
    expect_no_star(answer)
    answer.expect(
        answer.status,
        headers={
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
        },
        because=f"the request came from {origin}, which is in settings.allowed_origins, "
        f"and the page sends cookies{hint}",
    )


def expect_kept_out(answer, origin):
    """Demand that the browser keeps the answer from the page of this origin."""
    found = answer.headers.get("access-control-allow-origin")
    assert found is None, (
        f"{answer.line} from {origin} should not send Access-Control-Allow-Origin, "
        f"but sent {found!r}: this origin is not in settings.allowed_origins."
    )


@pytest.mark.step(7)
def test_other_origins(fresh_app, rng):
    """Any other origin gets no permission, though a plain GET is served."""
    allowed, variables = origins(rng)
    app = fresh_app(**variables)
    expect_allowed(app.get("/books/1", headers={"Origin": allowed[0]}).expect(200), allowed[0])
    for origin in strangers(allowed[0], rng):
        answer = app.get("/books/1", headers={"Origin": origin}).expect(
            200, because="CORS does not keep anybody out: the browser hides the answer"
        )
        expect_kept_out(answer, origin)
        expect_kept_out(preflight(app, origin), origin)


@pytest.mark.step(7)
def test_never_a_star(fresh_app, rng):
    """No answer says *, whoever asks."""
    allowed, variables = origins(rng)
    app = fresh_app(**variables)
    expect_allowed(app.get("/books/1", headers={"Origin": allowed[0]}).expect(200), allowed[0])
    for headers in ({}, {"Origin": f"https://{token(rng)}.example"}, {"Origin": allowed[1]}):
        expect_no_star(app.get("/books/1", headers=headers).expect(200))


@pytest.mark.step(7)
def test_allowed_origin(fresh_app, rng):
    """The answer to an allowed origin names it, and lets the page read the id."""
    allowed, variables = origins(rng)
    app = fresh_app(**variables)
    for origin in allowed:
        answer = app.get("/books/1", headers={"Origin": origin}).expect(200)
        expect_allowed(answer, origin)
        assert "origin" in names(answer, "vary"), (
            f"Vary should name Origin, but is {answer.headers.get('vary')!r}. "
            "The answer differs by origin, and caches must know it."
        )
        assert "x-request-id" in names(answer, "access-control-expose-headers"), (
            "Access-Control-Expose-Headers should name X-Request-ID: "
            "without it the browser keeps that header from the page."
        )


@pytest.mark.step(7)
def test_preflight(fresh_app, rng):
    """A preflight from an allowed origin is answered for that origin."""
    allowed, variables = origins(rng)
    app = fresh_app(**variables)
    for origin in allowed:
        for method, path in (("POST", "/orders"), ("GET", "/books")):
            answer = preflight(app, origin, path, method)
            expect_no_star(answer)
            assert 200 <= answer.status < 300, (
                f"A preflight from {origin} for {method} {path} should answer with 2xx, "
                f"but answered {answer.status}: {answer.text}"
            )
            expect_allowed(answer, origin)
            methods = names(answer, "access-control-allow-methods")
            assert {"get", "post"} <= methods, (
                f"Access-Control-Allow-Methods should name GET and POST, but names {methods}."
            )
            listed = names(answer, "access-control-allow-headers")
            assert {"content-type", "x-request-id"} <= listed, (
                "Access-Control-Allow-Headers should name Content-Type and X-Request-ID, "
                f"but names {listed}."
            )


# -------------------------------------------------------------------------------------- limits


def limited(fresh_app, rng):
    """Return a fresh app with a random limit, and the limit: small, for bodies one can look at."""
    limit = rng.randint(150, 300)
    return fresh_app(MAX_BODY_BYTES=str(limit)), limit


def expect_too_large(answer, *, chunks=False):
    """Demand the refusal."""
    because = "the body is larger than settings.max_body_bytes"
    if chunks and answer.status in (400, 500):
        because += (
            ". Your exception comes out where somebody reads the body: only an HTTPException gets "
            "through there, and only if no `@app.middleware` function stands in between"
        )
    elif answer.status == 500:
        because += (
            ". Did you raise an exception? The handlers stand inside of your middleware, so what "
            "it raises before it calls the app meets none: send the answer by hand, and return"
        )
    elif chunks:
        because += ", and it comes in chunks, without a Content-Length"
    answer.expect(413, json={"error": "http_413", "message": TEXT}, because=because)


def early(upload, why):
    """Return the answer that should come though the body has not ended."""
    deadline = time.monotonic() + PATIENCE_S
    while not upload.answered():
        assert time.monotonic() < deadline, (
            f"{upload.line} should be answered at once, but got no answer within {PATIENCE_S:g} "
            f"seconds, after {upload.sent:,} bytes of its body were sent. {why}"
        )
        time.sleep(0.01)
    return upload.answer()


BODIES = [("/orders", padded_order), ("/imports", titles)]


@pytest.mark.step(8)
@pytest.mark.parametrize(("path", "body"), BODIES, ids=["POST /orders", "POST /imports"])
def test_content_length(fresh_app, rng, path, body):
    """A body that says it is too large is refused before it arrives."""
    app, limit = limited(fresh_app, rng)
    kind = {"Content-Type": "application/json"}
    app.post(path, content=body(limit), headers=kind).expect(
        201, because=f"the body has exactly {limit} bytes, which is the limit"
    )
    expect_too_large(app.post(path, content=body(limit + 1), headers=kind))
    size = limit + rng.randint(1, 10**8)
    with app.upload("POST", path, headers=kind | {"Content-Length": str(size)}) as upload:
        expect_too_large(
            early(
                upload,
                f"The request says Content-Length: {size}, which is more than {limit}: "
                "there is nothing to wait for.",
            )
        )


@pytest.mark.step(8)
def test_no_body_is_never_too_large(fresh_app, rng):
    """A request without a body is served, whatever the limit."""
    app = fresh_app(MAX_BODY_BYTES="0")
    expect_too_large(app.post("/imports", content=titles(rng.randint(2, 99))))
    app.get(f"/books/{rng.randint(1, 60)}").expect(
        200, because="settings.max_body_bytes is 0, and the request has no body"
    )


def in_chunks(app, path, body, size=60):
    """Send a body in chunks, to its end."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return app.post(path, content=iter(pieces), headers={"Content-Type": "application/json"})


@pytest.mark.step(9)
@pytest.mark.parametrize(("path", "body"), BODIES, ids=["POST /orders", "POST /imports"])
def test_chunks(fresh_app, rng, path, body):
    """A body in chunks is refused as soon as it is too much."""
    app, limit = limited(fresh_app, rng)
    in_chunks(app, path, body(limit)).expect(
        201, because=f"the body has exactly {limit} bytes, which is the limit"
    )
    expect_too_large(in_chunks(app, path, body(limit + 1)), chunks=True)
    large = body(limit + 100)
    with app.upload("POST", path, headers={"Content-Type": "application/json"}) as upload:
        for start in range(0, len(large), 60):
            upload.send(large[start : start + 60])
        expect_too_large(
            early(
                upload,
                f"The limit is {limit}: do not wait for the rest of the body.",
            )
        )


def wait_for_book(app, word):
    """Wait until a title with that word, which is being uploaded, is a book."""
    deadline = time.monotonic() + PATIENCE_S
    while not app.get("/books", params={"word": word}).expect(200).json:
        assert time.monotonic() < deadline, (
            "A line that POST /imports has received should be a book at once, but after "
            f"{PATIENCE_S:g} seconds it is not. Something around the app reads the whole body "
            "before it lets the app begin."
        )
        time.sleep(0.02)


@pytest.mark.step(9)
def test_pieces_add_up(fresh_app, rng):
    """A body of many small pieces is refused once their sum is too much."""
    app, limit = limited(fresh_app, rng)
    size = limit * 2 // 5
    with app.upload("POST", "/imports") as upload:
        for _ in range(2):
            word = token(rng)
            upload.send(f"{word:-<{size - 1}}\n".encode())
            wait_for_book(app, word)
        upload.send(b"-" * size)
        expect_too_large(
            early(upload, f"The limit is {limit}, for all pieces of the body together."),
            chunks=True,
        )


@pytest.mark.step(9)
def test_upload_still_streams(fresh_app, rng):
    """What has been uploaded is used before the upload ends."""
    app, limit = limited(fresh_app, rng)
    expect_too_large(in_chunks(app, "/imports", titles(limit + 1)), chunks=True)
    word = token(rng)
    with app.upload("POST", "/imports") as upload:
        upload.send(f"The story of {word}\n".encode())
        wait_for_book(app, word)
        upload.send(f"More of {word}\n".encode())
        upload.end()
        upload.answer().expect(201, json={"imported": 2})


def next_line(stream):
    """Return the next line of JSON; None if it does not come."""
    text = b""
    while not text.endswith(b"\n"):
        piece = stream.next_chunk()
        if not piece:
            break
        text += piece
    return json.loads(text) if text.strip() else None


def expect_live(app, **headers):
    """Demand that each line of GET /orders/live comes when it is sent."""
    try:
        with app.stream("GET", "/orders/live", headers=headers) as live:
            got = [next_line(live)]
            for _ in range(2):
                app.post("/orders", json=order()).expect(201)
                got.append(next_line(live))
    except AssertionError as error:
        raise AssertionError(
            "GET /orders/live should send a line at once and one after each order, "
            "but something around the app holds the answer back: does it wait for the whole "
            f"body of the answer?\n({error})"
        ) from None
    wanted = [{"orders": count} for count in range(3)]
    assert got == wanted, f"GET /orders/live should send {wanted}, one by one, but sent {got}."


@pytest.mark.step(9)
def test_answer_still_streams(fresh_app, rng):
    """GET /orders/live still sends each line at once."""
    app, limit = limited(fresh_app, rng)
    expect_too_large(in_chunks(app, "/imports", titles(limit + 1)), chunks=True)
    expect_live(app)


@pytest.mark.step(9)
def test_listener_leaves(fresh_app, rng):
    """Nothing is raised when a client stops listening to GET /orders/live."""
    app = fresh_app(MAX_BODY_BYTES="0")
    expect_too_large(in_chunks(app, "/imports", titles(rng.randint(2, 99))), chunks=True)
    with app.stream("GET", "/orders/live") as live:
        next_line(live)
    deadline = time.monotonic() + LEFT_S
    while time.monotonic() < deadline and not app.exceptions():
        time.sleep(0.02)
    raised = app.exceptions()
    assert not raised, (
        f"A client that stops listening to GET /orders/live is no error, but {raised[0].type} was "
        "raised on the server. After the body, `receive` tells that the client has left: "
        "a message of another type, which has no body to count."
    )


# ---------------------------------------------------------------------------------------- gzip


def around(app, size):
    """Return how many books make the largest list below a size, found by asking."""
    low, high = 1, 60
    while high - low > 1:
        middle = (low + high) // 2
        found = len(app.get("/books", params={"limit": middle}).expect(200).content)
        low, high = (middle, high) if found < size else (low, middle)
    return low


ASKS = {"Accept-Encoding": "gzip"}


@pytest.mark.step(10)
def test_large_answers_are_compressed(app, rng):
    """An answer of 1,000 bytes or more is compressed, and the same after unpacking."""
    smallest = around(app, 1000) + 1
    for limit in (smallest, rng.randint(smallest + 1, 59)):
        plain = app.get("/books", params={"limit": limit}).expect(200)
        packed = app.get("/books", params={"limit": limit}, headers=ASKS).expect(
            200,
            headers={"Content-Encoding": "gzip"},
            because=f"the client asks for gzip, and the body has {len(plain.content):,} bytes",
        )
        assert packed.content == plain.content, "The answer should be the same after unpacking."


def list_of_one(app, rng, padding):
    """Import a book; return how to list it alone, and how many bytes that list has."""
    word = token(rng)
    app.post("/imports", content=f"{word}{'-' * padding}\n").expect(201)
    alone = {"params": {"word": word}}
    return alone, len(app.get("/books", **alone).expect(200).content)


@pytest.mark.step(10)
def test_exactly_1000_bytes(fresh_app, rng):
    """An answer of exactly 1,000 bytes is compressed, one of 999 is not."""
    app = fresh_app()
    _, bare = list_of_one(app, rng, 0)
    for wanted, padding in (("gzip", 1000 - bare), (None, 999 - bare)):
        alone, size = list_of_one(app, rng, padding)
        app.get("/books", **alone, headers=ASKS).expect(
            200,
            headers={"Content-Encoding": wanted},
            because=f"the client asks for gzip, and the body has exactly {size} bytes",
        )


@pytest.mark.step(10)
def test_large_errors_are_compressed(app, rng):
    """A large answer with 422 is compressed too."""
    wrong = order() | {"lines": [{"quantity": -n} for n in range(rng.randint(20, 40))]}
    plain = app.post("/orders", json=wrong).expect(422)
    packed = app.post("/orders", json=wrong, headers=ASKS).expect(
        422,
        headers={"Content-Encoding": "gzip" if len(plain.content) >= 1000 else None},
        because=f"the client asks for gzip, and the body has {len(plain.content):,} bytes",
    )
    assert packed.content == plain.content, "The answer should be the same after unpacking."


@pytest.mark.step(10)
def test_small_answers_are_not(app, rng):
    """A smaller answer comes as it is."""
    largest = around(app, 1000)
    app.get("/books", params={"limit": 60}, headers=ASKS).expect(
        200, headers={"Content-Encoding": "gzip"}
    )
    for limit in (largest, rng.randint(1, largest - 1)):
        answer = app.get("/books", params={"limit": limit}, headers=ASKS).expect(200)
        answer.expect(
            200,
            headers={"Content-Encoding": None},
            because=f"its body has less than 1,000 bytes ({len(answer.content)} after unpacking). "
            "Is the size said where the compression is added? No `@app.middleware` function may "
            "stand inside of it: that turns each answer into a stream, whose size nobody knows",
        )


@pytest.mark.step(10)
def test_who_does_not_ask(app):
    """A client that does not ask for gzip gets the answer as it is."""
    app.get("/books", headers=ASKS).expect(200, headers={"Content-Encoding": "gzip"})
    for headers in ({}, {"Accept-Encoding": "identity"}):
        app.get("/books", headers=headers).expect(
            200, headers={"Content-Encoding": None}, because="the client does not ask for gzip"
        )


@pytest.mark.step(10)
def test_compressed_answer_still_streams(fresh_app):
    """GET /orders/live sends each line at once, also to who asks for gzip."""
    app = fresh_app()
    app.get("/books", headers=ASKS).expect(200, headers={"Content-Encoding": "gzip"})
    expect_live(app, **ASKS)


# --------------------------------------------------------------------------------------- order


def expect_marked(answer, status, mine, origin=None):
    """Demand the id and the time, and the permission to read the answer."""
    answer.expect(
        status,
        headers={"X-Request-ID": mine},
        because=f"the request came with that id, and the answer with {status} begins inside of "
        "some skins of the onion: the one for the id must be outside of it",
    )
    seconds(answer)
    if origin:
        hint = f". Where does the answer with {status} begin? CORS must stand outside of it"
        expect_allowed(answer, origin, hint)


def app_with_marked_preflights(fresh_app, rng):
    """Return an app whose preflights carry the id and the time, and an origin that it allows."""
    allowed, variables = origins(rng)
    app, mine = fresh_app(**variables), token(rng)
    answer = preflight(app, allowed[0], **{"X-Request-ID": mine})
    expect_marked(answer, answer.status, mine, allowed[0])
    return app, allowed[0]


@pytest.mark.step(11)
def test_onion_of_a_preflight(fresh_app, rng):
    """A preflight's answer carries the id and the time."""
    app, origin = app_with_marked_preflights(fresh_app, rng)
    made = {preflight(app, origin).headers.get("x-request-id", "") for _ in range(2)}
    assert len(made) == 2, f"Two preflights without an id should get two new ones, but got {made}."


@pytest.mark.step(11)
def test_onion_of_a_domain_error(fresh_app, rng):
    """A 409 carries the id, the time, and the headers that let the page read it."""
    allowed, variables = origins(rng)
    app, mine = fresh_app(**variables), token(rng)
    headers = {"Origin": allowed[0], "X-Request-ID": mine}
    answer = app.post("/orders", json=order(1, STOCK + 1), headers=headers)
    expect_marked(answer, 409, mine, allowed[0])


@pytest.mark.step(11)
def test_onion_of_a_bug(fresh_app, rng):
    """A 500 carries the id, the time, and the headers that let the page read it."""
    allowed, variables = origins(rng)
    app, mine = fresh_app(**variables), token(rng)
    answer, _ = bug(app, rng, **{"Origin": allowed[0], "X-Request-ID": mine})
    expect_marked(answer, 500, mine, allowed[0])


@pytest.mark.step(11)
def test_onion_of_a_large_body(fresh_app, rng):
    """A 413 carries the id, the time, and the headers that let the page read it."""
    allowed, variables = origins(rng)
    limit = rng.randint(150, 300)
    app, mine = fresh_app(**variables, MAX_BODY_BYTES=str(limit)), token(rng)
    headers = {
        "Origin": allowed[0],
        "X-Request-ID": mine,
        "Content-Type": "application/json",
    }
    body = padded_order(limit + 1)
    expect_marked(app.post("/orders", content=body, headers=headers), 413, mine, allowed[0])


@pytest.mark.step(11)
def test_websockets_pass(fresh_app, rng):
    """What is no HTTP request goes through every skin as it is."""
    app, _ = app_with_marked_preflights(fresh_app, rng)
    app.websocket_refusal(f"/nowhere/{token(rng)}").expect(
        403,
        because="nothing serves a WebSocket there. A middleware gets it too, with the type "
        "`websocket` in its scope: call the app with it, `await` that, and do nothing else",
    )


# ---------------------------------------------------------------------------------------- docs

PAGES = ["/docs", "/redoc", "/openapi.json"]


def expect_closed(app, page):
    """Demand that a page is not there, without showing it."""
    status = app.get(page).status
    assert status == 404, (
        f"GET {page} should answer 404 Not Found, but answered {status}: "
        "the setting `environment` is production."
    )


@pytest.mark.step(12)
def test_docs_closed_in_production(fresh_app):
    """In production the docs are closed, and the rest works."""
    app = fresh_app(ENVIRONMENT="production")
    app.get("/books/1").expect(200)
    for page in PAGES:
        expect_closed(app, page)


@pytest.mark.step(12)
def test_docs_open_in_development(fresh_app):
    """In development the docs are open."""
    closed, opened = fresh_app(ENVIRONMENT="production"), fresh_app(ENVIRONMENT="development")
    expect_closed(closed, "/docs")
    for page in PAGES:
        opened.get(page).expect(200, because="the setting `environment` is development")
