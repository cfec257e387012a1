"""One submission, served as often as its suite needs it; also ahead of being asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.catalog import load_course
from checker.client import App, connect
from checker.engine import Engine
from checker.grading import grade
from checker.launcher import AHEAD, Job, Launcher
from checker.model import Course
from checker.server import Served
from tests.conftest import TINY

SHELF = TINY / "solutions" / "02-shelf"
SUITE = '''

@pytest.mark.step(2)
@pytest.mark.parametrize("number", range(4))
def test_each_starts_empty(fresh_app, number):
    """Each fresh app starts with an empty shelf."""
    app = fresh_app()
    app.get("/shelf/a").expect(404)
    app.put("/shelf/a", json="b").expect(204)
'''


@pytest.fixture
def launcher(engine: Engine, tmp_path: Path) -> Iterator[Launcher]:
    job = Job(
        "", str(SHELF), str(engine.shared(tmp_path)), 0, [], {},
        control=engine.control, isolation=engine.isolation,
    )  # fmt: skip
    running = Launcher(job)
    yield running
    running.end_all()


def client(served: Served) -> App:
    assert served.wait_started() is None
    return connect(served, served.limits)


def test_what_was_started_ahead_is_handed_out_once(launcher: Launcher) -> None:
    launcher.serve_ahead(1)
    first, second = launcher.serve(), launcher.serve()
    assert first is not second
    client(first).put("/shelf/a", json="b").expect(204)
    client(second).get("/shelf/a").expect(404)


@pytest.mark.parametrize(("to_come", "started"), [(0, 0), (1, 1), (AHEAD + 1, AHEAD)])
def test_no_more_are_started_than_will_be_asked_for_soon(
    launcher: Launcher, to_come: int, started: int
) -> None:
    for _ in range(2):
        launcher.serve_ahead(to_come)
    assert len(launcher._running) == 1 + started  # the main one too


def test_other_variables_need_an_app_of_their_own(launcher: Launcher) -> None:
    launcher.serve_ahead(1)
    changed = launcher.serve({"COLOUR": "green"})
    ahead = launcher.serve()
    assert "COLOUR" in changed.environment
    assert "COLOUR" not in ahead.environment


def test_what_nobody_asked_for_is_ended_too(launcher: Launcher) -> None:
    launcher.serve_ahead(1)
    _, ahead = launcher._running
    launcher.end_all()
    ahead._reader.join(30)  # it reads until the process is gone, which need not tell how it ended
    assert not ahead._reader.is_alive()


def test_checks_that_start_the_app_anew_share_nothing(own_course: Path, engine: Engine) -> None:
    suite = own_course / "checker" / "suites" / "test_02_shelf.py"
    suite.write_text(suite.read_text() + SUITE)
    lesson = load_course(own_course).lessons[1]
    report = grade(lesson, lesson.solution, engine=engine)
    assert report.status == "passed"
    assert len(report.steps[1].checks) == 5


def test_it_is_remembered_which_checks_start_the_app_anew(tiny: Course, engine: Engine) -> None:
    lesson = tiny.lessons[1]
    grade(lesson, lesson.solution, engine=engine)
    starts = engine.memory.starts[lesson.number]
    assert set(starts.values()) == {0, 1}
    assert all(engine.memory.took_s[lesson.number][check] > 0 for check in starts)
