"""The suites' own proof: right apps of other designs are accepted, wrong ones are refused.

`tests/lessons/NN-slug/right/` holds correct submissions, `wrong.toml` edits of the reference and
the steps that must then not pass; `looks_like` are the known mistakes (`checker/mistakes/`) that
may be named for it, and no other. `from_the_task.toml` holds wrong submissions that were written
from the task alone. There are hundreds of them all: `python -m pytest -m proof -n 2`.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checker.catalog import load_course
from checker.engine import Engine
from checker.grading import Options, grade
from checker.model import Database, Lesson
from tests.conftest import ROOT, edited, told

pytestmark = pytest.mark.proof
LESSONS = {lesson.name: lesson for lesson in load_course(ROOT).lessons}
CASES = ROOT / "tests" / "lessons"


def right() -> Iterator[Any]:
    for path in sorted(CASES.glob("*/right/*")):
        if path.name != "__pycache__":
            name = path.parent.parent.name
            yield pytest.param(LESSONS[name], path, id=f"{name}-{path.stem}")


def wrong() -> Iterator[Any]:
    for path in sorted(CASES.glob("*/wrong.toml")):
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["wrong"]:
            name = path.parent.name
            yield pytest.param(LESSONS[name], case, id=f"{name}-{case['name']}")


def from_the_task() -> Iterator[Any]:
    for path in sorted(CASES.glob("*/from_the_task.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        base = path.parent / "right" / table["base"]
        for case in table["wrong"]:
            name = path.parent.name
            yield pytest.param(LESSONS[name], base, case, id=f"{name}-{case['name']}")


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_has_cases(name: str) -> None:
    assert len(list((CASES / name / "right").glob("*"))) >= 5
    assert (CASES / name / "wrong.toml").is_file()


@pytest.mark.parametrize(("lesson", "path"), list(right()))
def test_right_is_accepted(lesson: Lesson, path: Path, engine: Engine) -> None:
    report = grade(lesson, path, engine=engine)
    assert report.status == "passed", told(report)


@pytest.fixture(scope="module", params=["process", "confined"])
def engine_at(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine of each level that is not the one that `auto` chooses here."""
    with Engine.for_many(request.param) as running:
        yield running


@pytest.mark.parametrize(("lesson", "path"), list(right()))
def test_right_is_accepted_at_other_levels(lesson: Lesson, path: Path, engine_at: Engine) -> None:
    report = grade(lesson, path, engine=engine_at)
    assert report.status == "passed", told(report)


@pytest.mark.parametrize("database", ["postgresql", "mysql"])
@pytest.mark.parametrize("path", sorted(CASES.glob("08-*/right/[!_]*")), ids=lambda path: path.stem)
def test_right_is_accepted_on_other_databases(
    path: Path, database: Database, engine: Engine
) -> None:
    lesson = LESSONS[path.parent.parent.name]
    report = grade(lesson, path, Options(database=database), engine)
    assert report.status == "passed", told(report)


@pytest.mark.parametrize(("lesson", "case"), list(wrong()))
def test_wrong_is_refused(
    lesson: Lesson, case: dict[str, Any], engine: Engine, tmp_path: Path
) -> None:
    edits = [(edit["old"], edit["new"]) for edit in case["edits"]]
    submission = edited(
        lesson.solution, tmp_path / "submission", edits, case.get("file", "main.py")
    )
    report = grade(lesson, submission, engine=engine)
    refused = {result.step.id for result in report.steps if result.status != "passed"}
    assert refused == set(case["fails"]), told(report)
    named = {result.mistake.id for result in report.steps if result.mistake}
    assert named <= set(case.get("looks_like", [])), told(report)
    assert report.status == "failed", told(report)


@pytest.mark.parametrize(("lesson", "base", "case"), list(from_the_task()))
def test_wrong_is_refused_from_the_task_alone(
    lesson: Lesson, base: Path, case: dict[str, Any], engine: Engine, tmp_path: Path
) -> None:
    edits = [(edit["old"], edit["new"]) for edit in case["edits"]]
    submission = edited(base, tmp_path / "submission", edits, case.get("file", "main.py"))
    report = grade(lesson, submission, engine=engine)
    refused = {result.step.id for result in report.steps if result.status != "passed"}
    assert case["refused_by"] in refused, told(report)
