"""`%load_ext checker.notebook`: teach a lesson in JupyterLab.

`%%app` serves the cell's FastAPI app in a process of its own; `app` talks to it from later cells;
`docs()` shows its docs page; `%check`, `%%check` and `%hint` are the commands of `learn`. The
kernel never runs the code of such a cell itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the magics, `app` and `docs`, and let every bare expression of a cell be shown."""
    from checker.notebook import shown
    from checker.notebook.magics import CourseMagics

    shell.user_ns[shown.SHOW] = shown.show
    shell.ast_transformers.append(shown.ShowEveryExpression())
    shell.register_magics(CourseMagics(shell))
