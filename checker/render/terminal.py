"""Report -> what the learner sees in a terminal. Narrow, wide, with and without colour.

A line for each step; then the first one that fails in full, where the eye is: at the end.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from checker.http_status import status_line
from checker.render.safe import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from checker.model import Check, Exchange, Raised, Report, StepResult

MARKS = {"passed": "✓", "failed": "✗", "not_run": "·", "error": "!"}
ASCII_MARKS = {"passed": "+", "failed": "x", "not_run": "-", "error": "!"}
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
"""Methods that are not safe (RFC 9110, section 9.2.1): what they did, a fresh app does not know."""
MOST_GROUNDWORK = 3
MOST_SHOWN = 400
"""Characters of a header or a body; the report in JSON has more."""
STYLES = {"passed": "green", "failed": "red", "not_run": "dim", "error": "bold yellow"}


def render(report: Report, *, unicode: bool = True) -> RenderableType:
    """Lay out a report; `unicode` says whether the terminal can show check marks."""
    return Group(*_parts(report, MARKS if unicode else ASCII_MARKS))


def headline(report: Report) -> Text:
    """One line: lesson and points."""
    style = "green" if report.status == "passed" else "red"
    unit = "point" if report.max_points == 1 else "points"
    points = f"{report.points} of {report.max_points} {unit}"
    return Text.assemble(
        (f"{report.lesson.number} {report.lesson.title}", "bold"), ": ", (points, style)
    )


def _parts(report: Report, marks: dict[str, str]) -> Iterator[RenderableType]:
    yield headline(report)
    if report.trouble:
        yield Text()
        yield Padding(_message(report.trouble.message, "bold red"), (0, 0, 0, 2))
        yield from _log(report.log)
        return
    yield Text()
    for result in report.steps:
        yield Text.assemble(
            f"  {marks[result.status]} ", f"{result.step.id} {result.step.title}",
            style=STYLES[result.status],
        )  # fmt: skip
        for check in result.checks:
            if check.status == "passed" and check.message:
                yield Padding(Text(plain(check.message), style="dim"), (0, 0, 0, 9))
    if any(result.status == "not_run" for result in report.steps):
        yield Text(f"    ({marks['not_run']} builds on a step that has not passed)", style="dim")
    failing = first_failing(report)
    if failing:
        yield Text()
        yield from told_in_full(failing, report.lesson.number)
    elif blocked := [
        check
        for result in report.steps
        for check in result.checks
        if check.message and check.status == "not_run"
    ]:
        yield Text()
        yield Padding(Text(plain(blocked[0].message)), (0, 0, 1, 2))


def first_failing(report: Report) -> StepResult | None:
    """Return the step that is told in full; None if no step was run and failed."""
    return next((one for one in report.steps if one.status in ("failed", "error")), None)


def told_in_full(result: StepResult, lesson: str) -> Iterator[RenderableType]:
    """Lay out why a step fails: message, exception, the last exchange, how to replay it."""
    yield Text(f"{result.step.id} {result.step.title}", style="bold")
    if result.mistake:
        yield Padding(_message(result.mistake.message, "bold"), (0, 0, 1, 2))
    failing = [check for check in result.checks if check.status in ("failed", "error")]
    for check in failing[:1]:
        yield from _check(check, lesson)
        yield from _log(check.printed)
    if len(failing) > 1:
        more = "".join(f"\n  - {check.label}" for check in failing[1:4])
        rest = f"\n  and {len(failing) - 4} more" if len(failing) > 4 else ""  # noqa: PLR2004
        lead = "Of this step, these checks fail too, most often for the same reason:"
        yield Padding(Text(plain(f"{lead}{more}{rest}"), style="dim"), (0, 0, 1, 2))


def _check(check: Check, lesson: str) -> Iterator[RenderableType]:
    yield Padding(Text(plain(check.label), style="bold"), (0, 0, 0, 2))
    yield Padding(_message(check.message), (0, 0, 1, 2))
    for raised in check.exceptions[-1:]:
        yield Padding(_raised(raised), (0, 0, 1, 2))
    for exchange in check.exchanges[-1:]:
        yield Padding(_exchange(exchange), (0, 0, 0, 2))
        lead = Text("To see it yourself, while this serves your app:", style="dim")
        yield Padding(lead, (0, 0, 0, 2))
        yield _to_copy(f"{_assignments(exchange.environment)}learn run {lesson}")
        yield from _groundwork(exchange, check.exchanges[:-1])
        yield Text("  ask it:", style="dim")
        yield _to_copy(exchange.curl)
        yield Text()


def _groundwork(last: Exchange, before: Sequence[Exchange]) -> Iterator[RenderableType]:
    """Lay out what the check has sent before that may matter: it has changed what the app knows."""
    changing = [
        exchange
        for exchange in before
        if exchange.request["method"] in CHANGING and exchange.environment == last.environment
    ]
    if not changing:
        return
    if len(changing) > MOST_GROUNDWORK:
        yield Text(
            f"  (the check sent {len(changing)} requests before that change something; "
            "`--format json` has them)",
            style="dim",
        )
        return
    yield Text("  send what the check sent before:", style="dim")
    yield from (_to_copy(exchange.curl) for exchange in changing)


def _to_copy(command: str) -> Text:
    """A line that is not wrapped, however narrow the window."""
    return Text(f"    {plain(command)}", no_wrap=True, overflow="ignore")


def _assignments(variables: Mapping[str, str]) -> str:
    return "".join(f"{name}={shlex.quote(value)} " for name, value in variables.items())


def _message(message: str, first_style: str = "") -> Text:
    first, _, rest = plain(message).partition("\n")
    text = Text(first, style=first_style)
    return text.append(f"\n{rest}", style="not bold default") if rest else text


def _raised(raised: Raised) -> Text:
    text = Text(plain(f"Your app raised {raised.type}: {raised.message}"), style="red")
    for frame in raised.frames[-3:]:
        text.append(f"\n  {plain(frame.file)}, line {frame.line}, in {plain(frame.function)}")
        text.append(f"\n    {plain(frame.code)}", style="bold")
    return text


def _exchange(exchange: Exchange) -> Text:
    request, response = exchange.request, exchange.response
    text = Text("The last exchange:", style="dim")
    text.append(plain(f"\n  sent  {request['method']} {request['path']}"))
    for name, value in request["headers"].items():
        text.append(plain(f"\n        {name}: {_short(value)}"))
    if request["body"]:
        text.append(plain(f"\n        {_short(request['body'])}"))
    if response is None:
        text.append("\n  got   no answer")
    elif "frames" in response:
        for frame in response["frames"][-8:]:
            text.append(plain(f"\n  {frame['from']:4}  {_short(frame['text'])}"))
    else:
        text.append(f"\n  got   {status_line(response['status'])}")
        if response["body"] and request["path"] != "/openapi.json":
            text.append(plain(f"\n        {_short(response['body'])}"))
    return text


def _short(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "..."


def _log(log: str) -> Iterator[RenderableType]:
    lines = plain(log).strip().splitlines()[-8:]
    if not lines:
        return
    yield Padding(Text("Your app printed:", style="dim"), (0, 0, 0, 2))
    yield Padding(Text("\n".join(lines)), (0, 0, 1, 4))
