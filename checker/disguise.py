"""Write a program differently without changing what it does.

Learners' tests are tried on many builds of an app, which lie beside them as text. Were the correct
one always the text that the learner has, a test could compare the text instead of testing.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from checker.source import parse

if TYPE_CHECKING:
    import random

SHARE = 0.5
"""How many of the places where something may stand get something."""


def disguised(source: str, rng: random.Random) -> str:
    """Return `source` without its comments, with statements in it that do nothing."""
    tree = parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = _with_nothing_between(node.body, rng)
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _with_nothing_between(body: list[ast.stmt], rng: random.Random) -> list[ast.stmt]:
    begins_with_docstring = isinstance(body[0], ast.Expr) and isinstance(
        body[0].value, ast.Constant
    )
    written: list[ast.stmt] = body[:1] if begins_with_docstring else []
    for statement in body[len(written) :]:
        while rng.random() < SHARE:
            written.append(_nothing(rng))
        written.append(statement)
    return written


def _nothing(rng: random.Random) -> ast.stmt:
    number = rng.randrange(10_000)
    text = rng.choice(
        [
            f"{number}",
            f"if {number} < 0:\n    pass",
            f"assert {number} + 1",
            "for _ in ():\n    pass",
        ]
    )
    return parse(text).body[0]
