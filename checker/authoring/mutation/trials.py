"""Try every mutant of a lesson, two at a time, and remember how each one ended.

A mutant of an app is graded as a learner's app is. Where the learner writes tests, the mutants are
of the app that is tested, and the reference's tests are run on them, as on a planted bug.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from checker.errors import GradingFault
from checker.files import write_whole
from checker.grading import Options, grade, job_of
from checker.launcher import Job
from checker.scratch import Scratch
from checker.trials.builds import Build
from checker.trials.likelihood import Likelihood
from checker.trials.plan import LIMIT_S
from checker.trials.run import run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checker.authoring.mutation.mutants import Mutant
    from checker.engine import Engine
    from checker.model import Lesson, Report

OPTIONS = Options(seed=6, first_failure_only=True)
"""The same data for every mutant and at every run: a mutant that only some data would expose
counts as a survivor, or it would be killed on some days and not on others."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the grading of a mutant ended."""

    killed_by: str | None
    """The check or the test that failed, or the trouble that the app was in; None: it passed."""
    broken: bool = False
    """Whether the suite itself broke on it: then the learner would be told of a bug of ours."""


def endings(
    lesson: Lesson,
    mutants: Sequence[Mutant],
    engine: Engine,
    cache: Path,
    on_ending: Callable[[], None],
) -> list[Ending]:
    """Return how each mutant ended, in their order; `on_ending` is called as each is done.

    What is known in the folder `cache` is not graded again; what no mutant has left there for this
    suite is deleted. Raises GradingFault if the reference itself is not accepted: then nothing
    can be said of its mutants.
    """
    graded_by = fingerprint(lesson)
    files = [cache / f"{_digest(graded_by, mutant.file, mutant.source)}.json" for mutant in mutants]
    known = [_read(file) for file in files]
    if None in known:
        _expect_accepted(lesson, engine)

    try_one = _graded if lesson.entry == "main.py" else _tested

    def one(mutant: Mutant, file: Path, ending: Ending | None) -> Ending:
        if ending is None:
            ending = try_one(lesson, mutant, engine)
            write_whole(file, json.dumps([ending.killed_by, ending.broken]).encode())
        on_ending()
        return ending

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(one, mutants, files, known))
    for stale in set(cache.glob("*.json")) - set(files):
        stale.unlink()
    return found


def fingerprint(lesson: Lesson) -> str:
    """Return a digest of all that a mutant's ending depends on, but for the mutant itself."""
    package = Path(__file__).resolve().parents[2]
    parts = [version("fastapi-graded-course"), course_fingerprint(lesson)]
    parts += [path.read_text(encoding="utf-8") for path in sorted(package.glob("*.py"))]
    return _digest(*parts)


def course_fingerprint(lesson: Lesson) -> str:
    """Return a digest of the lesson's suite, settings, task and reference."""
    files = [lesson.suite, lesson.exercise / "exercise.toml", lesson.exercise / "README.md"]
    files += sorted(path for path in lesson.solution.rglob("*.py"))
    return _digest(*[path.read_text(encoding="utf-8") for path in files])


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _read(file: Path) -> Ending | None:
    try:
        return Ending(*json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # not graded yet; or half a file, which is as good as none


def _expect_accepted(lesson: Lesson, engine: Engine) -> None:
    report = grade(lesson, lesson.solution, OPTIONS, engine)
    if report.status != "passed":
        raise GradingFault(
            f"The reference of lesson {lesson.number} is not accepted: its mutants tell nothing.",
            f"Run `learn dev check {lesson.number}`, and mend what it names.",
        )


def _graded(lesson: Lesson, mutant: Mutant, engine: Engine) -> Ending:
    with Scratch() as scratch:
        folder = Path(shutil.copytree(lesson.solution, scratch / "mutant"))
        (folder / mutant.file).write_text(mutant.source, encoding="utf-8")
        return _ending(grade(lesson, folder, OPTIONS, engine))


def _tested(lesson: Lesson, mutant: Mutant, engine: Engine) -> Ending:
    found_by = engine.memory.found_by.setdefault(lesson.number, {})
    place, _, _ = mutant.id.partition(".")  # what finds one change of a function finds others too
    about = f"{mutant.id} {mutant.old} {mutant.new}"
    order = _likelihood(lesson.solution).order(about, found_by.get(place, ""))
    with Scratch() as scratch:
        job = Job.of(job_of(lesson, lesson.solution, scratch, engine, OPTIONS))
        build = Build(mutant.id, mutant.source)
        trial = run(job, build, order, LIMIT_S, tests=lesson.solution, told=False)
    if trial.verdict == "passed":
        return Ending(None)
    found_by[place] = trial.failing
    return Ending(trial.failing or trial.verdict)


_likelihood = cache(Likelihood.of)
"""The same tests are run on every mutant."""


def _ending(report: Report) -> Ending:
    if report.status == "passed":
        return Ending(None)
    if report.trouble:
        return Ending(report.trouble.kind)
    checks = [check for result in report.steps for check in result.checks]
    failed = next(check for check in checks if check.status in ("failed", "error"))
    return Ending(failed.name, broken=failed.status == "error")
