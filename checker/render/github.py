"""Report -> annotations of GitHub Actions, and a last line for the log.

The form is that of GitHub's documentation, "Workflow commands".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.render.safe import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from checker.model import Report


def render(reports: Sequence[Report], files: Mapping[str, str]) -> str:
    """Write an error for each failed check; `files` has each lesson's main.py, by number."""
    lines = [
        line for report in reports for line in _lines(report, files.get(report.lesson.number, ""))
    ]
    return "\n".join(lines) + "\n"


def _lines(report: Report, file: str) -> Iterator[str]:
    if report.trouble:
        where = {"file": file}
        if report.trouble.line:
            where["line"] = str(report.trouble.line)
        yield _command("error", report.trouble.message, title=report.lesson.name, **where)
    for result in report.steps:
        for check in result.checks:
            if check.status in ("failed", "error"):
                raised = check.exceptions[-1] if check.exceptions else None
                where = {"file": file}
                if raised and raised.frames:
                    where["line"] = str(raised.frames[-1].line)
                title = f"{result.step.id} {result.step.title}"
                yield _command("error", f"{check.label}\n{check.message}", title=title, **where)
    lesson = f"{report.lesson.number} {report.lesson.title}"
    yield f"{lesson}: {report.status}, {report.points} of {report.max_points} points"


def _command(name: str, message: str, **properties: str) -> str:
    shown = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in properties.items())
    return f"::{name} {shown}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    text = plain(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    for char in more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text
