"""The submission's text, for what can't be seen from outside. Parsed, never imported."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Source:
    """The Python files of a submission."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def trees(self) -> Iterator[tuple[str, ast.Module]]:
        """Yield name and syntax tree of every Python file."""
        for path in sorted(self._folder.rglob("*.py")):
            text = path.read_text(encoding="utf-8", errors="replace")
            yield str(path.relative_to(self._folder)), ast.parse(text)

    def calls_in_async_functions(self) -> Iterator[tuple[str, int, str]]:
        """Yield file, line and dotted name of each call made directly in an `async def`."""
        for name, tree in self.trees():
            for function in ast.walk(tree):
                if isinstance(function, ast.AsyncFunctionDef):
                    for call in _own_calls(function):
                        yield name, call.lineno, ast.unparse(call.func)


def _own_calls(function: ast.AST) -> Iterator[ast.Call]:
    for child in ast.iter_child_nodes(function):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from _own_calls(child)
