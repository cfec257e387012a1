"""`learn list`: the lessons, with progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from checker.errors import UsageFault
from checker.render.console import output
from checker.workspace import current_course, find_workspace, here

if TYPE_CHECKING:
    from collections.abc import Mapping


def show() -> None:
    """Print a line for each lesson."""
    console = output()
    course = current_course()
    counts: Mapping[str, int] = {}
    notice, outside = "", False
    try:
        state = find_workspace(course, here()).state
    except UsageFault:
        outside = True
    else:
        if (state / "progress.sqlite3").exists():
            from checker.progress import passed_by_lesson

            counts, notice = passed_by_lesson(state / "progress.sqlite3", course.lessons)
    width = max((len(lesson.title) for lesson in course.lessons), default=0)
    for lesson in course.lessons:
        passed, steps = counts.get(lesson.number, 0), len(lesson.steps)
        style = "green" if passed == steps else "bold" if passed else ""
        line = f"{lesson.number}  {lesson.title:{width}}  {passed:2} of {steps:2} steps"
        console.print(Text(line, style=style))
    if notice:
        console.print(Text(notice, style="yellow"))
    if outside:
        console.print("\nThis folder is no workspace, so no progress is shown: `learn start`")
