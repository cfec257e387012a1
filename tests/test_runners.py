"""The warm engine: a suite is collected once, each run is a fork, nothing stale, nothing left."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from checker import sandbox
from checker.cancellation import Cancellation, Cancelled
from checker.catalog import load_course
from checker.engine import Engine
from checker.errors import GradingFault
from checker.grading import Options, grade
from checker.model import Lesson, Report
from checker.runners import Forked, Spawned
from tests.conftest import TINY

KINDS = [
    partial(Engine, lambda _: Spawned(spare=0)),
    Engine.for_many,
    partial(Engine, Forked, shards=2),
]

BUILDS_ON_STEP_1 = "Not run: this builds on step 01.1, which fails."


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    return load_course(shutil.copytree(TINY, tmp_path / "course")).lessons[0]


@pytest.fixture(params=KINDS, ids=["spawned", "forked", "shared out"])
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


def test_checks_that_are_shared_out_make_the_same_report(lesson: Lesson) -> None:
    """Step 2 builds on step 1, whichever run it is graded in: and runs change with each check."""
    work = shutil.copytree(lesson.solution, lesson.solution.parent / "work")
    right = (work / "main.py").read_text()
    broken = right.replace('os.environ["GREETING"]', '"wrong"')
    assert broken != right
    with Engine.for_many() as one, Engine(Forked, shards=2) as several:
        for main in (right, broken, broken, right):
            (work / "main.py").write_text(main)
            told = [grade(lesson, work, Options(seed=1), engine) for engine in (one, several)]
            assert said(told[0]) == said(told[1])
            held = [message for _, status, message in said(told[1]) if status == "not_run"]
            assert held == [BUILDS_ON_STEP_1] * (main == broken)
            assert told[0].status == ("passed" if main == right else "failed")


def test_no_verdict_comes_of_half_the_checks(lesson: Lesson) -> None:
    """One run dies, the other comes to its end."""
    with lesson.suite.open("a") as suite:
        suite.write(
            "\n\n@pytest.mark.step(3)\ndef test_kills_its_run():\n"
            '    """It does."""\n    import os\n    os._exit(0)\n'
        )
    with Engine(Forked, shards=2) as engine, pytest.raises(GradingFault, match="to its end"):
        grade(lesson, lesson.solution, engine=engine)


def said(report: Report) -> list[tuple[str, str, str]]:
    checks = [check for result in report.steps for check in result.checks]
    return [(check.name, check.status, check.message) for check in checks]


@pytest.mark.skipif(not sandbox.CAN_FORK, reason="/proc is Linux's")
@pytest.mark.parametrize("start", KINDS)
def test_no_process_is_left(lesson: Lesson, start: Callable[[], Engine]) -> None:
    before = children()
    with start() as engine:
        grade(lesson, lesson.solution, engine=engine)
        assert children() > before
    deadline = time.monotonic() + 10
    while children() - before and time.monotonic() < deadline:
        os.sched_yield()
    assert not children() - before
