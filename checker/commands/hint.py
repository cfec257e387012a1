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
    from checker.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Hints:
    """The hints of a step that the learner has reached."""

    step: Step
    shown: tuple[str, ...]
    tried: bool
    """Whether there was a check since the hint before."""
    notice: str = ""

    @property
    def is_last(self) -> bool:
        """Whether the step has no more."""
        return len(self.shown) == len(self.step.hints)


def show(wanted: str) -> None:
    """Print the hints of a step up to the next tier; of a lesson, of its first open step."""
    course = current_course()
    lesson, step = find_lesson(course, wanted)
    hints = next_hints(find_workspace(course, here()), lesson, step)
    step = hints.step
    console = output()
    if hints.notice:
        console.print(hints.notice, style="yellow", markup=False)
    console.print(f"{step.id} {step.title}", style="bold", markup=False)
    for number, hint in enumerate(hints.shown, 1):
        console.print(f"\nHint {number} of {len(step.hints)}", style="cyan")
        put(console, Markdown(hint))
    console.print()
    if hints.is_last:
        console.print(f"That was the last. The reference: learn solution {lesson.number}")
    else:
        if not hints.tried:
            console.print("(You have not checked since the last hint: try it before the next.)")
        console.print(f"The next hint: learn hint {step.id}", markup=False)


def next_hints(workspace: Workspace, lesson: Lesson, step: Step | None) -> Hints:
    """Move to the next tier of a step; of a lesson's first open one if there is none.

    Raises UsageFault if the step has no hints.
    """
    progress, notice = open_progress(workspace.progress_file)
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


def _first_open(lesson: Lesson, progress: Progress) -> Step:
    passed = progress.passed_steps(lesson)
    return next((step for step in lesson.steps if step.id not in passed), lesson.steps[-1])
