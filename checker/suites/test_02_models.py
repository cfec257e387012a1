"""Lesson 02: models of what comes in and what goes out."""

import ast
import json
import string
from itertools import pairwise

import pytest
from dirty_equals import IsInt

pytestmark = pytest.mark.lesson("02")

BOOK_FIELDS = ["id", "title", "subtitle", "isbn", "pages", "price_cents", "discount_cents"]
BOOK_NUMBERS = ["pages", "price_cents", "discount_cents", "purchase_price_cents"]
CUSTOMER_FIELDS = ["id", "name", "email", "age"]
STOCK_FIELDS = ["book_id", "copies", "reserved", "available"]
WORDS = ["Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Heath", "Islet", "Juniper"]
SEPARATORS = [3, 4, 8, 12]  # where the groups of an ISBN begin
OLD_NAMES = {
    "Config": "`model_config = ConfigDict(...)` took the place of `class Config`",
    "v1": "import from `pydantic`, not from its old version `pydantic.v1`",
    "validator": "`@field_validator` took the place of `@validator`",
    "root_validator": "`@model_validator` took the place of `@root_validator`",
    "dict": "`.model_dump()` took the place of `.dict()`",
    "parse_obj": "`.model_validate()` took the place of `.parse_obj()`",
    "from_orm": "`.model_validate()` took the place of `.from_orm()`",
    "orm_mode": "`from_attributes` took the place of `orm_mode`",
}


def isbn(rng):
    """Draw a right ISBN-13: twelve digits and the one that makes the sum fit."""
    digits = "978" + "".join(str(rng.randint(0, 9)) for _ in range(9))
    return digits + str(-weighted(digits) % 10)


def weighted(digits):
    """Return the sum of digits times 1, 3, 1, 3..."""
    return sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits))


def text(rng, length):
    """Draw a text of that many characters, without white space."""
    return "".join(rng.choice(string.ascii_letters) for _ in range(length))


def new_book(rng, **changes):
    """Draw a book that obeys every rule of the task."""
    price = rng.randint(1000, 9000)
    return {
        "title": f"{rng.choice(WORDS)} and {rng.choice(WORDS)} {rng.randint(1, 999)}",
        "subtitle": f"The {rng.choice(WORDS)} years",
        "isbn": isbn(rng),
        "pages": rng.randint(100, 900),
        "price_cents": price,
        "discount_cents": rng.randint(1, 500),
        "purchase_price_cents": price - rng.randint(501, 900),
    } | changes


def new_customer(rng, **changes):
    """Draw a customer who obeys every rule of the task."""
    name = rng.choice(WORDS)
    return {
        "name": f"{name} {text(rng, 5)}",
        "email": f"{name.lower()}.{rng.randint(1, 9999)}@example.{rng.choice(['com', 'org'])}",
        "password": f"secret-{text(rng, 12)}",
        "age": rng.randint(20, 90),
    } | changes


def new_order(rng, lines=2, **changes):
    """Draw an order that obeys every rule of the task."""
    return {
        "customer_id": rng.randint(1, 999),
        "address": {
            "street": f"{rng.randint(1, 99)} {rng.choice(WORDS)} Lane",
            "city": f"{rng.choice(WORDS)}ton",
            "postcode": f"{text(rng, 2).upper()}{rng.randint(1, 9)} {rng.randint(1, 9)}AB",
        },
        "lines": [
            {"book_id": rng.randint(1, 999), "copies": rng.randint(2, 98)} for _ in range(lines)
        ],
    } | changes


def new_card(rng, **changes):
    """Draw a gift card that obeys every rule of the task."""
    return {
        "code": f"{text(rng, 4).upper()}-{rng.randint(1000, 9999)}",
        "value_cents": rng.randint(501, 19999),
        "message": f"Happy reading, {rng.choice(WORDS)}",
    } | changes


def without(record, *names):
    """Return a copy without these fields."""
    return {name: value for name, value in record.items() if name not in names}


def public(record, **more):
    """Return what everybody may see of a book or a customer."""
    return more | without(record, "purchase_price_cents", "password")


def kept(answer):
    """Return what the app took, with its id."""
    answer.expect(201, contains={"id": IsInt})
    return answer.json


def kept_exactly(answer, wanted, because=""):
    """Demand that the app answers with this and an id, and with nothing else; return it."""
    shown = {"id": kept(answer)["id"]} | wanted
    return answer.expect(201, json=shown, because=because).json


def taken(answer, sent, contains=None, because=""):
    """Demand 201 for what was sent; where it got lost on its way, name the likely cause."""
    lost = became_null(answer, sent)
    assert not lost, (
        f"{answer.line} was sent a right {lost}, but further on there is null in its place. "
        "Does a validator of yours end without `return`? What it returns is what is kept, "
        "and without a `return` that is None."
    )
    return answer.expect(201, contains=contains or {}, because=because)


