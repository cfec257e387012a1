"""The submission's text, for what can't be seen from outside. Parsed, never imported."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _unparsed(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except RecursionError:
        return ""
