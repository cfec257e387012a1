"""Which of a learner's tests is likely to find a bug: one that speaks of what the bug is about.

The tests are ranked as documents are for a query, by the cosine of their tf-idf vectors: Manning,
Raghavan and Schütze, Introduction to Information Retrieval (2008), chapter 6. Only a guess: it
says which tests to run first, so that the first failure comes soon.
"""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from checker.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WORD = re.compile(r"[a-z]+|\d+")
MAX_RANKED = 50
"""Tests that are ranked; the others follow as they stand."""
MAX_ID = 200
"""Characters of an id: one that is longer is not ranked. All ids are told in one message."""


class Likelihood:
    """The tests of a submission, to be ranked for any bug."""

    def __init__(self, tests: Mapping[str, str]) -> None:
        """`tests` holds the text of each test, by its id."""
        self._words = {test: Counter(_words(text)) for test, text in tests.items()}
        occurs_in = Counter(word for words in self._words.values() for word in words)
        self._rarity = {word: math.log(1 + len(tests) / n) for word, n in occurs_in.items()}
        self._length = {
            test: math.hypot(*(n * self._rarity[word] for word, n in words.items())) or 1.0
            for test, words in self._words.items()
        }

    @classmethod
    def of(cls, folder: Path) -> Likelihood:
        """Rank the tests that stand in the Python files of a folder."""
        return cls(dict(_tests(folder)))

    def ranked(self, about: str) -> tuple[str, ...]:
        """Return the ids of the tests that share words with `about`, the likeliest first."""
        wanted = Counter(_words(about))
        scores = {test: self._score(test, wanted) for test in self._words}
        likely = sorted(filter(scores.get, scores), key=scores.__getitem__, reverse=True)
        return tuple(likely[:MAX_RANKED])

    def _score(self, test: str, wanted: Mapping[str, int]) -> float:
        words = self._words[test]
        shared = wanted.keys() & words.keys()
        return sum(wanted[w] * words[w] * self._rarity[w] ** 2 for w in shared) / self._length[test]


def _words(text: str) -> list[str]:
    """Return the words of a text; `books` is the same word as `book`."""
    return [word.rstrip("s") for word in WORD.findall(text.lower())]


def _tests(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield id, as pytest writes it but without parameters, and text of what looks like a test."""
    for name, tree in Source(folder).trees():
        path = Path(name)
        lines = (folder / path).read_text(encoding="utf-8", errors="replace").splitlines()
        for names, node in _functions(tree):
            test = "::".join((path.as_posix(), *names))
            if node.name.startswith("test") and len(test) <= MAX_ID:
                first = min(one.lineno for one in (node, *node.decorator_list))
                yield test, "\n".join(lines[first - 1 : node.end_lineno])


def _functions(
    scope: ast.Module | ast.ClassDef, *classes: str
) -> Iterator[tuple[tuple[str, ...], ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in scope.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, *classes, node.name)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (*classes, node.name), node
