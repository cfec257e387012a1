"""Lesson + submission -> Report. The host and the suite's runner start side by side."""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from checker.cancellation import Cancellation, Cancelled
from checker.diagnosis import diagnosed
from checker.engine import Engine
from checker.errors import GradingFault, UsageFault
from checker.model import (
    Check,
    Database,
    Exchange,
    Frame,
    Lesson,
    Raised,
    Report,
    Step,
    StepResult,
    Trouble,
)
from checker.scratch import Scratch
from checker.source import Source
from checker.submission import copy_submission, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from checker.runners import Running

AT_ONCE = (os.cpu_count() or 1) + 1
"""Lessons to grade side by side: one more than processors, for each waits now and then."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to grade."""

    steps: tuple[Step, ...] = ()
    """Steps to grade; none: all of them."""
    seed: int = field(default_factory=lambda: secrets.randbelow(2**32))
    shuffle: bool = False
    """Whether to run the checks in random order (needs are still kept)."""
    database: Database | None = None
    shown: Path | None = None
    """What messages call the submission; none: by its own path."""
    first_failure_only: bool = False
    """Whether to end at the first check that does not pass: enough to see that an app is wrong."""


def grade(
    lesson: Lesson,
    submission: Path,
    options: Options | None = None,
    engine: Engine | None = None,
    cancelled: Cancellation | None = None,
) -> Report:
    """Grade the app in `submission` (a file or a folder) with the lesson's hidden suite.

    `engine` has processes that run already; without one, they are started and ended here.
    Raises UsageFault if there is nothing to grade, GradingFault if the checker can't grade, and
    Cancelled soon after `cancelled` was set.
    """
    options, cancelled = options or Options(), cancelled or Cancellation()
    began = time.monotonic()
    steps = options.steps or lesson.steps
    database = _database(lesson, options)
    with ExitStack() as stack:
        engine = engine or stack.enter_context(Engine.for_one_check())
        scratch = stack.enter_context(Scratch())
        folder = scratch / "submission"
        try:
            copy_submission(submission, lesson.exercise, folder, lesson.limits, lesson.entry)
        except OSError as error:
            raise GradingFault(
                f"The submission can't be copied for grading: {error}.",
                "Free some disk space, or make the files readable, and check again.",
            ) from None
        trouble = unreadable(folder, options.shown or submission, lesson.entry)
        if trouble:
            rows = Rows(trouble=trouble)
        else:
            job = job_of(lesson, folder, scratch, engine, options)
            if database:
                from checker import databases  # few lessons have one

                job["database"] = stack.enter_context(
                    databases.provided(database, engine.shared(scratch), engine.isolation)
                )
            rows = _run_suite(engine.run(job), lesson.limits.lesson_s, cancelled)
            if rows.found_by:
                engine.found_by[lesson.number] = rows.found_by
        results = diagnosed([_result(step, rows) for step in steps], lesson, Source(folder))
    return Report(
        lesson=lesson,
        steps=results,
        isolation=engine.isolation,
        seed=options.seed,
        duration_s=time.monotonic() - began,
        trouble=rows.trouble,
        log=rows.log,
        database=database,
    )


def _database(lesson: Lesson, options: Options) -> Database | None:
    """Return the database that a lesson is graded on; None if it needs none."""
    if options.database is None or not lesson.databases:
        return next(iter(lesson.databases), None)
    if options.database not in lesson.databases:
        raise UsageFault(
            f"Lesson {lesson.number} can't be graded on {options.database}.",
            f"It can be graded on {', '.join(lesson.databases)}.",
        )
    return options.database


@dataclass
class Rows:
    """What the runner has told so far."""

    checks: dict[str, tuple[int, Check]] = field(default_factory=dict)
    """By name: the step's number, and the check."""
    trouble: Trouble | None = None
    log: str = ""
    found_by: dict[str, str] = field(default_factory=dict)
    """Which of the learner's tests found which bug."""
    finished: bool = False

    def take(self, line: bytes) -> None:
        """Add one row. The runner is ours: a row that doesn't parse is our bug."""
        row: dict[str, Any] = json.loads(line)
        match row["row"]:
            case "collected":
                for check in row["checks"]:
                    name = check["name"]
                    self.checks[name] = (check["step"], Check(name, check["label"]))
            case "check":
                check = _check(row["check"])
                self.checks[check.name] = (row["step"], check)
            case "trouble":
                self.trouble = Trouble(**row["trouble"])
            case "found":
                self.found_by = row["tests"]
            case "finished":
                self.finished, self.log = True, row["log"]


