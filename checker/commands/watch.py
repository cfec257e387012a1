"""`learn watch`: grade on every save."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from checker.catalog import find_lesson
from checker.commands.check import current_lesson
from checker.memory import keep, recall
from checker.progress import passed_by_lesson
from checker.watch.polling import reason_to_poll
from checker.watch.saves import Saves
from checker.watch.session import Session
from checker.workspace import current_course, find_workspace, here

if TYPE_CHECKING:
    from checker.engine import Engine


def watch(wanted: str | None, engine: Engine, *, plain: bool, poll: bool, moves_on: bool) -> None:
    """Watch a lesson, or the first that is not passed, until the user quits.

    Raises UsageFault outside of a workspace, or if there is no such lesson.
    """
    course = current_course()
    workspace = find_workspace(course, here())
    lesson = find_lesson(course, wanted)[0] if wanted else current_lesson(course, workspace)
    engine.memory = recall(workspace.memory_file)
    session = Session(workspace, lesson, moves_on=moves_on)
    session.counts, _ = passed_by_lesson(workspace.progress_file, course.lessons)
    exercises = workspace.root / "exercises"
    reason = "you asked for it" if poll else reason_to_poll(exercises)
    if plain or _terminal_is_dumb():
        from checker.render.console import output
        from checker.watch.plain import PlainWatch

        console = output()
        console.print(f"Watching {workspace.shown(workspace.exercise(lesson))}.", markup=False)
        if reason:
            console.print(f"Looking for saves every moment: {reason}.", markup=False)
        lines = PlainWatch(session, engine, console)
        with Saves(exercises, lines.look, polling=bool(reason)):
            lines.run()
    else:
        from checker.watch.screen import WatchApp

        app = WatchApp(session, engine)
        with Saves(exercises, app.look, polling=bool(reason)):
            app.run_to_the_end()
    keep(engine.memory, workspace.memory_file)


def _terminal_is_dumb() -> bool:
    """Whether there is no terminal that a screen could be drawn on."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    return not is_terminal or os.environ.get("TERM", "") in ("dumb", "unknown")