def became_null(answer, sent):
    """Return the name of a field that was sent and came to be null, or "body", or nothing."""
    if answer.status == 201 and isinstance(answer.json, dict):
        found = [name for name, value in answer.json.items() if value is None]
    elif answer.status == 422:
        found = [
            error["loc"][-1]
            for error in errors_of(answer)
            if error.get("input", "") is None and error.get("loc")
        ]
    else:
        found = []
    return next((name for name in found if name == "body" or sent.get(name) is not None), "")


def errors_of(answer):
    """Return the errors in a refusal, as far as they are what FastAPI makes of them."""
    body = answer.json
    errors = body.get("detail") if isinstance(body, dict) else None
    if not isinstance(errors, list):
        return []
    return [error for error in errors if isinstance(error, dict)]


def refused(answer, *where, because=""):
    """Demand a refusal that is about the place `where`."""
    answer.expect(422, because=because)
    found = [error["loc"] for error in errors_of(answer) if "loc" in error]
    assert list(where) in found, (
        f"{answer.line} was refused, which is right. One of the errors in `detail` should have "
        f"the loc {written(where)}, but what came is {written(found) if found else answer.text}. "
        "The rule belongs to the field of a model, and FastAPI then writes the loc."
    )


def written(value):
    """Write a value as JSON."""
    return json.dumps(value, ensure_ascii=False)


