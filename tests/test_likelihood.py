"""Which tests are run first to find a bug: those that speak of what it is about."""

from collections import Counter
from pathlib import Path

import pytest

from checker.trials import likelihood as likelihood_module
from checker.trials.builds import read_builds
from checker.trials.likelihood import MAX_ID, MAX_RANKED, Likelihood
from tests.conftest import ROOT

FILE = """
import pytest
from main import app

def test_price():
    assert app.post(price=0) == 422

@pytest.mark.parametrize("title", ["é", "long " * 101])
def test_bounds(title):
    assert app.post(title=title) == 422

@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("second", [
    {"stock": 0},
    {"cost": 0},
])
def test_stores(first, second):
    assert app.put(first, second) == 200

@pytest.mark.parametrize("key", [*KEYS, "x"])
def test_keys(key):
    assert app.get(key=key) == 401

def helper():
    return "price of a book"

class TestBoard:
    class TestScreens:
        async def test_two(self):
            assert await app.board() == "books"
"""


@pytest.fixture
def likelihood(tmp_path: Path) -> Likelihood:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "test_it.py").write_text(FILE, encoding="utf-8")
    (tmp_path / "test_half.py").write_text("def test_price(:", encoding="utf-8")
    (tmp_path / "test_odd.py").write_bytes(b"def test_\xff_price(): price")
    return Likelihood.of(tmp_path)


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ("the lowest price", ["deep/test_it.py::test_price"]),
        ("TITLES", ["deep/test_it.py::test_bounds#0", "deep/test_it.py::test_bounds#1"]),
        ("as long as 101", ["deep/test_it.py::test_bounds#1"]),
        ("the stock of a store", ["deep/test_it.py::test_stores"]),
        ("keys", ["deep/test_it.py::test_keys"]),
        ("a book on the board", ["deep/test_it.py::TestBoard::TestScreens::test_two"]),
        (
            "422 for a price",
            [f"deep/test_it.py::test_{name}" for name in ("price", "bounds#0", "bounds#1")],
        ),
        ("the courier", []),
        ("", []),
    ],
)
def test_a_test_that_shares_words_is_likely(
    likelihood: Likelihood, about: str, expected: list[str]
) -> None:
    assert list(likelihood.ranked(about)) == expected


def test_a_rare_word_says_more_than_a_common_one() -> None:
    texts = {"a": "book common", "b": "book common", "c": "book rare", "d": "book common"}
    tests = {test: Counter(text.split()) for test, text in texts.items()}
    assert Likelihood(tests).ranked("common rare")[0] == "c"


def test_however_many_tests_and_however_long_their_names_the_ranking_is_short() -> None:
    tests = {str(number): Counter(["price"]) for number in range(1000)}
    order = Likelihood(tests).order("price", found_by="x" * 1000)
    assert len(order.first) == 1 + MAX_RANKED
    assert max(map(len, order.first)) == MAX_ID


@pytest.mark.parametrize(("bound", "found"), [("MAX_TESTS", {"#0"}), ("MAX_WORDS", set())])
def test_only_so_much_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, found: set[str]
) -> None:
    text = "@mark.parametrize('it', [1, 1])\ndef test_it(it): price\n"
    (tmp_path / "test_main.py").write_text(text, encoding="utf-8")
    assert set(Likelihood.of(tmp_path).ranked("price")) == {
        "test_main.py::test_it#0", "test_main.py::test_it#1",
    }  # fmt: skip
    monkeypatch.setattr(likelihood_module, bound, 1)
    assert set(Likelihood.of(tmp_path).ranked("price")) == {
        f"test_main.py::test_it{one}" for one in found
    }


def test_a_name_that_is_too_long_is_not_ranked(tmp_path: Path) -> None:
    (tmp_path / "test_main.py").write_text(f"def test_{'x' * MAX_ID}(): price", encoding="utf-8")
    assert not Likelihood.of(tmp_path).ranked("price")


@pytest.mark.parametrize(
    ("bug", "test"),
    [
        ("author ignored", "test_books_by_one_author"),
        ("cost in the list", "test_what_the_shop_paid_is_secret"),
        ("no retry", "test_courier_out_of_reach"),
        ("stock of nothing refused", "test_book_at_the_edge_is_taken#3"),
    ],
)
def test_bugs_of_the_course_are_looked_for_by_the_tests_that_find_them(bug: str, test: str) -> None:
    reference = ROOT / "solutions" / "09-testing"
    about = read_builds(reference, ROOT / "checker" / "variants" / "09-testing")[bug].about
    assert f"test_main.py::{test}" in Likelihood.of(reference).ranked(about)[:3]
