"""What stands around a report in the terminal: what you have just learned, what to do next."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from checker.render import terminal
from checker.render.console import output, put

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from checker.model import Report
    from checker.progress import Remembered
    from checker.workspace import Workspace


def show(report: Report, path: Path, workspace: Workspace | None, remembered: Remembered) -> None:
    """Print one report, the closing words of steps just passed, and the next thing to do."""
    console = output()
    put(console, terminal.render(report, unicode=_has_unicode(console)))
    for result in report.steps:
        if result.step.id in remembered.first_passed:
            from rich.markdown import Markdown  # not on the way of every check

            console.print(Text(f"\nPassed {result.step.id} {result.step.title}", style="green"))
            put(console, Padding(Markdown(result.step.closing), (0, 0, 0, 2)))
    if report.status == "passed":
        console.print()
    if remembered.notice:
        console.print(Text(remembered.notice, style="yellow"))
    for line in _next(report, path, workspace):
        console.print(Text(line))
    details = f"Graded in {report.duration_s:.1f} s, isolation {report.isolation}"
    database = f", database {report.database}" if report.database else ""
    console.print(Text(f"{details}{database}, seed {report.seed}.", style="dim"))


def show_all(reports: Sequence[Report], remembered: Remembered) -> None:
    """Print one line for each report."""
    console = output()
    for report in reports:
        console.print(terminal.headline(report))
    if remembered.notice:
        console.print(Text(remembered.notice, style="yellow"))
    failing = [report.lesson.number for report in reports if report.status != "passed"]
    if failing:
        console.print(f"\nNext: `learn check {failing[0]}` shows the first failing step.")


def as_text(reports: Sequence[Report]) -> str:
    """Return the reports as plain text, for a file."""
    console = Console(file=io.StringIO(), width=100, color_system=None, highlight=False)
    for report in reports:
        put(console, terminal.render(report))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _has_unicode(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")


def _next(report: Report, path: Path, workspace: Workspace | None) -> list[str]:
    lesson = report.lesson
    if report.status == "error":
        return [
            "The checker could not grade this; it is not your app's fault.",
            f"Please report it, with the output of `learn doctor` and seed {report.seed}.",
        ]
    if workspace is None:
        return []
    if report.status == "passed":
        return [*_other_databases(report), _after_passing(report, workspace)]
    if report.trouble:
        return [f"Then check again: `learn check {lesson.number}`"]
    step = next(result.step for result in report.steps if result.status != "passed")
    if terminal.first_failing(report) is None:
        return [f"The step that fails, and why:  learn check {lesson.number}"]
    again = lesson.number if len(report.steps) == len(lesson.steps) else step.id
    main = workspace.shown(path / lesson.entry if path.is_dir() else path)
    lines = []
    if workspace.is_untouched(lesson):
        lines.append(f"This is still the starter. Write step {step.id} in {main}, and save it.")
    lines += [
        f"The text and the task:  learn read {lesson.number}",
        f"A hint for this step:   learn hint {step.id}",
        f"Check again:            learn check {again}",
    ]
    return lines


def _other_databases(report: Report) -> list[str]:
    lesson = report.lesson
    if report.database is None or report.database != lesson.databases[0]:
        return []
    return [f"The same code on another database: learn check {lesson.number} --database postgresql"]


def _after_passing(report: Report, workspace: Workspace) -> str:
    lesson, lessons = report.lesson, workspace.course.lessons
    if len(report.steps) < len(lesson.steps):
        return f"The whole lesson: learn check {lesson.number}"
    later = lessons[lessons.index(lesson) + 1 :]
    if not later:
        return "That was the last lesson. What is left: `learn list`."
    return f"Next, {later[0].number} {later[0].title}: learn read {later[0].number}"