def schema_of(document, schema):
    """Follow references until there is a schema with content."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if len(schema.get("allOf", [])) == 1:
        return schema_of(document, schema["allOf"][0])
    return schema


def fields_in_docs(app, method, path, status):
    """Return the names of the fields that the docs promise for an answer."""
    document = app.openapi()
    responses = app.operation(method, path).get("responses", {})
    content = responses.get(str(status), {}).get("content", {})
    schema = schema_of(document, content.get("application/json", {}).get("schema", {}))
    return sorted(schema.get("properties", {}))


def expect_fields_in_docs(app, method, path, status, wanted):
    """Demand that the docs list exactly these fields of an answer."""
    found = fields_in_docs(app, method, path, status)
    more, less = sorted(set(found) - set(wanted)), sorted(set(wanted) - set(found))
    assert found, (
        f"The docs don't say which fields the {status} answer of {method.upper()} {path} has. "
        "They know it from a model: a return type, or `response_model`."
    )
    assert not more, (
        f"The docs of {method.upper()} {path} promise an answer with {', '.join(more)}, which it "
        f"must not have. Make a model that has only {', '.join(wanted)}."
    )
    assert not less, (
        f"The docs of {method.upper()} {path} don't list {', '.join(less)} in the answer. "
        "Its model should have all of these fields: " + ", ".join(wanted) + "."
    )


# -------------------------------------------------------------------------------- 1: a book


@pytest.mark.step(1)
def test_takes_a_book(app, rng):
    """POST /books takes a book and answers 201 with it and its id."""
    book = new_book(rng)
    taken(app.post("/books", json=book), book, public(book, id=IsInt))


@pytest.mark.step(1)
def test_fields_that_may_be_left_out(app, rng):
    """A book without subtitle and discount is taken: they are null and 0."""
    book = without(new_book(rng), "subtitle", "discount_cents")
    app.post("/books", json=book).expect(
        201,
        contains={"title": book["title"], "subtitle": None, "discount_cents": 0},
        because="a field with a default may be left out",
    )
    app.post("/books", json=new_book(rng, subtitle=None)).expect(
        201, contains={"subtitle": None}, because="the subtitle may be null"
    )


@pytest.mark.step(1)
def test_books_have_their_own_numbers(app, rng):
    """Every book has an id of its own."""
    ids = [kept(app.post("/books", json=new_book(rng)))["id"] for _ in range(3)]
    assert len(set(ids)) == len(ids), (
        f"Three new books should have three different ids, but have {ids}."
    )


@pytest.mark.step(1)
def test_fields_that_a_book_needs(app, rng):
    """A book without a field that it needs is refused."""
    book = without(new_book(rng), "discount_cents")
    kept(app.post("/books", json=book))
    for field in ("title", "isbn", "pages", "price_cents", "purchase_price_cents"):
        refused(
            app.post("/books", json=without(book, field)),
            "body", field, because=f"a book needs {field}: in the model it has no default",
        )  # fmt: skip


@pytest.mark.step(1)
def test_limits_of_numbers(app, rng):
    """The numbers of a book have limits: what lies on them is taken, what lies outside is not."""
    no_discount = {"discount_cents": 0}
    beyond = rng.randint(2, 99)
    for field, good, bad in (
        ("pages", [1, 5000], [0, -beyond, 5001, 5000 + beyond]),
        ("price_cents", [1, 100_000], [0, -beyond, 100_001, 100_000 + beyond]),
        ("discount_cents", [0], [-1, -beyond]),
        ("purchase_price_cents", [0], [-1, -beyond]),
    ):
        for value in good:
            app.post("/books", json=new_book(rng, **no_discount | {field: value})).expect(
                201, because=f"{field} may be {value}: the limit itself is allowed"
            )
        for value in bad:
            refused(
                app.post("/books", json=new_book(rng, **no_discount | {field: value})),
                "body", field, because=f"{field} must not be {value}: see its limits in the task",
            )  # fmt: skip


@pytest.mark.step(1)
def test_limits_of_the_title(app, rng):
    """A title has 1 to 120 characters."""
    for length in (1, 120):
        app.post("/books", json=new_book(rng, title=text(rng, length))).expect(
            201, because=f"a title may have {length} character{'s' if length > 1 else ''}"
        )
    for length in (0, 121):
        refused(
            app.post("/books", json=new_book(rng, title=text(rng, length))),
            "body", "title", because=f"a title must not have {length} characters",
        )  # fmt: skip


@pytest.mark.step(1)
def test_types(app, rng):
    """A field of another type than the task says is refused, as is a fraction of a whole number."""
    book = without(new_book(rng), "discount_cents")
    kept(app.post("/books", json=book))
    for field, value in (
        ("title", None), ("title", ["Kindred"]), ("title", rng.randint(1, 99)), ("subtitle", 7),
        *((number, wrong) for number in BOOK_NUMBERS for wrong in no_whole_numbers(rng)),
    ):  # fmt: skip
        refused(
            app.post("/books", json=book | {field: value}), "body", field,
            because=f"{written(value)} is not what {field} should be: see the table in the task",
        )  # fmt: skip


def no_whole_numbers(rng):
    """Draw values that are refused where a whole number belongs."""
    return [None, rng.choice(WORDS), rng.randint(20, 90) + rng.choice([0.25, 0.5])]


# ---------------------------------------------------------------------------- 2: a customer


@pytest.mark.step(2)
def test_registers_a_customer(app, rng):
    """POST /customers takes a customer and answers 201 with an id of their own."""
    first, second = new_customer(rng), new_customer(rng)
    one = app.post("/customers", json=first).expect(201, contains=public(first, id=IsInt)).json
    two = app.post("/customers", json=second).expect(201, contains=public(second, id=IsInt)).json
    assert one["id"] != two["id"], f"Two customers have the same id, {one['id']}."


@pytest.mark.step(2)
def test_age_may_be_left_out(app, rng):
    """The age may be left out or null; then it is null."""
    because = "the age is optional: it may be null, and null is its default"
    for customer in (without(new_customer(rng), "age"), new_customer(rng, age=None)):
        app.post("/customers", json=customer).expect(201, contains={"age": None}, because=because)


@pytest.mark.step(2)
def test_age_has_limits(app, rng):
    """An age that is given lies between 13 and 120."""
    for age in (13, 120):
        app.post("/customers", json=new_customer(rng, age=age)).expect(
            201, because=f"{age} still is a right age"
        )
    for age in (12, 121, -rng.randint(1, 99)):
        refused(
            app.post("/customers", json=new_customer(rng, age=age)),
            "body", "age", because=f"{age} is no age for a customer: the limits are 13 and 120",
        )  # fmt: skip


@pytest.mark.step(2)
def test_email_is_an_address(app, rng):
    """What is no email address is refused."""
    kept(app.post("/customers", json=new_customer(rng)))
    for form in ("{}", "{}@", "{}@example", "@{}.com", "{} at example.com"):
        wrong = form.format(text(rng, 6).lower())
        refused(
            app.post("/customers", json=new_customer(rng, email=wrong)), "body", "email",
            because=f'"{wrong}" is no email address: Pydantic has a type for these',
        )  # fmt: skip


@pytest.mark.step(2)
def test_lengths_of_a_customers_texts(app, rng):
    """Name and password have limits of length."""
    for field, shortest, longest in (("name", 1, 80), ("password", 8, 128)):
        for length in (shortest, longest):
            app.post("/customers", json=new_customer(rng, **{field: text(rng, length)})).expect(
                201, because=f"the limits of the {field} are {shortest} and {longest} characters"
            )
        for length in (shortest - 1, longest + 1):
            refused(
                app.post("/customers", json=new_customer(rng, **{field: text(rng, length)})),
                "body", field,
                because=f"the limits of the {field} are {shortest} and {longest} characters, "
                f"and this one has {length}",
            )  # fmt: skip


@pytest.mark.step(2)
def test_fields_that_a_customer_needs(app, rng):
    """A customer without a field that they need is refused."""
    customer = new_customer(rng)
    kept(app.post("/customers", json=customer))
    for field in ("name", "email", "password"):
        refused(
            app.post("/customers", json=without(customer, field)),
            "body", field, because=f"a customer needs {field}: in the model it has no default",
        )  # fmt: skip


@pytest.mark.step(2)
def test_types_of_a_customer(app, rng):
    """A customer's field of another type is refused, as is an age with a fraction."""
    customer = new_customer(rng)
    kept(app.post("/customers", json=customer))
    _, word, fraction = no_whole_numbers(rng)
    for field, value in (
        ("age", word), ("age", fraction),
        ("name", rng.randint(10, 99)), ("name", None), ("email", None),
        ("password", rng.randint(10**8, 10**9)), ("password", None),
    ):  # fmt: skip
        refused(
            app.post("/customers", json=customer | {field: value}), "body", field,
            because=f"{written(value)} is not what {field} should be: see the table in the task",
        )  # fmt: skip


