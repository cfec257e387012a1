"""Attempts, passed steps, hints seen: in SQLite, whole after a kill or a power cut.

Losing progress must never cost a grade: what goes wrong here is a notice, not an error.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from checker.model import Lesson, Report, Step

SCHEMA = """
CREATE TABLE IF NOT EXISTS attempt (
    id INTEGER PRIMARY KEY, lesson TEXT NOT NULL, at REAL NOT NULL, status TEXT NOT NULL,
    points INTEGER NOT NULL, max_points INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS passed_step (
    step TEXT PRIMARY KEY, lesson TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS hint (step TEXT PRIMARY KEY, tier INTEGER NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS shown_solution (lesson TEXT PRIMARY KEY, at REAL NOT NULL);
"""
WAIT_S = 10.0
"""How long to wait for another `learn` that is writing."""


class Progress:
    """The progress of one workspace. Close it, or use `with closing(...)`."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises sqlite3.Error or OSError if that can't be."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=WAIT_S)
        try:
            self._db.execute("PRAGMA synchronous = FULL")
            if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
                self._db.executescript(
                    f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = 1; COMMIT;"
                )
            self._db.execute("SELECT count(*) FROM passed_step")
        except sqlite3.Error:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def record(self, report: Report) -> set[str]:
        """Add an attempt; return the ids of steps that passed for the first time."""
        now, number = time.time(), report.lesson.number
        passed = {result.step.id for result in report.steps if result.status == "passed"}
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            new = passed - self.passed_steps(report.lesson)
            self._db.execute(
                "INSERT INTO attempt (lesson, at, status, points, max_points)"
                " VALUES (?, ?, ?, ?, ?)",
                (number, now, report.status, report.points, report.max_points),
            )
            self._db.executemany(
                "INSERT INTO passed_step VALUES (?, ?, ?)", [(step, number, now) for step in new]
            )
        return new

    def passed_steps(self, lesson: Lesson) -> set[str]:
        """Return the ids of the lesson's steps that have passed at some time."""
        rows = self._db.execute("SELECT step FROM passed_step WHERE lesson = ?", (lesson.number,))
        return {row[0] for row in rows} & {step.id for step in lesson.steps}

    def attempts(self, lesson: Lesson) -> int:
        """Return how often the lesson was checked."""
        query = "SELECT count(*) FROM attempt WHERE lesson = ?"
        return int(self._db.execute(query, (lesson.number,)).fetchone()[0])

    def next_hint(self, step: Step) -> tuple[int, bool]:
        """Move to the step's next tier; return it (from 0) and whether a check came in between.

        After the last tier it stays there.
        """
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            query = "SELECT tier, at FROM hint WHERE step = ?"
            last = self._db.execute(query, (step.id,)).fetchone()
            tier = min(last[0] + 1, len(step.hints) - 1) if last else 0
            tried = last is None or self._checked_since(step, last[1])
            self._db.execute(
                "INSERT INTO hint VALUES (?1, ?2, ?3)"
                " ON CONFLICT (step) DO UPDATE SET tier = ?2, at = ?3",
                (step.id, tier, time.time()),
            )
        return tier, tried

    def solution_was_shown(self, lesson: Lesson) -> bool:
        """Whether the learner has looked at the reference."""
        query = "SELECT 1 FROM shown_solution WHERE lesson = ?"
        return self._db.execute(query, (lesson.number,)).fetchone() is not None

    def remember_shown(self, lesson: Lesson) -> None:
        """Remember that the learner has looked at the reference."""
        with self._db:
            self._db.execute(
                "INSERT OR IGNORE INTO shown_solution VALUES (?, ?)", (lesson.number, time.time())
            )

    def _checked_since(self, step: Step, at: float) -> bool:
        query = "SELECT 1 FROM attempt WHERE lesson = ? AND at > ?"
        number = step.id.partition(".")[0]
        return self._db.execute(query, (number, at)).fetchone() is not None


def open_progress(path: Path) -> tuple[Progress | None, str]:
    """Open the progress file, and say what was wrong with it, if anything.

    A damaged file is moved aside, never deleted, and a new one begun. None: it can't be had.
    """
    try:
        return Progress(path), ""
    except sqlite3.OperationalError as error:
        return None, f"Your progress can't be saved ({error}). The grade is right all the same."
    except sqlite3.DatabaseError:
        aside = path.with_name(f"{path.stem}-damaged-{time.time_ns()}{path.suffix}")
        try:
            path.rename(aside)
            return Progress(path), (
                f"The progress file was damaged. It is kept as {aside.name} in {path.parent}, "
                "and a new one was begun: check a lesson again to have it counted."
            )
        except (OSError, sqlite3.Error) as error:
            return None, f"The progress file is damaged and can't be replaced ({error})."
    except OSError as error:
        reason = error.strerror or error
        return None, f"Your progress can't be saved ({reason}). The grade is right all the same."


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the progress file made of some reports."""

    first_passed: frozenset[str] = frozenset()
    """Ids of steps that passed for the first time."""
    notice: str = ""


def remember(reports: Sequence[Report], path: Path) -> Remembered:
    """Add attempts to the progress file at `path`; what goes wrong is a notice."""
    progress, notice = open_progress(path)
    if progress is None:
        return Remembered(notice=notice)
    with closing(progress):
        try:
            passed = [progress.record(report) for report in reports]
        except sqlite3.Error as error:
            return Remembered(
                notice=f"Your progress can't be saved ({error}). The grade is right all the same."
            )
    return Remembered(frozenset().union(*passed), notice)


def passed_by_lesson(path: Path, lessons: tuple[Lesson, ...]) -> tuple[Mapping[str, int], str]:
    """Return how many steps of each lesson have passed, by number; and a notice, if any."""
    if not path.exists():
        return {}, ""
    progress, notice = open_progress(path)
    if progress is None:
        return {}, notice
    with closing(progress):
        return {one.number: len(progress.passed_steps(one)) for one in lessons}, notice
