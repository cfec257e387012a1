"""`learn hint`: the next hint for a step, one tier at a time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from rich.markdown import Markdown

from checker.catalog import find_lesson
from checker.errors import UsageFault
from checker.progress import open_progress
from checker.render.console import output, put
from checker.workspace import current_course, find_workspace, here

if TYPE_CHECKING:
    from checker.model import Lesson, Step
    from checker.progress import Progress


def show(wanted: str) -> None:
    """Print the hints of a step up to the next tier; of a lesson, of its first open step."""
    course = current_course()
    lesson, step = find_lesson(course, wanted)
    workspace = find_workspace(course, here())
    progress, notice = open_progress(workspace.state / "progress.sqlite3")
    console = output()
    if notice:
        console.print(notice, style="yellow", markup=False)
    if progress is None:
        step = step or lesson.steps[0]
        tier, tried = len(step.hints) - 1, True  # what was shown can't be remembered: show all
    else:
        with closing(progress):
            step = step or _first_open(lesson, progress)
            try:
                tier, tried = progress.next_hint(step)
            except sqlite3.Error:
                tier, tried = len(step.hints) - 1, True
    if not step.hints:
        raise UsageFault(f"Step {step.id} has no hints.", f"Read it again: `learn read {step.id}`")
    console.print(f"{step.id} {step.title}", style="bold", markup=False)
    for number, hint in enumerate(step.hints[: tier + 1], 1):
        console.print(f"\nHint {number} of {len(step.hints)}", style="cyan")
        put(console, Markdown(hint))
    console.print()
    if tier + 1 < len(step.hints):
        if not tried:
            console.print("(You have not checked since the last hint: try it before the next.)")
        console.print(f"The next hint: learn hint {step.id}", markup=False)
    else:
        console.print(f"That was the last. The reference: learn solution {lesson.number}")


def _first_open(lesson: Lesson, progress: Progress) -> Step:
    passed = progress.passed_steps(lesson)
    return next((step for step in lesson.steps if step.id not in passed), lesson.steps[-1])
