"""Progress is never lost, and losing it never costs a grade."""

import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from checker.model import Check, Course, Report, StepResult
from checker.progress import Progress, open_progress
from tests.conftest import TINY, Learn


def report(course: Course, *passed: int) -> Report:
    """A report on the first lesson in which these steps passed."""
    lesson = course.lessons[0]
    results = tuple(
        StepResult(s, (Check("c", "C.", "passed" if s.number in passed else "failed"),))
        for s in lesson.steps
    )
    return Report(lesson, results, "process", 1, 0.1)


def test_a_step_passes_for_the_first_time_once(tiny: Course, tmp_path: Path) -> None:
    with closing(Progress(tmp_path / "p.sqlite3")) as progress:
        assert progress.record(report(tiny, 1)) == {"01.1"}
        assert progress.record(report(tiny, 1, 2)) == {"01.2"}
        assert progress.record(report(tiny)) == set()
        assert progress.passed_steps(tiny.lessons[0]) == {"01.1", "01.2"}
        assert progress.attempts(tiny.lessons[0]) == 3


def test_steps_that_a_newer_course_dropped_do_not_count(tiny: Course, tmp_path: Path) -> None:
    with closing(Progress(tmp_path / "p.sqlite3")) as progress:
        progress.record(report(tiny, 1, 2))
        shorter = replace(tiny.lessons[0], steps=tiny.lessons[0].steps[:1])
        assert progress.passed_steps(shorter) == {"01.1"}


def test_hints_come_one_tier_at_a_time(workspace: Learn) -> None:
    first, second, third, again = (workspace("hint", "01.1").out for _ in range(4))
    assert "Where: at the top." in first
    assert "What: a function." not in first
    assert "What: a function." in second
    assert "have not checked since" in second
    assert "return ..." in third
    assert "That was the last" in third
    assert "return ..." in again


def test_a_hint_for_a_lesson_is_for_its_first_open_step(workspace: Learn) -> None:
    assert "01.1 Say hello" in workspace("hint", "01").out
    (workspace.folder / "exercises/01-hello/main.py").write_text(
        "from fastapi import FastAPI\napp = FastAPI()\n"
        "@app.get('/hello')\ndef hello():\n    return {'message': 'hello'}\n"
    )
    workspace("check", "01")
    assert "01.2 Say whom you greet" in workspace("hint", "1").out


def test_the_reference_is_shown_after_asking_and_remembered(workspace: Learn) -> None:
    refused = workspace("solution", "01")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert "def hello_name" in workspace("solution", "01", "--yes").out
    assert "def hello_name" in workspace("solution", "01").out
    compile(workspace("solution", "01", COLUMNS="20").out, "main.py", "exec")  # not wrapped
    assert "+@app.get" in workspace("diff", "01").out


def test_a_damaged_file_is_kept_aside_and_the_grade_stands(workspace: Learn) -> None:
    path = workspace.folder / ".learn" / "progress.sqlite3"
    path.write_bytes(b"this is no database" * 100)
    ran = workspace("check", "01")
    assert ran.code == 1
    assert "progress file was damaged" in ran.out
    kept = [p for p in path.parent.iterdir() if "damaged" in p.name]
    assert kept[0].read_bytes().startswith(b"this is no database")
    assert workspace("list").code == 0


def test_a_place_that_can_not_be_written_costs_no_grade(workspace: Learn) -> None:
    path = workspace.folder / ".learn" / "progress.sqlite3"
    path.unlink(missing_ok=True)
    path.mkdir()
    ran = workspace.check("01")
    assert ran.code == 1
    assert ran.report["points"] == 0
    assert "progress can't be saved" in ran.err


def test_a_full_disk_costs_no_grade(tiny: Course, tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite3"
    with closing(Progress(path)) as progress:
        progress.record(report(tiny, 1))
    with closing(sqlite3.connect(path)) as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    progress_or_none, _ = open_progress(path)
    assert progress_or_none
    with closing(progress_or_none) as progress:
        progress._db.execute(f"PRAGMA max_page_count = {pages}")
        big = replace(report(tiny, 1, 2), seed=1)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            for _ in range(10_000):
                progress.record(big)
    with closing(Progress(path)) as progress:
        assert "01.1" in progress.passed_steps(tiny.lessons[0])


WRITER = """
import sys
from contextlib import closing
from pathlib import Path
from checker.catalog import load_course
from checker.progress import Progress
from tests.test_progress import report
course = load_course(Path(sys.argv[2]))
with closing(Progress(Path(sys.argv[1]))) as progress:
    while True:
        progress.record(report(course, 1, 2))
        print("recorded", flush=True)
"""


def test_kill_9_at_any_moment_leaves_a_whole_file(tiny: Course, tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite3"
    recorded = 0
    for delay in (0.0, 0.003, 0.01, 0.03):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(TINY)],
            stdout=subprocess.PIPE,
            cwd=TINY.parent.parent.parent,
        )
        assert writer.stdout
        assert writer.stdout.readline() == b"recorded\n"
        time.sleep(delay)  # the moment of the kill is what varies here
        writer.send_signal(signal.SIGKILL)
        recorded += 1 + writer.stdout.read().count(b"recorded")
        writer.stdout.close()
        writer.wait()
        with closing(Progress(path)) as progress:
            assert progress.passed_steps(tiny.lessons[0]) == {"01.1", "01.2"}
            assert progress.attempts(tiny.lessons[0]) >= recorded
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_two_writers_wait_for_each_other(tiny: Course, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    path = tmp_path / "p.sqlite3"

    def write(_: int) -> None:
        with closing(Progress(path)) as progress:
            progress.record(report(tiny, 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(20)))
    with closing(Progress(path)) as progress:
        assert progress.attempts(tiny.lessons[0]) == 20


def test_a_workspace_moved_elsewhere_keeps_its_progress(workspace: Learn, tmp_path: Path) -> None:
    workspace("hint", "01.1")
    moved = shutil.move(workspace.folder, tmp_path / "moved")
    workspace.folder = Path(moved)
    assert "Hint 2" in workspace("hint", "01.1").out
