"""Lesson + submission -> Report. The host and the suite's runner start side by side."""

from __future__ import annotations

import os
import secrets
import threading
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from checker.cancellation import Cancellation, Cancelled
from checker.diagnosis import diagnosed
from checker.engine import Engine
from checker.errors import GradingFault, UsageFault
from checker.model import Database, Lesson, Report, Step, Trouble
from checker.rows import Rows
from checker.scratch import Scratch
from checker.source import Source
from checker.submission import copy_submission, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from checker.runners import Running

AT_ONCE = (os.cpu_count() or 1) + 1
"""Lessons to grade side by side: one more than processors, for each waits now and then."""

SLOW_APP = "Look for functions that wait, or that never end."
SLOW_TESTS = (
    "Your tests are run dozens of times: look for what waits in them (`pytest --durations=5`)."
)


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
            shards = engine.shards if lesson.entry == "main.py" else 1  # trials run side by side
            jobs = [job | {"shard": shard, "shards": shards} for shard in range(shards)]
            rows = _run_suite(engine, jobs, lesson, cancelled)
            rows.hold_back(lesson.steps)
            engine.memory.add(lesson.number, rows)
        results = diagnosed([rows.result(step) for step in steps], lesson, Source(folder))
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


def job_of(
    lesson: Lesson, folder: Path, scratch: Path, engine: Engine, options: Options
) -> dict[str, Any]:
    """Return what a run of a lesson's suite on `folder` is told (see checker.launcher.Job)."""
    return engine.memory.of(lesson.number) | {
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
        "variants": str(lesson.variants),
    }


def _run_suite(
    engine: Engine, jobs: Sequence[dict[str, Any]], lesson: Lesson, cancellation: Cancellation
) -> Rows:
    """Run every job, side by side, and collect the rows.

    Raises Cancelled, or GradingFault if a run breaks.
    """
    rows = Rows()
    overdue = threading.Event()
    runs: list[Running] = []

    def stop() -> None:
        for run in runs:
            run.stop()

    def stop_overdue() -> None:
        overdue.set()
        stop()

    watchdog = threading.Timer(lesson.limits.lesson_s, stop_overdue)
    watchdog.start()
    try:
        runs.extend(map(engine.run, jobs))  # those that have started stay in it
        cancellation.stops(stop)
        others = [threading.Thread(target=_read, args=(run, rows)) for run in runs[1:]]
        for reader in others:
            reader.start()
        _read(runs[0], rows)
        for reader in others:
            reader.join()
    finally:
        cancellation.stops(None)
        watchdog.cancel()
        said = "\n".join(run.close() for run in runs).strip()
    if cancellation.is_set():
        raise Cancelled
    if overdue.is_set():
        rows.trouble = Trouble(
            "timeout",
            f"The whole lesson took longer than {lesson.limits.lesson_s:g} seconds, so grading "
            f"stopped.\n{SLOW_APP if lesson.entry == 'main.py' else SLOW_TESTS}",
        )
    elif rows.finished < len(jobs) or not rows.checks:
        raise GradingFault(
            f"The hidden suite did not run to its end.\n{said[-2000:]}".strip(),
            "This is not your app's fault. Run `learn doctor`, and report it with its output.",
        )
    return rows


def _read(run: Running, rows: Rows) -> None:
    try:
        for line in run.rows:
            if line.endswith(b"\n"):  # else it was ended in the middle of a row
                rows.take(line)
    except OSError:
        pass  # reset by a dying process: it has not told that it finished


def grade_all(
    work: Sequence[tuple[Lesson, Path]],
    options: Options,
    engine: Engine,
    begun: Callable[[Lesson], None],
    graded: Callable[[Report], None],
) -> list[Report]:
    """Grade many submissions, AT_ONCE at a time, and tell of each when it begins and ends.

    Returns the reports in the order of `work`. What interrupts it, ends what runs.
    """
    from concurrent.futures import ThreadPoolExecutor  # only with --all

    def one(item: tuple[Lesson, Path], cancelled: Cancellation) -> Report:
        begun(item[0])
        report = grade(*item, options, engine, cancelled)
        graded(report)
        return report

    cancellations = [Cancellation() for _ in work]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            return list(pool.map(one, work, cancellations))
        finally:
            for cancelled in cancellations:
                cancelled.set()
