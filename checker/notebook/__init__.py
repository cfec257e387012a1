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

    magics = CourseMagics(shell)
    shell.register_magics(magics)
    shell.user_ns.update(magics.names)
    shell.user_ns[shown.SHOW] = shown.show
    shell.ast_transformers.append(shown.ShowEveryExpression())


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take all of that away again, and end what is being served."""
    from checker.notebook import shown
    from checker.notebook.magics import CourseMagics

    magics = shell.magics_manager.registry.pop(CourseMagics.__name__)
    magics.end()
    for name in magics.names:
        shell.user_ns.pop(name, None)
    shell.ast_transformers[:] = [
        one for one in shell.ast_transformers if not isinstance(one, shown.ShowEveryExpression)
    ]