# ------------------------------------------------------------------------------- 3: secrets


@pytest.mark.step(3)
def test_customer_without_password(app, rng):
    """Answers with a customer never hold the password."""
    customer = new_customer(rng, age=rng.choice([None, 44]))
    because = "the answer has id, name, email and age, and nothing else"
    shown = kept_exactly(app.post("/customers", json=customer), public(customer), because)
    app.get(f"/customers/{shown['id']}").expect(200, json=shown, because=because)


@pytest.mark.step(3)
def test_book_without_purchase_price(app, rng):
    """Answers with a book never hold what the shop paid."""
    book = new_book(rng)
    because = "the answer has the fields that the task shows, and nothing else"
    shown = kept_exactly(app.post("/books", json=book), public(book), because)
    app.get(f"/books/{shown['id']}").expect(200, json=shown, because=because)


@pytest.mark.step(3)
def test_each_number_has_its_own(app, rng):
    """GET shows the one that was kept under the number."""
    for path, make in (("/books", new_book), ("/customers", new_customer)):
        sent = [make(rng) for _ in range(3)]
        ids = [kept(app.post(path, json=one))["id"] for one in sent]
        for number, one in rng.sample(list(zip(ids, sent, strict=True)), 3):
            app.get(f"{path}/{number}").expect(200, json=public(one, id=number))


@pytest.mark.step(3)
def test_what_is_missing(app, rng):
    """A number that nobody has is 404."""
    for path, make in (("/books", new_book), ("/customers", new_customer)):
        number = kept(app.post(path, json=make(rng)))["id"]
        app.get(f"{path}/{number}").expect(200)
        app.get(f"{path}/{number + rng.randint(10**6, 10**7)}").expect(404)


@pytest.mark.step(3)
def test_docs_of_answers(app):
    """The docs list exactly the fields that an answer has."""
    expect_fields_in_docs(app, "post", "/customers", 201, CUSTOMER_FIELDS)
    expect_fields_in_docs(app, "get", "/customers/{customer_id}", 200, CUSTOMER_FIELDS)
    expect_fields_in_docs(app, "post", "/books", 201, BOOK_FIELDS)
    expect_fields_in_docs(app, "get", "/books/{book_id}", 200, BOOK_FIELDS)


# ---------------------------------------------------------------------------------- 4: ISBN


@pytest.mark.step(4)
def test_isbn_is_kept_as_digits(app, rng):
    """An ISBN with hyphens or spaces is taken, and kept as 13 digits."""
    for separator in ("-", " ", ""):
        right = isbn(rng)
        parts = [0, *SEPARATORS, len(right)]
        typed = separator.join(right[a:b] for a, b in pairwise(parts))
        book = new_book(rng, isbn=typed)
        taken(
            app.post("/books", json=book),
            book,
            {"isbn": right},
            because=f'"{typed}" is a right ISBN: the validator returns what is to be kept',
        )


@pytest.mark.step(4)
def test_isbn_with_a_wrong_digit(app, rng):
    """An ISBN with one wrong digit is refused."""
    right = isbn(rng)
    kept(app.post("/books", json=new_book(rng, isbn=right)))
    for place in (0, rng.randint(1, 6), rng.randint(7, 11), 12):
        digit = str((int(right[place]) + rng.randint(1, 9)) % 10)
        wrong = right[:place] + digit + right[place + 1 :]
        refused(
            app.post("/books", json=new_book(rng, isbn=wrong)),
            "body", "isbn", because=f"the sum of {wrong} is {weighted(wrong)}",
        )  # fmt: skip


@pytest.mark.step(4)
def test_isbn_of_another_form(app, rng):
    """An ISBN of another length, with other signs in it, or that is no text, is refused."""
    right = isbn(rng)
    kept(app.post("/books", json=new_book(rng, isbn=right)))
    short = right[:11]
    short += str(-7 * weighted(short) % 10)
    long = right[:13]
    long += str(-7 * weighted(long) % 10)
    place = rng.randint(3, 11)
    for wrong, why in (
        (short, "it has 12 digits"),
        (long + "0", "it has 15 digits"),
        (long, "it has 14 digits"),
        ("", "it is empty"),
        (right[:place] + rng.choice("XOIlS") + right[place + 1 :], "there is a letter in it"),
        (right[:place] + rng.choice("XOIlS") + right[place:], "there is a letter in it"),
        (f"ISBN {right}", "there are letters in it"),
        (f"{right[:3]}.{right[3:]}", "there is a dot in it, and only hyphens and spaces may be"),
        (f"{right[:3]}/{right[3:]}", "there is a slash in it"),
        (in_another_script(rng, right, place), "one digit is none of 0 to 9, see isascii()"),
        (in_another_script(rng, right), "its digits are none of 0 to 9, see isascii()"),
        (int(right), "it is a number and no text"),
        (None, "it is null and no text"),
    ):
        refused(
            app.post("/books", json=new_book(rng, isbn=wrong)),
            "body", "isbn", because=f"{written(wrong)} is no ISBN-13: {why}",
        )  # fmt: skip


