"""`learn reset`: back to the starter, with a backup."""

from __future__ import annotations

from checker.catalog import find_lesson
from checker.render.console import output
from checker.workspace import current_course, find_workspace, here, reset_exercise


def reset(wanted: str) -> None:
    """Put the starter back and say where the learner's files are kept."""
    course = current_course()
    lesson, _ = find_lesson(course, wanted)
    workspace = find_workspace(course, here())
    backup = reset_exercise(workspace, lesson)
    console = output()
    console.print(f"{workspace.shown(workspace.exercise(lesson))} is the starter again.")
    if backup.exists():
        console.print(f"What you had is kept in {workspace.shown(backup)}", soft_wrap=True)
