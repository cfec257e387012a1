"""The warm engine: a suite is collected once, each run is a fork, nothing stale, nothing left."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from checker import sandbox
from checker.cancellation import Cancellation, Cancelled
from checker.catalog import load_course
from checker.engine import Engine
from checker.errors import GradingFault
from checker.grading import grade
from checker.model import Lesson
from tests.conftest import TINY

KINDS = [Engine.for_one_check, Engine.for_many]


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    return load_course(shutil.copytree(TINY, tmp_path / "course")).lessons[0]


@pytest.fixture(params=KINDS, ids=["spawned", "forked"])
def kind(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with request.param() as engine:
        yield engine


def children() -> set[int]:
    """Processes of which this one is an ancestor."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended meanwhile
            if fields[0] != "Z":
                parents[int(entry.name)] = int(fields[1])
    found, before = {os.getpid()}, 0
    while len(found) != before:
        before = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found - {os.getpid()}


def test_a_suite_that_cannot_be_collected_is_told_to_its_author(
    lesson: Lesson, kind: Engine
) -> None:
    lesson.suite.write_text("import nowhere_to_be_found\n")
    with pytest.raises(GradingFault, match="nowhere_to_be_found"):
        grade(lesson, lesson.solution, engine=kind)


def test_a_changed_suite_is_collected_again(lesson: Lesson, kind: Engine) -> None:
    assert grade(lesson, lesson.solution, engine=kind).status == "passed"
    lesson.suite.write_text("import nowhere_to_be_found\n")
    with pytest.raises(GradingFault):
        grade(lesson, lesson.solution, engine=kind)


def test_every_check_imports_the_app_afresh(lesson: Lesson, kind: Engine) -> None:
    work = shutil.copytree(lesson.solution, lesson.solution.parent / "work")
    assert grade(lesson, work, engine=kind).status == "passed"
    (work / "main.py").write_text("broken(")
    assert grade(lesson, work, engine=kind).trouble is not None
    shutil.copy(lesson.solution / "main.py", work)
    assert grade(lesson, work, engine=kind).status == "passed"


def test_a_cancelled_check_has_no_result(lesson: Lesson, kind: Engine) -> None:
    work = shutil.copytree(lesson.solution, lesson.solution.parent / "work")
    (work / "main.py").write_text("import time\ntime.sleep(600)\n")
    cancelled, began = Cancellation(), time.monotonic()
    threading.Timer(0.5, cancelled.set).start()
    slow = replace(lesson, limits=replace(lesson.limits, start_s=60.0))
    with pytest.raises(Cancelled):
        grade(slow, work, engine=kind, cancelled=cancelled)
    assert time.monotonic() - began < 30
    assert grade(lesson, lesson.solution, engine=kind).status == "passed"


def test_a_check_that_is_cancelled_before_it_begins(lesson: Lesson, kind: Engine) -> None:
    cancelled = Cancellation()
    cancelled.set()
    with pytest.raises(Cancelled):
        grade(lesson, lesson.solution, engine=kind, cancelled=cancelled)


@pytest.mark.skipif(not sandbox.CAN_FORK, reason="/proc is Linux's")
@pytest.mark.parametrize("start", KINDS)
def test_no_process_is_left(lesson: Lesson, start: type[Engine]) -> None:
    before = children()
    with start() as engine:
        grade(lesson, lesson.solution, engine=engine)
        assert children() > before
    deadline = time.monotonic() + 10
    while children() - before and time.monotonic() < deadline:
        os.sched_yield()
    assert not children() - before
