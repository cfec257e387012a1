"""Verdict -> what the panes of the screen show. Pure: nothing here knows of Textual."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.markdown import Markdown
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from checker.render import terminal
from checker.render.safe import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from checker.model import Lesson, Report, StepResult
    from checker.watch.news import Verdict
    from checker.watch.session import Session

LOG_LINES = 200


@dataclass(frozen=True, slots=True)
class Colourless:
    """Anything, without its colours: a filter of greys would make dark red unreadable."""

    content: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from Segment.remove_color(console.render(self.content, options))


def title(session: Session) -> Text:
    """One line: the lesson, its steps, the course's steps, and whether a check runs."""
    lessons = session.workspace.course.lessons
    lesson, total = session.lesson, sum(len(one.steps) for one in lessons)
    report = session.verdict.report if session.verdict else None
    passed = sum(result.status == "passed" for result in report.steps) if report else 0
    now = f"{passed} of {len(lesson.steps)} steps" if report else f"{len(lesson.steps)} steps"
    auto = "  auto" if session.moves_on else ""
    checking = "  checking ..." if session.is_checking else ""
    course = f"  course {sum(session.counts.values())} of {total}"
    return Text.assemble(
        f"{lesson.number} {lesson.title}  {now}", (course + auto, "dim"), (checking, "bold yellow")
    )


def unknown_steps(lesson: Lesson) -> RenderableType:
    """Lay out steps of which nothing is known."""
    table = _grid()
    for step in lesson.steps:
        table.add_row("", Text(f"{step.id} {step.title}", style="dim"))
    return table


def steps(report: Report, *, unicode: bool) -> RenderableType:
    """Lay out the steps, each with the mark of its state."""
    marks = terminal.MARKS if unicode else terminal.ASCII_MARKS
    table = _grid()
    for result in report.steps:
        style = terminal.STYLES[result.status]
        name = Text(f"{result.step.id} {result.step.title}", style=style)
        table.add_row(Text(marks[result.status], style=style), name)
    if any(result.status == "not_run" for result in report.steps):
        table.add_row(Text(marks["not_run"], "dim"), Text("not run", "dim italic"))
    return table


def _grid() -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column()
    return table


def message(verdict: Verdict, following: Lesson | None) -> Iterator[RenderableType]:
    """Lay out what to read first: why it can't be graded, what fails, or what was learned."""
    report = verdict.report
    if report is None:
        if verdict.fault:
            yield Text(plain(verdict.fault.message), style="bold red")
            yield Text(plain(verdict.fault.remedy))
        return
    if report.trouble:
        yield Text(plain(report.trouble.message), style="bold")
    elif failing := terminal.first_failing(report):
        for part in terminal.told_in_full(_without_log(failing), report.lesson.number):
            if isinstance(part, Text):
                part.no_wrap, part.overflow = False, "fold"  # the pane is narrow, y copies it
            yield part
    if verdict.passed:  # first, for what was learned may be longer than the pane
        yield Text("All steps pass.", style="bold green")
        yield Text(
            f"n: on to {following.number} {following.title}"
            if following
            else "That was the last lesson. l: what is left"
        )
        yield Text()
    for result in report.steps:
        if result.step.id in verdict.remembered.first_passed:
            yield Text(f"Passed {result.step.id} {result.step.title}", style="green")
            yield Markdown(result.step.closing)
            yield Text()


def _without_log(result: StepResult) -> StepResult:
    """What the app printed has a pane of its own."""
    return replace(result, checks=tuple(replace(one, printed="") for one in result.checks))


def details(verdict: Verdict) -> str:
    """One line about how it was graded, or what went wrong beside it."""
    if verdict.remembered.notice:
        return verdict.remembered.notice
    report = verdict.report
    if report is None:
        return ""
    return f"Graded in {report.duration_s:.1f} s, isolation {report.isolation}, seed {report.seed}"


def curl_line(verdict: Verdict | None) -> str:
    """Return the line that replays the exchange on the screen; "" if there is none."""
    failing = terminal.first_failing(verdict.report) if verdict and verdict.report else None
    checks = failing.checks if failing else ()
    failed = next((check for check in checks if check.status in ("failed", "error")), None)
    return failed.exchanges[-1].curl if failed and failed.exchanges else ""
