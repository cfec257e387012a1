"""Every bare expression of a cell is shown, not only the last one: a lesson asks twice and more."""

from __future__ import annotations

import ast
from typing import Any

SHOW = "_show_expression"
"""The name, in the notebook, of the function that shows."""


class ShowEveryExpression(ast.NodeTransformer):
    """Wraps the bare expressions that stand at the top of a cell; the last is IPython's own."""

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Wrap all of them but the last."""
        for statement in node.body[:-1]:
            if isinstance(statement, ast.Expr):
                show = ast.Name(SHOW, ast.Load())
                statement.value = ast.copy_location(
                    ast.Call(show, [statement.value], []), statement.value
                )
        return ast.fix_missing_locations(node)


def show(value: Any) -> None:
    """Show a value as a notebook shows the last one of a cell; None is nothing to show."""
    from IPython.display import display

    if value is not None:
        display(value)  # type: ignore[no-untyped-call]
