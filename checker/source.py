"""The submission's text, for what can't be seen from outside. Parsed, never imported."""

from __future__ import annotations

import ast
import threading
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_one_at_a_time = threading.Lock()


def parse(content: str | bytes, name: str = "<unknown>") -> ast.Module:
    """Return the syntax tree of Python text, from any thread.

    CPython 3.11 counts how deep all threads together are in a tree, and gives up if that does not
    add up (SystemError). Raises SyntaxError, ValueError, RecursionError or MemoryError.
    """
    with _one_at_a_time:
        return ast.parse(content, name)


class Source:
    """The Python files of a submission; what is no Python can't be imported and is left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def trees(self) -> Iterator[tuple[str, ast.Module]]:
        """Yield name and syntax tree of every Python file."""
        for path in sorted(self._folder.rglob("*.py")):
            tree = _parsed(path)
            if tree is not None:
                yield str(path.relative_to(self._folder)), tree

    @cached_property
    def code(self) -> str:
        """All of it without comments, in the form that `ast.unparse` gives."""
        return "\n".join(_unparsed(tree) for _, tree in self.trees())


def _parsed(path: Path) -> ast.Module | None:
    try:
        return parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _unparsed(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except RecursionError:
        return ""
