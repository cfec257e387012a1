"""`learn solution` and `learn diff`: the reference, and yours against it."""

from __future__ import annotations

import difflib
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from rich.console import Group
from rich.syntax import Syntax
from rich.text import Text

from checker.catalog import find_lesson
from checker.errors import UsageFault
from checker.progress import open_progress
from checker.render.console import output
from checker.render.safe import plain
from checker.workspace import current_course, find_workspace, here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from checker.model import Lesson
    from checker.workspace import Workspace


def show(wanted: str, *, sure: bool) -> None:
    """Print the reference solution, after asking if the lesson is not passed yet."""
    lesson, _ = _allowed(wanted, sure=sure)
    output().print(reference(lesson), soft_wrap=True)  # code that is wrapped is another


def show_diff(wanted: str, *, sure: bool) -> None:
    """Print how the reference differs from the learner's files."""
    lesson, workspace = _allowed(wanted, sure=sure)
    output().print(difference(workspace, lesson), soft_wrap=True)


def reference(lesson: Lesson) -> Group:
    """Lay out the reference solution: each file's name, as a comment, and its code."""
    parts: list[Text] = []
    for path in _python_files(lesson.solution):
        parts.append(Text(f"# {path.relative_to(lesson.solution).as_posix()}", style="bold"))
        parts.append(_code(path.read_text(encoding="utf-8"), "python"))
    return Group(*parts)


def difference(workspace: Workspace, lesson: Lesson) -> Text:
    """Lay out how the reference differs from the learner's files."""
    exercise = workspace.exercise(lesson)
    lines: list[str] = []
    for path in _python_files(lesson.solution):
        name = path.relative_to(lesson.solution).as_posix()
        mine = exercise / name
        before = mine.read_text(encoding="utf-8", errors="replace") if mine.is_file() else ""
        after = path.read_text(encoding="utf-8")
        lines += difflib.unified_diff(
            plain(before).splitlines(), after.splitlines(),
            f"yours/{name}", f"reference/{name}", lineterm="",
        )  # fmt: skip
    if lines:
        return _code("\n".join(lines), "diff")
    return Text("Your files are the same as the reference.")


def must_ask(workspace: Workspace, lesson: Lesson) -> bool:
    """Whether the reference is a spoiler: the lesson is not passed, and it was never shown."""
    progress, _ = open_progress(workspace.progress_file)
    if progress is None:
        return False
    with closing(progress):
        passed = len(progress.passed_steps(lesson)) == len(lesson.steps)
        return not passed and not progress.solution_was_shown(lesson)


def remember_shown(workspace: Workspace, lesson: Lesson) -> None:
    """Remember that the learner has looked at the reference."""
    progress, _ = open_progress(workspace.progress_file)
    if progress is None:
        return
    with closing(progress):
        try:
            progress.remember_shown(lesson)
        except sqlite3.Error:
            pass  # a disk that is full or read-only does not hide the reference


def _allowed(wanted: str, *, sure: bool) -> tuple[Lesson, Workspace]:
    """Ask before the lesson is passed, and remember that the reference was shown.

    Raises UsageFault if the user says no, or nobody is there to ask.
    """
    course = current_course()
    lesson, _ = find_lesson(course, wanted)
    workspace = find_workspace(course, here())
    if not sure and must_ask(workspace, lesson):
        _ask(lesson)
    remember_shown(workspace, lesson)
    return lesson, workspace


def _ask(lesson: Lesson) -> None:
    if not sys.stdin.isatty():
        raise UsageFault(
            f"Lesson {lesson.number} is not passed yet, and nobody is here to be asked.",
            "Add --yes to see the reference all the same.",
        )
    question = f"Lesson {lesson.number} is not passed yet. See the reference all the same? [y/N] "
    if input(question).strip().lower() not in ("y", "yes"):
        raise UsageFault("Not shown.", f"A hint may do: `learn hint {lesson.number}`")


def _python_files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.py")) if path.is_file())


def _code(text: str, language: str) -> Text:
    syntax = Syntax("", language, theme="ansi_dark", background_color="default", word_wrap=True)
    return syntax.highlight(text)
