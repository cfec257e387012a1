"""`learn watch`: the grader behind it, the screen with every key, the line mode."""

import asyncio
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from checker.catalog import load_course
from checker.engine import Engine
from checker.errors import UsageFault
from checker.grading import Cancelled, Options, grade
from checker.model import Course
from checker.watch.content import read_content
from checker.watch.dialogs import Choice, Question, Reading
from checker.watch.grader import Grader
from checker.watch.news import Checking, News, Verdict
from checker.watch.polling import reason_to_poll
from checker.watch.saves import Saves
from checker.watch.screen import WatchApp
from checker.watch.session import Session
from checker.workspace import Workspace, make_workspace
from tests.conftest import TINY, Learn

PATIENCE_S = 60.0
MAIN = "exercises/01-hello/main.py"
BROKEN = "def oops(:\n"


def solution(name: str = "01-hello") -> str:
    return (TINY / "solutions" / name / "main.py").read_text(encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path, tiny: Course, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace of the tiny course, which is the current folder."""
    made = make_workspace(tiny, tmp_path / "place")
    monkeypatch.chdir(made.root)
    return made


class Listener:
    """Collects what a grader tells."""

    def __init__(self) -> None:
        self.all: list[News] = []
        self._came = threading.Condition()

    def __call__(self, news: News) -> None:
        with self._came:
            self.all.append(news)
            self._came.notify_all()

    def wait(self, is_right: Callable[[News], bool]) -> News:
        """Wait until the last that was told is right, and return it."""
        with self._came:
            assert self._came.wait_for(
                lambda: self.all and is_right(self.all[-1]), PATIENCE_S
            ), f"last told: {self.all[-1:]}"
            return self.all[-1]

    def verdict_on(self, digest: str) -> Verdict:
        """Wait until the last that was told is a verdict on that content."""
        news = self.wait(lambda last: isinstance(last, Verdict) and last.content == digest)
        assert isinstance(news, Verdict)
        return news


# ------------------------------------------------------------------------------------- content


def test_content_is_the_same_for_the_same_files_and_another_for_any_change(
    place: Workspace,
) -> None:
    lesson = place.course.lessons[0]
    main = place.root / MAIN
    first = read_content(place, lesson).digest
    main.touch()
    assert read_content(place, lesson).digest == first
    (main.parent / ".main.py.swp").write_text("an editor's own")
    assert read_content(place, lesson).digest == first
    (main.parent / "more.py").write_text("")
    second = read_content(place, lesson).digest
    (main.parent / "more.py").rename(main.parent / "other.py")
    third = read_content(place, lesson).digest
    assert len({first, second, third}) == 3


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: shutil.rmtree(folder), "no folder exercises/01-hello"),
        (lambda folder: [path.unlink() for path in folder.iterdir()], "is empty"),
        (lambda folder: (folder / "big").write_bytes(bytes(17 * 1024**2)), "more than 16 MiB"),
    ],
)
def test_what_is_wrong_with_a_folder_is_a_content_of_its_own(
    place: Workspace, spoil: Callable[[Path], object], said: str
) -> None:
    lesson = place.course.lessons[0]
    before = read_content(place, lesson).digest
    spoil(place.exercise(lesson))
    content = read_content(place, lesson)
    assert content.fault
    assert said in content.fault.message
    assert content.digest != before


# ------------------------------------------------------------------------------------- polling


@pytest.mark.parametrize(
    ("kind", "point", "why"),
    [
        ("ext4", "/", ""),
        ("nfs4", "/home/ada", "a network drive"),
        ("cifs", "/home/ada/my\\040work", "a network drive"),
        ("fuse.sshfs", "/home/ada", "a drive of a program (FUSE)"),
        ("9p", "/home", "a drive of the host system"),
        ("nfs4", "/home/adam", ""),
    ],
)
def test_polling_is_for_mounts_that_send_no_events(
    tmp_path: Path, kind: str, point: str, why: str
) -> None:
    mounts, kernel = tmp_path / "mountinfo", tmp_path / "version"
    mounts.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        f"40 22 0:35 / {point} rw,relatime shared:2 master:1 - {kind} somewhere rw\n"
    )
    kernel.write_text("Linux version 6.8")
    assert reason_to_poll(Path("/home/ada/my work/course"), mounts, kernel) == why


def test_polling_is_for_windows_drives_under_wsl(tmp_path: Path) -> None:
    mounts, kernel = tmp_path / "mountinfo", tmp_path / "version"
    mounts.write_text("22 1 8:1 / / rw - ext4 /dev/sdc rw\n")
    kernel.write_text("Linux version 5.15.1-microsoft-standard-WSL2")
    assert reason_to_poll(Path("/mnt/c/course"), mounts, kernel) == "a Windows drive"
    assert reason_to_poll(Path("/home/ada/course"), mounts, kernel) == ""


# --------------------------------------------------------------------------------------- saves


@pytest.mark.parametrize("polling", [False, True])
def test_saves_are_seen_also_of_a_folder_that_was_made_anew(tmp_path: Path, polling: bool) -> None:
    folder = tmp_path / "exercises"
    folder.mkdir()
    target = folder / "01" / "main.py"
    seen: queue.SimpleQueue[str] = queue.SimpleQueue()

    def look() -> None:
        seen.put(target.read_text() if target.is_file() else "none")

    def wait_for(text: str) -> None:
        while seen.get(timeout=PATIENCE_S) != text:
            pass

    with Saves(folder, look, polling=polling):
        target.parent.mkdir()
        target.write_text("one")
        wait_for("one")
        draft = target.with_name("draft")
        draft.write_text("two")
        draft.replace(target)
        wait_for("two")
        shutil.rmtree(folder)
        wait_for("none")
        target.parent.mkdir(parents=True)
        target.write_text("three")
        wait_for("three")
    assert not [thread for thread in threading.enumerate() if thread.name == "saves"]


# -------------------------------------------------------------------------------------- grader


def test_a_cancelled_check_gives_no_verdict(tiny: Course, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(f"import time\ntime.sleep(60)\n{solution()}")
    cancelled = threading.Event()
    threading.Timer(0.2, cancelled.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        grade(tiny.lessons[0], tmp_path, Options(), engine, cancelled=cancelled)
    assert time.monotonic() - began < tiny.lessons[0].limits.start_s


def test_a_newer_save_cancels_the_check_that_runs(place: Workspace, engine: Engine) -> None:
    lesson, main, told = place.course.lessons[0], place.root / MAIN, Listener()
    main.write_text(f"import time\ntime.sleep(60)\n{solution()}")
    slow = read_content(place, lesson).digest
    with Grader(place, lesson, engine, told) as grader:
        told.wait(lambda news: news == Checking(lesson, slow))
        main.write_text(solution())
        grader.look()
        verdict = told.verdict_on(read_content(place, lesson).digest)
    assert verdict.passed
    assert not [one for one in told.all if isinstance(one, Verdict) and one.content == slow]


def test_a_message_names_the_learners_own_folder(place: Workspace, engine: Engine) -> None:
    lesson, told = place.course.lessons[0], Listener()
    (place.root / MAIN).rename(place.root / MAIN.replace("main", "mian"))
    with Grader(place, lesson, engine, told):
        verdict = told.verdict_on(read_content(place, lesson).digest)
    assert verdict.report
    assert verdict.report.trouble
    assert f"no main.py in {place.exercise(lesson)}" in verdict.report.trouble.message


def save_at_random(folder: Path, rng: random.Random) -> str:
    """Do to the exercise what learners, editors and accidents do; return what was done."""
    main = folder / "main.py"
    folder.mkdir(exist_ok=True)
    kind = rng.choice(["valid", "renamed", "twice", "broken", "half", "deleted", "gone", "more"])
    valid = f"{solution()}\n# {rng.random()}\n"
    match kind:
        case "valid":
            main.write_text(valid)
        case "renamed":
            draft = folder / ".main.py.tmp"
            draft.write_text(valid)
            draft.replace(main)
        case "twice":
            main.write_text("")
            main.write_text(valid)
        case "broken":
            main.write_text(f"{BROKEN}# {rng.random()}\n")
        case "half":
            main.write_text(valid[: rng.randrange(len(valid) // 2)])
        case "deleted":
            main.unlink(missing_ok=True)
        case "gone":
            shutil.rmtree(folder)
        case "more":
            (folder / "package").mkdir(exist_ok=True)
            (folder / "package" / "part.py").write_text(f"# {rng.random()}\n")
    return kind


def processes_of(folder: Path) -> list[str]:
    """The processes whose environment names a folder, but for this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                if os.fsencode(folder) in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_bytes().decode())
            except OSError:
                continue  # it ended meanwhile
    return found


