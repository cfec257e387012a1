"""Write a program differently without changing what it does.

Learners' tests are tried on many builds of an app, which lie beside them as text. Were the correct
one always the text that the learner has, a test could compare the text instead of testing.
"""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING

from checker.source import parse

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

SHARE = 0.5
"""How many of the places where something may stand get something."""


def disguised(source: str, rng: random.Random) -> str:
    """Return `source` with statements in it that do nothing, and with another text each time."""
    lines = source.splitlines(keepends=True)
    written = [f"# {rng.getrandbits(64)}\n"]  # never the same text, however short the source
    done = 0
    for number, indentation in sorted(_places(parse(source))):
        if lines[number - 1][:indentation].strip():
            continue  # something else stands before it in its line
        written += lines[done : number - 1]
        done = number - 1
        while rng.random() < SHARE:
            written.append(textwrap.indent(_nothing(rng), " " * indentation))
    return "".join(written + lines[done:])


def _places(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """Yield the line, counted from 1, and the column of each statement of a function's body."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            begins_with_docstring = isinstance(node.body[0], ast.Expr) and isinstance(
                node.body[0].value, ast.Constant
            )
            for statement in node.body[begins_with_docstring:]:
                decorators = getattr(statement, "decorator_list", [])
                yield min(one.lineno for one in (statement, *decorators)), statement.col_offset


def _nothing(rng: random.Random) -> str:
    number = rng.randrange(10_000)
    return rng.choice(
        [
            f"{number}\n",
            f"if {number} < 0:\n    pass\n",
            f"assert {number} + 1\n",
            "for _ in ():\n    pass\n",
        ]
    )