def job_of(
    lesson: Lesson, folder: Path, scratch: Path, engine: Engine, options: Options
) -> dict[str, Any]:
    """Return what a run of a lesson's suite on `folder` is told (see checker.launcher.Job)."""
    return {
        "suite": str(lesson.suite),
        "submission": str(folder),
        "scratch": str(scratch),
        "seed": options.seed,
        "steps": [step.number for step in options.steps],
        "needs": {step.number: step.needs for step in lesson.steps},
        "control": engine.control,
        "isolation": engine.isolation,
        "environment": dict(lesson.environment),
        "secrets": lesson.secrets,
        "observe": ["sqlalchemy"] if lesson.databases else [],
        "preload": lesson.preload,
        "limits": asdict(lesson.limits),
        "shuffle": options.shuffle,
        "first_failure_only": options.first_failure_only,
        "entry": lesson.entry,
        "reference": str(lesson.solution),
        "found_by": engine.found_by.get(lesson.number, {}),
    }


def _run_suite(running: Running, limit_s: float, cancellation: Cancellation) -> Rows:
    """Collect the rows of a run. Raises Cancelled, or GradingFault if the run breaks."""
    rows = Rows()
    overdue = threading.Event()

    def stop_overdue() -> None:
        overdue.set()
        running.stop()

    watchdog = threading.Timer(limit_s, stop_overdue)
    watchdog.start()
    cancellation.stops(running.stop)
    try:
        for line in running.rows:
            if line.endswith(b"\n"):  # else it was ended in the middle of a row
                rows.take(line)
    except OSError:
        pass  # reset by a dying process: it has not told that it finished
    finally:
        cancellation.stops(None)
        watchdog.cancel()
        said = running.close().strip()
    if cancellation.is_set():
        raise Cancelled
    if overdue.is_set():
        rows.trouble = Trouble(
            "timeout",
            f"The whole lesson took longer than {limit_s:g} seconds, so grading stopped.\n"
            "Look for functions that wait, or that never end.",
        )
    elif not rows.finished or not rows.checks:
        raise GradingFault(
            f"The hidden suite did not run to its end.\n{said[-2000:]}".strip(),
            "This is not your app's fault. Run `learn doctor`, and report it with its output.",
        )
    return rows


def _result(step: Step, rows: Rows) -> StepResult:
    checks = [check for number, check in rows.checks.values() if number == step.number]
    if rows.trouble:
        # A check that passed before the end still passed; the rest did not run.
        checks = [
            check if check.status != "not_run" else replace(check, message="Not run.")
            for check in checks
        ]
    return StepResult(step, tuple(checks))


def _check(row: dict[str, Any]) -> Check:
    exchanges = tuple(Exchange(**exchange) for exchange in row.pop("exchanges"))
    exceptions = tuple(
        Raised(**raised | {"frames": tuple(Frame(**frame) for frame in raised["frames"])})
        for raised in row.pop("exceptions")
    )
    return Check(**row, exchanges=exchanges, exceptions=exceptions)


def grade_all(
    work: Sequence[tuple[Lesson, Path]],
    options: Options,
    engine: Engine,
    begun: Callable[[Lesson], None],
    graded: Callable[[Report], None],
) -> list[Report]:
    """Grade many submissions, AT_ONCE at a time, and tell of each when it begins and ends.

    Returns the reports in the order of `work`.
    """
    from concurrent.futures import ThreadPoolExecutor  # only with --all

    def one(item: tuple[Lesson, Path]) -> Report:
        begun(item[0])
        report = grade(*item, options, engine)
        graded(report)
        return report

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, work))