def in_another_script(rng, digits, place=None):
    """Write one digit, or all, in Arabic, Devanagari or wide form: the sum is the same."""
    zero = ord(rng.choice("٠०０"))  # noqa: RUF001
    places = range(len(digits)) if place is None else (place,)
    return "".join(
        chr(zero + int(digit)) if here in places else digit for here, digit in enumerate(digits)
    )


# ------------------------------------------------------------------------------ 5: discount


@pytest.mark.step(5)
def test_discount_below_the_price(app, rng):
    """A discount below the price is taken, an equal or larger one is refused."""
    price = rng.randint(500, 5000)
    for discount in (0, rng.randint(1, price - 2), price - 1):
        app.post("/books", json=new_book(rng, price_cents=price, discount_cents=discount)).expect(
            201,
            contains={"price_cents": price, "discount_cents": discount},
            because=f"a discount of {discount} is below the price of {price}",
        )
    for discount in (price, price + 1, price + rng.randint(2, 500)):
        app.post("/books", json=new_book(rng, price_cents=price, discount_cents=discount)).expect(
            422, because=f"a discount of {discount} is not below the price of {price}"
        )


@pytest.mark.step(5)
def test_discount_without_a_price(app, rng):
    """A book without a price is refused for the missing price, whatever its discount."""
    book = new_book(rng, discount_cents=rng.randint(1, 999))
    kept(app.post("/books", json=book))
    refused(
        app.post("/books", json=without(book, "price_cents")),
        "body", "price_cents",
        because="price_cents is missing, and a check of two fields must not stumble over that. "
        'With mode="after" it is called only when both fields are there and right',
    )  # fmt: skip
    app.post("/books", json=book | {"discount_cents": book["price_cents"]}).expect(
        422, because="the discount is as high as the price"
    )


# --------------------------------------------------------------------------------- 6: orders


@pytest.mark.step(6)
def test_takes_an_order(app, rng):
    """POST /orders takes an order and answers 201 with it and its id."""
    for lines in (1, rng.randint(2, 19), 20):
        order = new_order(rng, lines)
        kept_exactly(app.post("/orders", json=order), order)


@pytest.mark.step(6)
def test_orders_have_their_own_numbers(app, rng):
    """Every order has an id of its own."""
    ids = [kept(app.post("/orders", json=new_order(rng)))["id"] for _ in range(2)]
    assert ids[0] != ids[1], f"Two orders have the same id, {ids[0]}."


@pytest.mark.step(6)
def test_number_of_lines(app, rng):
    """An order without lines is refused, and one of more than 20."""
    kept(app.post("/orders", json=new_order(rng)))
    for lines in (0, 21):
        refused(
            app.post("/orders", json=new_order(rng, lines)),
            "body", "lines", because=f"an order must not have {lines} lines",
        )  # fmt: skip
    refused(
        app.post("/orders", json=without(new_order(rng), "lines")),
        "body", "lines", because="an order needs lines",
    )  # fmt: skip


@pytest.mark.step(6)
def test_what_an_order_needs(app, rng):
    """An order without a customer or an address is refused, or with a wrong one."""
    order = new_order(rng)
    kept(app.post("/orders", json=order))
    for field in ("customer_id", "address"):
        refused(
            app.post("/orders", json=without(order, field)),
            "body", field, because=f"an order needs {field}: in the model it has no default",
        )  # fmt: skip
    for value in no_whole_numbers(rng):
        refused(
            app.post("/orders", json=order | {"customer_id": value}), "body", "customer_id",
            because=f"customer_id is a whole number, and {written(value)} is none",
        )  # fmt: skip
    refused(
        app.post("/orders", json=order | {"address": None}),
        "body", "address", because="an order needs an address, and null is none",
    )  # fmt: skip


@pytest.mark.step(6)
def test_error_in_a_line(app, rng):
    """An error in one line is located: which line, and which of its fields."""
    for field, value in (
        ("copies", 0), ("copies", 100),
        *((number, wrong) for number in ("copies", "book_id") for wrong in no_whole_numbers(rng)),
    ):  # fmt: skip
        order = new_order(rng, rng.randint(3, 6))
        kept(app.post("/orders", json=order))
        place = rng.randrange(len(order["lines"]))
        order["lines"][place][field] = value
        refused(
            app.post("/orders", json=order),
            "body", "lines", place, field,
            because=f"in line {place}, counted from 0, {field} is {written(value)}",
        )  # fmt: skip
    order["lines"][place] = without(order["lines"][place], "copies") | {"book_id": 1}
    refused(app.post("/orders", json=order), "body", "lines", place, "copies")


