"""Bare `learn`: where you are, how far you have come, the one next thing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.errors import UsageFault
from checker.progress import passed_by_lesson
from checker.render.console import output
from checker.workspace import Workspace, current_course, find_workspace, here

if TYPE_CHECKING:
    from checker.model import Course


def show() -> None:
    """Print it."""
    console = output()
    course = current_course()
    try:
        workspace = find_workspace(course, here())
    except UsageFault:
        console.print("You are not in a workspace of the course yet.\n", style="bold")
        console.print("Next: `learn start` makes one, and shows your first task.")
        console.print("All commands: `learn --help`")
        return
    for line in _lines(course, workspace):
        console.print(line, markup=False, soft_wrap=True)


def _lines(course: Course, workspace: Workspace) -> list[str]:
    counts, notice = passed_by_lesson(workspace.progress_file, course.lessons)
    total = sum(len(lesson.steps) for lesson in course.lessons)
    lines = [
        f"Workspace: {workspace.root}",
        f"Passed: {sum(counts.values())} of {total} steps in {len(course.lessons)} lessons",
        "",
    ]
    if notice:
        lines += [notice, ""]
    for lesson in course.lessons:
        passed = counts.get(lesson.number, 0)
        if passed < len(lesson.steps):
            main = workspace.shown(workspace.exercise(lesson) / lesson.entry)
            verb = "Go on with" if passed else "Begin"
            steps = f"{passed} of {len(lesson.steps)} steps"
            return [
                *lines,
                f"Next: {verb} lesson {lesson.number} {lesson.title} ({steps}).",
                f"  read it   learn read {lesson.number}",
                f"  edit      {main}",
                f"  check it  learn check {lesson.number}",
            ]
    return [*lines, "You have passed every lesson. `learn check --all` grades them once more."]
