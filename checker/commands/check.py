"""`learn check`: grade, remember, show."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checker.catalog import find_lesson
from checker.errors import GradingFault, UsageFault
from checker.files import write_whole
from checker.grading import Options, grade, grade_all
from checker.memory import keep, recall
from checker.progress import Remembered, passed_by_lesson, remember
from checker.workspace import Workspace, current_course, find_workspace, here

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from checker.engine import Engine
    from checker.model import Course, Database, Lesson, Report, Step

EXIT_CODES = {"passed": 0, "failed": 1, "error": 3}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for."""

    lesson: str | None
    path: Path | None
    every: bool
    solution: bool
    form: str
    output: Path | None
    database: Database | None
    seed: int | None


@dataclass(frozen=True, slots=True)
class Work:
    """One submission to grade."""

    lesson: Lesson
    steps: tuple[Step, ...]
    path: Path


def check(wish: Wish, engine: Engine) -> int:
    """Grade what is asked for and show the reports; return the exit code.

    Raises UsageFault for what can't be graded, GradingFault if the checker can't.
    """
    _refuse_contradictions(wish)
    course = current_course()
    named = _named(course, wish.lesson) if wish.lesson else None
    needs_workspace = wish.path is None and not wish.solution
    workspace = find_workspace(course, here()) if needs_workspace else None
    work = _work(wish, course, named, workspace)
    if workspace:
        engine.memory = recall(workspace.memory_file)
    if wish.form == "text":
        threading.Thread(target=_load_renderer).start()
    options = Options(database=wish.database)
    if wish.seed is not None:
        options = replace(options, seed=wish.seed)
    if len(work) == 1:
        options = replace(options, steps=work[0].steps)
        reports = [grade(work[0].lesson, work[0].path, options, engine)]
    else:
        reports = _grade_all(work, options, engine, show_rows=wish.form == "text")
    notices = remember(reports, workspace.progress_file) if workspace else Remembered()
    _show(reports, work, wish, workspace, notices)
    if workspace:
        keep(engine.memory, workspace.memory_file)
    return max(EXIT_CODES[report.status] for report in reports)


def _load_renderer() -> None:
    """Load what will show the report while the app and the suite are at work."""
    from checker.commands import verdict  # noqa: F401


def _named(course: Course, wanted: str) -> tuple[Lesson, Step | None]:
    try:
        return find_lesson(course, wanted)
    except UsageFault as fault:
        if os.path.exists(wanted):  # noqa: PTH110 (a text that may be no path at all)
            first = course.lessons[0].number
            raise UsageFault(
                fault.message, f"Name the lesson before the path: `learn check {first} {wanted}`."
            ) from None
        raise


def _refuse_contradictions(wish: Wish) -> None:
    if wish.every and (wish.lesson or wish.path):
        raise UsageFault("--all grades every lesson, but one is named.", "Leave one of them out.")
    if wish.solution and wish.path:
        raise UsageFault(
            "--solution grades the reference, but a path is given.", "Leave one of them out."
        )
    if wish.output and wish.output.suffix == ".py" and wish.output.exists():
        raise UsageFault(
            f"The report would replace {wish.output}, which is code.",
            "Give --output another name.",
        )


def _work(
    wish: Wish,
    course: Course,
    named: tuple[Lesson, Step | None] | None,
    workspace: Workspace | None,
) -> list[Work]:
    if wish.every:
        chosen: Sequence[tuple[Lesson, Step | None]] = [(one, None) for one in course.lessons]
    elif named:
        chosen = [named]
    elif workspace:
        chosen = [(current_lesson(course, workspace), None)]
    else:
        raise UsageFault("No lesson is named.", "Name one, as in `learn check 01`, or use --all.")
    for lesson, _ in chosen:
        if wish.database and wish.database not in lesson.databases and not wish.every:
            raise UsageFault(
                f"Lesson {lesson.number} does not use a database of its own choice.",
                "Leave --database out.",
            )
    return [
        Work(lesson, (step,) if step else (), _submission(wish, lesson, workspace))
        for lesson, step in chosen
    ]


def _submission(wish: Wish, lesson: Lesson, workspace: Workspace | None) -> Path:
    if wish.path:
        return wish.path
    if wish.solution or workspace is None:
        return lesson.solution
    return workspace.submission(lesson)


def current_lesson(course: Course, workspace: Workspace) -> Lesson:
    """Return the lesson whose folder we are in; or the first that is not passed, or the last."""
    folder = here()
    for lesson in course.lessons:
        if folder.is_relative_to(workspace.exercise(lesson)):
            return lesson
    counts, _ = passed_by_lesson(workspace.progress_file, course.lessons)
    for lesson in course.lessons:
        if counts.get(lesson.number, 0) < len(lesson.steps):
            return lesson
    return course.lessons[-1]


def _grade_all(
    work: Sequence[Work], options: Options, engine: Engine, *, show_rows: bool
) -> list[Report]:
    """Grade side by side; a terminal shows meanwhile which lessons are at work, and how it goes."""
    from rich.progress import Progress as Rows
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from checker.render.console import errors

    columns = (
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[state]}"),
    )
    with Rows(*columns, console=errors(), disable=not show_rows, transient=True) as rows:
        row_of = {
            one.lesson.number: rows.add_task(
                f"{one.lesson.number} {one.lesson.title}", start=False, total=1, state=""
            )
            for one in work
        }

        def begun(lesson: Lesson) -> None:
            rows.start_task(row_of[lesson.number])
            rows.update(row_of[lesson.number], state="at work")

        def graded(report: Report) -> None:
            points = f"{report.points} of {report.max_points}"
            rows.update(row_of[report.lesson.number], completed=1, state=points)

        pairs = [(one.lesson, one.path) for one in work]
        return grade_all(pairs, options, engine, begun, graded)


def _show(
    reports: Sequence[Report],
    work: Sequence[Work],
    wish: Wish,
    workspace: Workspace | None,
    remembered: Remembered,
) -> None:
    if wish.form == "text" and wish.output is None:
        from checker.commands import verdict

        if len(reports) == 1:
            verdict.show(reports[0], work[0].path, workspace, remembered)
        else:
            verdict.show_all(reports, remembered)
        return
    text = _rendered(reports, work, wish.form)
    if wish.output is None:
        import sys

        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        _write_report(wish.output, text)
    if remembered.notice:
        from checker.render.console import errors

        errors().print(remembered.notice, markup=False)


def _rendered(reports: Sequence[Report], work: Sequence[Work], form: str) -> str:
    if form == "json":
        from checker.render import as_json

        return as_json.render(reports)
    if form == "junit":
        from checker.render import junit

        return junit.render(reports)
    if form == "html":
        from checker.render import as_html

        return as_html.render(reports)
    if form == "github":
        from checker.render import github

        files = {
            one.lesson.number: os.path.relpath(
                one.path if one.path.is_file() else one.path / one.lesson.entry
            )
            for one in work
        }
        return github.render(reports, files)
    from checker.commands import verdict

    return verdict.as_text(reports)


def _write_report(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise GradingFault(
            f"The report can't be written to {path}: {error.strerror or error}.",
            "Give --output a file that you can write to.",
        ) from None