@pytest.mark.step(6)
def test_limits_of_copies(app, rng):
    """1 and 99 copies are taken."""
    for copies in (1, 99):
        order = new_order(rng, 1)
        order["lines"][0]["copies"] = copies
        app.post("/orders", json=order).expect(201, because=f"a line may have {copies} copies")


@pytest.mark.step(6)
def test_error_in_the_address(app, rng):
    """An error in the address is located."""
    for field, good, bad in (
        ("street", [1], [0]),
        ("city", [1], [0]),
        ("postcode", [3, 10], [2, 11]),
    ):
        for length in good:
            order = new_order(rng)
            order["address"][field] = text(rng, length)
            app.post("/orders", json=order).expect(
                201, because=f"the {field} of this address is right: {order['address'][field]}"
            )
        for length in bad:
            order = new_order(rng)
            order["address"][field] = text(rng, length)
            refused(
                app.post("/orders", json=order), "body", "address", field,
                because=f"the {field} of the address must not have {length} characters",
            )  # fmt: skip
        order = new_order(rng)
        order["address"][field] = rng.randint(10000, 99999)
        refused(
            app.post("/orders", json=order),
            "body", "address", field, because=f"the {field} is a text, and a JSON number is none",
        )  # fmt: skip
        order["address"] = without(order["address"], field)
        refused(
            app.post("/orders", json=order),
            "body", "address", field, because=f"an address needs a {field}",
        )  # fmt: skip


@pytest.mark.step(6)
def test_all_errors_at_once(app, rng):
    """One answer names everything that is wrong with an order."""
    order = new_order(rng, 4)
    kept(app.post("/orders", json=order))
    order["address"]["postcode"] = "1"
    order["lines"][1]["copies"] = -rng.randint(1, 9)
    order["lines"][3]["book_id"] = "three"
    answer = app.post("/orders", json=without(order, "customer_id"))
    for where in (
        ("customer_id",), ("address", "postcode"), ("lines", 1, "copies"), ("lines", 3, "book_id"),
    ):  # fmt: skip
        refused(answer, "body", *where)


# ------------------------------------------------------------------------- 7: unknown fields


@pytest.mark.step(7)
def test_unknown_field_at_the_top(app, rng):
    """A field of a book, a customer or an order that the API does not know is refused."""
    for path, make in (("/books", new_book), ("/customers", new_customer), ("/orders", new_order)):
        expect_unknown_refused(app, rng, path, make(rng))


@pytest.mark.step(7)
def test_unknown_field_inside(app, rng):
    """An unknown field in an order's address or in one of its lines is refused."""
    expect_unknown_refused(app, rng, "/orders", new_order(rng), "address")
    expect_unknown_refused(app, rng, "/orders", new_order(rng, 3), "lines", rng.randrange(3))


def expect_unknown_refused(app, rng, path, body, *where):
    """Demand that a body is taken, and refused with an unknown field at a place in it."""
    kept(app.post(path, json=body))
    place = body
    for part in where:
        place = place[part]
    unknown = f"{rng.choice(['discount', 'comment', 'colour'])}_{rng.randint(1, 99)}"
    place[unknown] = rng.randint(1, 99)
    refused(
        app.post(path, json=body),
        "body", *where, unknown,
        because=f"your models have no field {unknown}: they should refuse it, not ignore it",
    )  # fmt: skip


# ---------------------------------------------------------------------------------- 8: PATCH


@pytest.mark.step(8)
def test_changes_what_was_sent(app, rng):
    """PATCH changes the fields that were sent, and no others."""
    for names in (["title"], ["subtitle"], ["pages"], ["title", "pages"]):
        book = kept(app.post("/books", json=new_book(rng)))
        new = {"title": text(rng, 12), "subtitle": text(rng, 8), "pages": rng.randint(1000, 5000)}
        changes = {name: new[name] for name in names}
        wanted = book | changes
        because = f"only {' and '.join(names)} was sent; what was not sent stays as it is"
        app.patch(f"/books/{book['id']}", json=changes).expect(200, json=wanted, because=because)
        app.get(f"/books/{book['id']}").expect(200, json=wanted, because=because)


@pytest.mark.step(8)
def test_changes_nothing(app, rng):
    """PATCH with {} changes nothing."""
    book = kept(app.post("/books", json=new_book(rng)))
    app.patch(f"/books/{book['id']}", json={}).expect(
        200, json=book, because="the body holds no field, so nothing changes"
    )
    app.get(f"/books/{book['id']}").expect(200, json=book)


