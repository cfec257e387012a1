"""The magics: `%%app`, `%%tests`, `%check`, `%%check`, `%hint`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from IPython.core.magic import Magics, cell_magic, line_cell_magic, line_magic, magics_class

from checker.errors import UsageFault
from checker.notebook.conversations import AppHandle
from checker.notebook.docs_page import DocsPage
from checker.notebook.serving import CellServer
from checker.notebook.told import telling
from checker.render import exchange
from checker.render.safe import plain

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from checker.model import Trouble
    from checker.notebook.reports import HintCard, ReportCard
    from checker.notebook.test_runs import TestRun


@magics_class
class CourseMagics(Magics):
    """What a notebook of the course can do."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._server = CellServer()
        self.names = {"app": AppHandle(self._server), "docs": lambda: DocsPage(self._server)}
        """What a notebook finds under these names."""

    def end(self) -> None:
        """End what is being served."""
        self._server.close()

    @cell_magic
    def app(self, line: str, cell: str) -> Serving | DidNotStart:
        """Serve the cell's `app` in a process of its own; `%%app NAME=value` sets a variable.

        The app of an earlier cell is ended first.
        """
        with telling():
            trouble = self._server.serve(cell, _variables(line))
            if trouble:
                return DidNotStart(trouble)
            return Serving(self._server.served.log)

    @cell_magic
    def tests(self, line: str, cell: str) -> TestRun:
        """Run the cell's tests with pytest against the app of the last `%%app`.

        They import it from `main`; arguments behind `%%tests` are pytest's.
        """
        from checker.notebook.test_runs import run_tests

        with telling():
            return run_tests(self._server.source, cell, shlex.split(line))

    @line_cell_magic
    def check(self, line: str, cell: str | None = None) -> ReportCard:
        """Grade: `%check NN[.S]` the workspace's app, `%%check NN[.S]` the cell's code."""
        from checker.notebook import reports

        with telling():
            wish = reports.parse_check(line)
            if cell is None:
                return reports.check_workspace(wish, self._server.engine)
            return reports.check_cell(wish, cell, self._server.engine)

    @line_magic
    def hint(self, line: str) -> HintCard:
        """Show the next hint: `%hint NN.S`."""
        from checker.catalog import find_lesson
        from checker.commands.hint import next_hints
        from checker.notebook.reports import HintCard
        from checker.workspace import current_course, find_workspace, here

        with telling():
            course = current_course()
            workspace = find_workspace(course, here())
            return HintCard(next_hints(workspace, *find_lesson(course, line.strip())))


class Serving:
    """Says that an app is being served, and what it printed as it started."""

    def __init__(self, printed: str) -> None:
        self._printed = printed

    def __repr__(self) -> str:
        return f"Your app is being served.\n{exchange.printed_as_text(self._printed)}".rstrip("\n")


class DidNotStart:
    """Says why an app can't be served. No error of the cell's: it may be shown on purpose."""

    def __init__(self, trouble: Trouble) -> None:
        self._message = plain(trouble.message)

    def __repr__(self) -> str:
        return f"Your app does not start.\n{self._message}"

    def _repr_html_(self) -> str:
        from html import escape

        message = f"<pre>{escape(self._message)}</pre>"
        return exchange.card("broken", "Your app does not start", "", [message])


def _variables(line: str) -> dict[str, str]:
    """Read `NAME=value ...`. Raises UsageFault for anything else."""
    pairs = [word.partition("=") for word in shlex.split(line)]
    for name, equals, _ in pairs:
        if not equals or not name.isidentifier():
            raise UsageFault(
                f"{name!r} behind %%app is no variable.", "Write `%%app` or `%%app NAME=value`."
            )
    return {name: value for name, _, value in pairs}
