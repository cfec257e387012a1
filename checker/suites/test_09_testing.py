"""Lesson 09: the learner's tests, tried on the shop, on other correct shops and on bugs."""

import ast

import pytest

pytestmark = pytest.mark.lesson("09")


@pytest.mark.step(1)
def test_pass_on_the_shop(trials):
    """Your tests should pass on the shop as it is."""
    trials.expect_pass()


@pytest.mark.step(1)
def test_catch_another_welcome(trials):
    """Your tests should fail on a shop whose GET / answers something else."""
    trials.expect_caught("welcome")


@pytest.mark.step(2)
def test_leave_the_own_database_alone(trials):
    """Your tests should pass on a shop whose own get_session raises an error."""
    trials.expect_pass(
        "own database out of reach",
        because="every test that needs the database must override get_session",
    )


@pytest.mark.step(2)
def test_catch_bugs_of_books(trials):
    """Your tests should catch the bugs in adding, showing and deleting books."""
    trials.expect_caught(
        "add answers 200", "book not saved", "no location", "missing book is 400",
        "delete does nothing",
    )  # fmt: skip


@pytest.mark.step(3)
def test_use_parametrize(source):
    """At least one of your tests should be run with many values."""
    used = any(
        isinstance(node, ast.Attribute | ast.Name)
        and ast.unparse(node).rpartition(".")[2] in ("parametrize", "pytest_generate_tests")
        for name, tree in source.trees()
        if name != "main.py"
        for node in ast.walk(tree)
    )
    assert used, (
        "No test is run with many values. Write `@pytest.mark.parametrize(...)` above a test "
        "instead of the same test several times."
    )


@pytest.mark.step(3)
def test_catch_bugs_of_validation(trials):
    """Your tests should catch the bugs in what POST /books refuses and takes."""
    trials.expect_caught(
        "empty title", "title one too long", "title of a hundred refused", "price of nothing",
        "price of one refused", "negative stock", "stock of nothing refused",
    )  # fmt: skip


@pytest.mark.step(4)
def test_catch_bugs_of_the_list(trials):
    """Your tests should catch the bugs in GET /books."""
    trials.expect_caught(
        "unordered", "skip ignored", "limit 51", "author ignored", "total of the page"
    )


@pytest.mark.step(5)
def test_catch_bugs_of_keys(trials):
    """Your tests should catch the bugs in keys, rights and secrets."""
    trials.expect_caught(
        "anybody adds books", "customers add books", "customers delete books", "any key will do",
        "no challenge", "cost of a new book", "cost of one book", "cost in the list",
    )  # fmt: skip


@pytest.mark.step(6)
def test_catch_bugs_of_orders(trials):
    """Your tests should catch the bugs in orders."""
    trials.expect_caught(
        "wrong owner", "total ignores quantity", "stock stays", "last copies stay",
        "sold out and sold", "half an order", "order not saved", "eleven copies",
    )  # fmt: skip


@pytest.mark.step(7)
def test_leave_the_real_courier_alone(trials):
    """Your tests should pass on a shop whose real courier raises an error."""
    trials.expect_pass(
        "own courier out of reach",
        because="every test that asks for a delivery must override get_courier",
    )


@pytest.mark.step(7)
def test_catch_bugs_of_deliveries(trials):
    """Your tests should catch the bugs in deliveries."""
    trials.expect_caught(
        "courier down is 500", "no retry", "two days are not express", "three days are express"
    )


@pytest.mark.step(8)
def test_catch_turns(trials):
    """Your tests should fail on a shop where customers wait for each other."""
    trials.expect_caught("one at a time")


@pytest.mark.step(9)
def test_catch_bugs_of_the_board(trials):
    """Your tests should catch the bugs of the board, and never wait for ever."""
    trials.expect_caught(
        "one screen only", "board for everybody", "board for customers",
        "board tells the wrong total", "screens not forgotten",
    )  # fmt: skip


@pytest.mark.step(10)
def test_pass_in_reversed_order(trials):
    """Your tests should pass in reversed order."""
    trials.expect_pass(
        order="reversed",
        because="in the order of the file they pass: one relies on what another left behind",
    )


@pytest.mark.step(10)
def test_pass_in_random_order(trials):
    """Your tests should pass in a random order."""
    trials.expect_pass(
        order="random",
        because="in the order of the file they pass: one relies on what another left behind",
    )


@pytest.mark.step(10)
def test_are_quick(trials):
    """Your tests should be quick."""
    trials.expect_quick()


@pytest.mark.step(11)
@pytest.mark.parametrize("build", ["core", "services"])
def test_pass_on_other_shops(trials, build):
    """Your tests should pass on another correct shop."""
    trials.expect_pass(
        build, because="this shop keeps every promise, so a test demands more than is promised"
    )
