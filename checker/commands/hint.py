"""`learn hint`: the next hint for a step, one tier at a time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Hints:
    """The hints of a step that may be seen now."""

    step: Step
    seen: tuple[str, ...]
    """As Markdown; the last one is new."""
    tried: bool
    """Whether the step was checked since the hint before."""
    notice: str = ""
    """What was wrong with the progress file, if anything."""

    @property
    def is_last(self) -> bool:
        """Whether there is no further one."""
        return len(self.seen) == len(self.step.hints)


def next_hints(wanted: str) -> Hints:
    """Move to the next tier of a step; of a lesson, of its first open step.

    Raises UsageFault if there is no such step, or it has no hints.
    """
    course = current_course()
    lesson, step = find_lesson(course, wanted)
    workspace = find_workspace(course, here())
    progress, notice = open_progress(workspace.state / "progress.sqlite3")
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
    return Hints(step, step.hints[: tier + 1], tried, notice)


def show(wanted: str) -> None:
    """Print the hints of a step up to the next tier."""
    hints = next_hints(wanted)
    step, console = hints.step, output()
    if hints.notice:
        console.print(hints.notice, style="yellow", markup=False)
    console.print(f"{step.id} {step.title}", style="bold", markup=False)
    for number, hint in enumerate(hints.seen, 1):
        console.print(f"\nHint {number} of {len(step.hints)}", style="cyan")
        put(console, Markdown(hint))
    console.print()
    if hints.is_last:
        lesson = step.id.partition(".")[0]
        console.print(f"That was the last. The reference: learn solution {lesson}")
        return
    if not hints.tried:
        console.print("(You have not checked since the last hint: try it before the next.)")
    console.print(f"The next hint: learn hint {step.id}", markup=False)


def _first_open(lesson: Lesson, progress: Progress) -> Step:
    passed = progress.passed_steps(lesson)
    return next((step for step in lesson.steps if step.id not in passed), lesson.steps[-1])
