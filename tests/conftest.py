"""Drive the real command on a small course, as a user does."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checker.catalog import find_lesson, load_course
from checker.engine import Engine
from checker.grading import Options, grade
from checker.model import Course, Report

ROOT = Path(__file__).resolve().parent.parent
TINY = ROOT / "tests" / "courses" / "tiny"
LEARN = Path(sys.executable).with_name("learn")


@dataclass(frozen=True)
class Ran:
    """How a run of `learn` ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """What `--format json` has printed."""
        value: dict[str, Any] = json.loads(self.out)
        return value


class Learn:
    """Runs `learn` in a folder, on a course."""

    def __init__(self, folder: Path, course: Path) -> None:
        self.folder = folder
        self.course = course

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a run: none of the terminal's settings."""
        dropped = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "EDITOR", "VISUAL"}
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        return kept | {"LEARN_COURSE": str(self.course)} | more

    def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> Ran:
        ran = subprocess.run(
            [str(LEARN), *arguments],
            cwd=self.folder,
            env=self.environment(**environment),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Begin a run without waiting for its end."""
        return subprocess.Popen(
            [str(LEARN), *arguments],
            cwd=self.folder,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def check(self, *arguments: str) -> Ran:
        """Run `learn check --format json`."""
        return self("check", "--format", "json", *arguments)


@pytest.fixture(scope="session")
def tiny() -> Course:
    """A course of two small lessons."""
    return load_course(TINY)


@pytest.fixture
def learn(tmp_path: Path) -> Learn:
    """`learn` on the tiny course, in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    return Learn(folder, TINY)


@pytest.fixture
def workspace(learn: Learn) -> Learn:
    """`learn` in a workspace of the tiny course."""
    assert learn("start", ".").code == 0
    return learn


@pytest.fixture
def own_course(tmp_path: Path) -> Path:
    """A copy of the tiny course that a test may change."""
    return shutil.copytree(TINY, tmp_path / "course")


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The processes of a check, for tests that grade often."""
    with Engine.for_many() as running:
        yield running


class Grade:
    """Grades the text of a main.py in this process."""

    def __init__(self, course: Course, engine: Engine, folder: Path) -> None:
        self.course, self.engine, self.folder = course, engine, folder

    def __call__(self, main: str, lesson: str = "01", **files: str) -> Report:
        found, step = find_lesson(self.course, lesson)
        submission = self.folder / "submission"
        shutil.rmtree(submission, ignore_errors=True)
        submission.mkdir()
        (submission / "main.py").write_text(main, encoding="utf-8")
        for name, text in files.items():
            (submission / f"{name}.py").write_text(text, encoding="utf-8")
        return grade(found, submission, Options(steps=(step,) if step else ()), self.engine)


@pytest.fixture
def grade_main(tiny: Course, engine: Engine, tmp_path: Path) -> Grade:
    """Grade the text of a main.py on the tiny course."""
    return Grade(tiny, engine, tmp_path)


@pytest.fixture
def reference() -> str:
    """The text of the tiny course's first solution."""
    return (TINY / "solutions" / "01-hello" / "main.py").read_text(encoding="utf-8")


def edited(
    original: Path, folder: Path, edits: Iterable[tuple[str, str]], file: str = "main.py"
) -> Path:
    """Copy a submission; replace texts of it, each of which must stand there once."""
    submission = shutil.copytree(original, folder)
    path = submission / file
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} should occur once"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return submission


def told(report: Report) -> str:
    """Return why a report is not what a test expects: what did not pass, and what was printed."""
    lines = [report.trouble.message] if report.trouble else []
    lines += [
        f"{result.step.id} {check.name}: {check.status} {check.message}"
        for result in report.steps
        for check in result.checks
        if check.status != "passed"
    ]
    return "\n".join([*lines, report.log[-1000:]])


def processes(mark: str) -> list[str]:
    """Return the processes that have `mark` in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if mark in (entry / "cmdline").read_text():
                    found.append(entry.name)
            except OSError:
                continue
    return found


def wait_for(condition: object, timeout_s: float = 20) -> None:
    """Wait until something is so."""
    assert callable(condition)
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)