@pytest.mark.step(8)
def test_takes_the_subtitle_away(app, rng):
    """PATCH with a subtitle of null takes the subtitle away."""
    book = kept(app.post("/books", json=new_book(rng)))
    wanted = book | {"subtitle": None}
    because = "null was sent, which is something else than not sent"
    app.patch(f"/books/{book['id']}", json={"subtitle": None}).expect(
        200, json=wanted, because=because
    )
    app.get(f"/books/{book['id']}").expect(200, json=wanted, because=because)


@pytest.mark.step(8)
def test_refuses_null(app, rng):
    """PATCH refuses a title or pages of null."""
    expect_change_refused(app, rng, "title", None, "null is no title, and a book must have one")
    expect_change_refused(app, rng, "pages", None, "null is no number, and a book must have one")


@pytest.mark.step(8)
def test_limits_of_changes(app, rng):
    """PATCH refuses a title or pages that break the rules of step 1."""
    for field, value, because in (
        ("title", "", "a title has at least 1 character"),
        ("title", text(rng, 121), "a title has at most 120 characters"),
        ("pages", 0, "a book has at least 1 page"),
        ("pages", 5001, "a book has at most 5000 pages"),
        ("pages", rng.randint(1, 99) + 0.5, "the number of pages is a whole number"),
        ("title", rng.randint(1, 99), "a title is a text, and a JSON number is none"),
    ):
        expect_change_refused(app, rng, field, value, because)


@pytest.mark.step(8)
def test_other_fields_do_not_change(app, rng):
    """PATCH refuses every other field."""
    for field in ("price_cents", "purchase_price_cents", "id", f"colour_{rng.randint(1, 99)}"):
        because = "PATCH takes title, subtitle and pages, and no other field"
        expect_change_refused(app, rng, field, rng.randint(1000, 2000), because)


def expect_change_refused(app, rng, field, value, because):
    """Demand that a change is refused, and that the book then is as it was."""
    book = kept(app.post("/books", json=new_book(rng))) | {"subtitle": text(rng, 9)}
    path = f"/books/{book['id']}"
    app.patch(path, json={"subtitle": book["subtitle"]}).expect(200, json=book)
    answer = app.patch(path, json={"subtitle": text(rng, 5), field: value})
    refused(answer, "body", field, because=because)
    app.get(path).expect(200, json=book, because="a refused change changes nothing")


@pytest.mark.step(8)
def test_change_of_a_missing_book(app, rng):
    """PATCH of a book that is not there is 404."""
    book = kept(app.post("/books", json=new_book(rng)))
    changes = {"title": text(rng, 12)}
    app.patch(f"/books/{book['id']}", json=changes).expect(200)
    app.patch(f"/books/{book['id'] + rng.randint(10**6, 10**7)}", json=changes).expect(404)


# ---------------------------------------------------------------------------------- 9: stock


@pytest.mark.step(9)
def test_stock(app, rng):
    """GET /stock/{book_id} answers with what the object knows, and what is available."""
    for _ in range(3):
        number = rng.randint(1, 9999)
        copies, reserved = 10 + number * 7 % 40, number * 3 % 10
        app.get(f"/stock/{number}").expect(
            200,
            json={
                "book_id": number,
                "copies": copies,
                "reserved": reserved,
                "available": copies - reserved,
            },
            because="the answer has these four fields, and available is copies less reserved",
        )


@pytest.mark.step(9)
def test_docs_of_stock(app):
    """The docs list the four fields of the stock."""
    expect_fields_in_docs(app, "get", "/stock/{book_id}", 200, STOCK_FIELDS)


# ------------------------------------------------------------------------------- 10: examples


@pytest.mark.step(10)
@pytest.mark.parametrize("path", ["/books", "/customers"])
def test_examples(app, path):
    """The docs show an example of the body, and it can be sent as it is."""
    examples = list(examples_of_body(app, path))
    assert examples, (
        f"The docs of POST {path} show no complete example. Give the model of its body one: "
        '`json_schema_extra` with "examples" in its configuration, or `examples` in each field '
        "that may not be left out."
    )
    for example in examples:
        app.post(path, json=example).expect(
            201, because="this is the example in your docs, sent as it is"
        )


def examples_of_body(app, path):
    """Yield the examples that the docs show for a POST, wherever they stand."""
    document = app.openapi()
    content = app.operation("post", path).get("requestBody", {}).get("content", {})
    media = content.get("application/json", {})
    for named in media.get("examples", {}).values():
        yield named.get("value")
    outer = media.get("schema", {})
    schema = schema_of(document, outer)
    for place in (media, outer, schema):
        if "example" in place:
            yield place["example"]
    for place in (outer, schema) if outer is not schema else (outer,):
        yield from place.get("examples", [])
    of_fields = {
        name: field["examples"][0] if field.get("examples") else field["example"]
        for name, field in schema.get("properties", {}).items()
        if field.get("examples") or "example" in field
    }
    required = schema.get("required", [])
    if required and set(required) <= set(of_fields):
        yield of_fields