def survive_random_saves(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, saves: int, seed: int
) -> None:
    """After any saves, the last verdict is that of the last content, and nothing runs on."""
    temporary = place.root.parent / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    lesson, told, rng = place.course.lessons[0], Listener(), random.Random(seed)
    valid: set[str] = set()
    folder = place.exercise(lesson)

    def note() -> str:
        digest = read_content(place, lesson).digest
        main = folder / "main.py"
        if main.is_file() and main.read_text().startswith(solution()):
            valid.add(digest)
        return digest

    with Engine() as engine:
        with (
            Grader(place, lesson, engine, told) as grader,
            Saves(folder.parent, grader.look, polling=False),
        ):
            assert processes_of(temporary)
            for number in range(saves):
                kind = save_at_random(folder, rng)
                digest = note()
                if rng.random() < 0.2 or number == saves - 1:
                    assert told.verdict_on(digest).passed == (digest in valid), kind
    last = told.all[-1]
    assert isinstance(last, Verdict)
    assert last.content == read_content(place, lesson).digest
    for news in told.all:
        if isinstance(news, Verdict):
            assert news.passed == (news.content in valid)
    assert processes_of(temporary) == []
    assert list(temporary.iterdir()) == []


def test_random_saves(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    survive_random_saves(place, monkeypatch, saves=25, seed=1)


@pytest.mark.proof
def test_500_random_saves(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    survive_random_saves(place, monkeypatch, saves=500, seed=2)
