"""Rows of several runs make one picture, whichever of them comes first."""

import json
from typing import Any

import pytest

from checker.model import Step
from checker.rows import Rows


def step(number: int, *needs: int) -> Step:
    return Step(f"07.{number}", "", "", 1, needs, (), "")


STEPS = (step(1), step(2, 1), step(3, 2), step(4))
COLLECTED = [{"name": f"test_{number}", "label": "", "step": number} for number in (1, 2, 3, 4)]


def told(row: str, **values: Any) -> bytes:
    return json.dumps({"row": row, **values}).encode() + b"\n"


def check(number: int, status: str) -> bytes:
    graded = {"name": f"test_{number}", "label": "", "status": status, "message": status}
    return told(
        "check",
        step=number,
        took_s=0.1,
        starts=1,
        check=graded | {"exchanges": [], "exceptions": []},
    )


@pytest.fixture
def rows() -> Rows:
    found = Rows()
    found.take(told("collected", checks=COLLECTED))
    return found


def statuses(rows: Rows) -> list[str]:
    return [rows.result(step).status for step in STEPS]


def test_what_is_told_of_all_checks_again_takes_no_verdict_back(rows: Rows) -> None:
    rows.take(check(1, "passed"))
    rows.take(told("collected", checks=COLLECTED))
    assert statuses(rows) == ["passed", "not_run", "not_run", "not_run"]


def test_what_builds_on_a_broken_step_is_held_back(rows: Rows) -> None:
    """Another run, which did not know, has graded it."""
    for number, status in [(2, "passed"), (3, "failed"), (4, "passed"), (1, "failed")]:
        rows.take(check(number, status))
    rows.hold_back(STEPS)
    assert statuses(rows) == ["failed", "not_run", "not_run", "passed"]
    assert [rows.result(step).checks[0].message for step in STEPS] == [
        "failed",
        "Not run: this builds on step 07.1, which fails.",
        "Not run: this builds on step 07.2, which fails.",
        "passed",
    ]


def test_a_step_that_was_not_reached_holds_nothing_back(rows: Rows) -> None:
    """Its run has ended at a first failure, or was stopped."""
    rows.take(check(2, "failed"))
    rows.hold_back(STEPS)
    assert statuses(rows) == ["not_run", "failed", "not_run", "not_run"]


def test_nothing_is_held_back_where_nothing_is_broken(rows: Rows) -> None:
    for number in (1, 2, 3, 4):
        rows.take(check(number, "passed"))
    rows.hold_back(STEPS)
    assert statuses(rows) == ["passed"] * 4


def test_what_both_apps_print_at_their_start_stands_once(rows: Rows) -> None:
    rows.take(told("finished", log="loading\nready\nGET /a\n"))
    rows.take(told("finished", log="loading\nready\nGET /b\n"))
    assert rows.log == "loading\nready\nGET /a\nGET /b\n"


def test_the_first_trouble_is_the_one_that_is_told(rows: Rows) -> None:
    for message in ("first", "second"):
        rows.take(told("trouble", trouble={"kind": "crashed", "message": message}))
    assert rows.trouble
    assert rows.trouble.message == "first"


def test_only_of_checks_that_ran_is_it_remembered_what_they_took(rows: Rows) -> None:
    rows.take(check(1, "failed"))
    rows.take(check(2, "not_run"))
    assert rows.took_s == {"test_1": 0.1}
    assert rows.starts == {"test_1": 1}