# ------------------------------------------------------------------------------ 11: migration


@pytest.mark.step(11)
def test_gift_card(app, rng):
    """POST /gift-cards takes a card, and GET shows it."""
    cards = [new_card(rng) for _ in range(3)]
    for card in cards:
        taken(app.post("/gift-cards", json=card), card).expect(201, json=card)
    for card in rng.sample(cards, len(cards)):
        app.get(f"/gift-cards/{card['code']}").expect(200, json=card)
    app.get(f"/gift-cards/{new_card(rng)['code'][:3]}Z-12345").expect(
        404, because="nobody kept a card of this code"
    )


@pytest.mark.step(11)
def test_gift_card_without_message(app, rng):
    """A gift card without a message is taken, as it was under Pydantic 1."""
    card = without(new_card(rng), "message")
    because = (
        "under Pydantic 1, a field of type Optional had the default None by itself; "
        "Pydantic 2 wants it written"
    )
    app.post("/gift-cards", json=card).expect(201, json=card | {"message": None}, because=because)
    app.get(f"/gift-cards/{card['code']}").expect(200, json=card | {"message": None})


@pytest.mark.step(11)
def test_code_is_tidied(app, rng):
    """A code in lower case, or with white space around it, is tidied before it is compared."""
    for form in ("{}", "  {} ", "{}\n"):
        card = new_card(rng)
        typed = form.format(card["code"].lower())
        app.post("/gift-cards", json=card | {"code": typed}).expect(
            201, json=card, because="the old model stripped the code and put it in upper case first"
        )
        app.get(f"/gift-cards/{card['code']}").expect(200, json=card)


@pytest.mark.step(11)
def test_message_is_stripped(app, rng):
    """A message with white space around it is stripped, and keeps the white space in it."""
    for form in ("  {}", "{} \t", "\n{}  "):
        card = new_card(rng)
        typed = card | {"message": form.format(card["message"])}
        because = "the old model stripped each text it held, not only the code"
        app.post("/gift-cards", json=typed).expect(201, json=card, because=because)
        app.get(f"/gift-cards/{card['code']}").expect(200, json=card, because=because)


@pytest.mark.step(11)
def test_gift_card_has_limits(app, rng):
    """A gift card of a wrong value or code is refused."""
    for value in (500, 20_000):
        app.post("/gift-cards", json=new_card(rng, value_cents=value)).expect(
            201, because=f"a card of {value} cents is right"
        )
    for value in (499, 20_001):
        refused(
            app.post("/gift-cards", json=new_card(rng, value_cents=value)),
            "body", "value_cents", because=f"a card must not have {value} cents",
        )  # fmt: skip
    right = new_card(rng)["code"]
    for code in (right[1:], right + "5", "X" + right, right.replace("-", ""), right[:5] + "12a4"):
        refused(
            app.post("/gift-cards", json=new_card(rng, code=code)),
            "body", "code", because=f'"{code}" does not fit the pattern of a code',
        )  # fmt: skip
    refused(
        app.post("/gift-cards", json=new_card(rng, code=rng.randint(1, 99))),
        "body", "code", because="a code is a text",
    )  # fmt: skip


@pytest.mark.step(11)
def test_no_old_forms(source):
    """No Python file holds a form of Pydantic 1."""
    found = [
        f"{file}, line {line}: {what}." for file, tree in source.trees() for line, what in old(tree)
    ]
    assert not found, "There are old forms left:\n" + "\n".join(found[:8])


def old(tree):
    """Return line and description of each form of Pydantic 1, in the order of lines."""
    found = {
        (place.lineno, OLD_NAMES[name])
        for node in ast.walk(tree)
        for place, name in (*old_imports(node), *old_uses(node))
    }
    return sorted(found)


def old_imports(node):
    """Yield each old name that a node of the syntax tree takes from pydantic, and where."""
    match node:
        case ast.Import(names=names):
            modules = [alias.name for alias in names]
        case ast.ImportFrom(module=module, names=names):
            modules = [f"{module}.{alias.name}" for alias in names]
        case ast.Attribute(value=ast.Name(id="pydantic"), attr=name):
            modules = [f"pydantic.{name}"]
        case _:
            modules = []
    for module in modules:
        first, *rest = module.split(".")
        if first == "pydantic" and rest and rest[0] in ("validator", "root_validator", "v1"):
            yield node, rest[0]


def old_uses(node):
    """Yield each old name that a node of the syntax tree uses, and where."""
    match node:
        case ast.ClassDef(body=body):
            yield from (
                (inner, "Config")
                for inner in body
                if isinstance(inner, ast.ClassDef) and inner.name == "Config"
            )
        case ast.Call(func=ast.Attribute(attr="dict" | "parse_obj" | "from_orm" as name)):
            yield node, name
        case ast.Name(id="orm_mode") | ast.Constant(value="orm_mode") | ast.keyword(arg="orm_mode"):
            yield node, "orm_mode"
