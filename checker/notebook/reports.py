"""Grade for a notebook, and show the report there."""

from __future__ import annotations

import argparse
import io
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console

from checker.catalog import find_lesson
from checker.errors import UsageFault
from checker.grading import Options, grade
from checker.notebook.serving import write_cell
from checker.progress import remember
from checker.render import as_html, terminal
from checker.render.console import put
from checker.scratch import Scratch
from checker.workspace import current_course, find_workspace, here

if TYPE_CHECKING:
    from checker.commands.hint import Hints
    from checker.engine import Engine
    from checker.model import Lesson, Report

WIDTH = 88


@dataclass(frozen=True, slots=True)
class Wish:
    """What a `%check` line asks for."""

    lesson: Lesson
    options: Options


def parse_check(line: str) -> Wish:
    """Read `NN[.S] [--seed N]`. Raises UsageFault if it has another form."""
    parser = _Parser(prog="%check", add_help=False)
    parser.add_argument("lesson")
    parser.add_argument("--seed", type=int)
    given = parser.parse_args(shlex.split(line))
    lesson, step = find_lesson(current_course(), given.lesson)
    options = Options(steps=(step,) if step else ())
    return Wish(lesson, options if given.seed is None else replace(options, seed=given.seed))


def check_workspace(wish: Wish, engine: Engine) -> ReportCard:
    """Grade the workspace's app and remember the result. Raises UsageFault or GradingFault."""
    workspace = find_workspace(current_course(), here())
    report = grade(wish.lesson, workspace.exercise(wish.lesson), wish.options, engine)
    return ReportCard(report, remember([report], workspace.progress_file).notice)


def check_cell(wish: Wish, source: str, engine: Engine) -> ReportCard:
    """Grade the code of a cell; it is nobody's progress. Raises UsageFault or GradingFault."""
    with Scratch() as folder:
        written = write_cell(folder / "cell", source, wish.lesson.entry)
        return ReportCard(grade(wish.lesson, written / wish.lesson.entry, wish.options, engine))


class ReportCard:
    """A report, as HTML and as in a terminal."""

    def __init__(self, report: Report, notice: str = "") -> None:
        self.report = report
        self._notice = notice

    def __repr__(self) -> str:
        console = Console(
            file=io.StringIO(), width=WIDTH, color_system=None, highlight=False, force_jupyter=False
        )
        if self._notice:
            console.print(self._notice, markup=False)
        put(console, terminal.render(self.report))
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue().rstrip("\n")

    def _repr_html_(self) -> str:
        return f"<style>{as_html.STYLE}</style>{as_html.fragment(self.report)}"


class HintCard:
    """The hints of a step, as Markdown."""

    def __init__(self, hints: Hints) -> None:
        step = hints.step
        self._text = "\n\n".join(
            [
                f"**{step.id} {step.title}**",
                *(
                    f"*Hint {number} of {len(step.hints)}*\n\n{hint}"
                    for number, hint in enumerate(hints.shown, 1)
                ),
            ]
        )

    def __repr__(self) -> str:
        return self._text

    def _repr_markdown_(self) -> str:
        return self._text


class _Parser(argparse.ArgumentParser):
    """Says what is wrong as a fault, and never ends the kernel."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageFault instead of exiting."""
        raise UsageFault(
            f"This line can't be understood: {message}.", "Write `%check 01`, or `%check 01.2`."
        )
