"""Which of a learner's tests is likely to find a bug: one that speaks of what the bug is about.

The tests are ranked as documents are for a query, by the cosine of their tf-idf vectors: Manning,
Raghavan and Schütze, Introduction to Information Retrieval (2008), chapter 6. A test with
parameters is a document for each set of them. Only a guess: it says which tests to run first, so
that the first failure comes soon.
"""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from checker.source import Source
from checker.testing import Order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Function = ast.FunctionDef | ast.AsyncFunctionDef

WORD = re.compile(r"[a-z]+|\d+")
MAX_TESTS, MAX_WORDS = 1000, 1000
"""Tests that are read, and words of each: strangers write them."""
OWN_WORDS_COUNT = 3
"""How many times a set of parameters counts, beside what it shares with the test's other sets."""
MAX_RANKED = 100
"""Tests that are ranked; the others follow as they stand."""
MAX_ID = 200
"""Characters of an id: one that is longer is not ranked. All ids are told in one message."""


class Likelihood:
    """The tests of a submission, to be ranked for any bug."""

    def __init__(self, tests: Mapping[str, Counter[str]]) -> None:
        """`tests` holds the words of each test, by its id (see checker.testing.Order)."""
        self._words = tests
        functions: dict[str, set[str]] = {}  # many sets of parameters make no word common
        for test, words in tests.items():
            functions.setdefault(test.partition("#")[0], set()).update(words)
        occurs_in = Counter(word for words in functions.values() for word in words)
        self._rarity = {word: math.log(1 + len(functions) / n) for word, n in occurs_in.items()}
        self._length = {
            test: math.hypot(*(n * self._rarity[word] for word, n in words.items())) or 1.0
            for test, words in tests.items()
        }

    @classmethod
    def of(cls, folder: Path) -> Likelihood:
        """Rank the tests that stand in the Python files of a folder."""
        return cls(dict(islice(_tests(folder), MAX_TESTS)))

    def order(self, about: str, found_by: str = "") -> Order:
        """Return the order that begins with the test `found_by`, if a bug was found before."""
        return Order("likely", first=(found_by[:MAX_ID], *self.ranked(about)))

    def ranked(self, about: str) -> tuple[str, ...]:
        """Return the ids of the tests that share words with `about`, the likeliest first."""
        wanted = _words(about)
        scores = {test: self._score(test, wanted) for test in self._words}
        likely = sorted(filter(scores.get, scores), key=scores.__getitem__, reverse=True)
        return tuple(likely[:MAX_RANKED])

    def _score(self, test: str, wanted: Mapping[str, int]) -> float:
        words = self._words[test]
        shared = wanted.keys() & words.keys()
        return sum(wanted[w] * words[w] * self._rarity[w] ** 2 for w in shared) / self._length[test]


def _words(text: str) -> Counter[str]:
    """Count the words of a text; `books` is the same word as `book`."""
    found = islice(WORD.finditer(text.lower()), MAX_WORDS)
    return Counter(word[0].rstrip("s") for word in found)


def _tests(folder: Path) -> Iterator[tuple[str, Counter[str]]]:
    """Yield id and words of what looks like a test."""
    for name, tree in Source(folder).trees():
        path = Path(name)
        lines = (folder / path).read_bytes().splitlines()
        for names, node in _functions(tree):
            test = "::".join((path.as_posix(), *names))
            if node.name.startswith("test") and len(test) <= MAX_ID:
                first = min(one.lineno for one in (node, *node.decorator_list))
                words = _words(_decoded(lines[first - 1 : node.end_lineno]))
                yield from _cases(test, words, node, lines)


def _cases(
    test: str, words: Counter[str], node: Function, lines: list[bytes]
) -> Iterator[tuple[str, Counter[str]]]:
    """Yield a test; or each set of its parameters, where one mark has them all written out."""
    match [mark for mark in node.decorator_list if _is_parametrize(mark)]:
        case [ast.Call(args=[_, ast.List(elts=sets) | ast.Tuple(elts=sets) as all_sets, *_])] if (
            not any(isinstance(one, ast.Starred) for one in sets)
        ):
            shared = words - _words(_text(all_sets, lines))
            for number, one in enumerate(sets):
                own = _words(_text(one, lines))
                yield f"{test}#{number}", sum([own] * OWN_WORDS_COUNT, shared)
        case _:
            yield test, words


def _is_parametrize(mark: ast.expr) -> bool:
    return (
        isinstance(mark, ast.Call)
        and isinstance(mark.func, ast.Attribute)
        and mark.func.attr == "parametrize"
    )


def _text(node: ast.expr, lines: list[bytes]) -> str:
    """Return where a node stands in a file, as text. Its columns are counted in UTF-8."""
    chosen = lines[node.lineno - 1 : node.end_lineno]
    if chosen:
        chosen[-1] = chosen[-1][: node.end_col_offset]
        chosen[0] = chosen[0][node.col_offset :]
    return _decoded(chosen)


def _decoded(lines: list[bytes]) -> str:
    return b"\n".join(lines).decode(errors="replace")


def _functions(
    scope: ast.Module | ast.ClassDef, *classes: str
) -> Iterator[tuple[tuple[str, ...], Function]]:
    for node in scope.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, *classes, node.name)
        elif isinstance(node, Function):
            yield (*classes, node.name), node
