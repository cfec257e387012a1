"""`learn watch`: the grader behind it, the screen with every key, the line mode."""

import asyncio
import fcntl
import os
import pty
import queue
import random
import shutil
import signal
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from checker import sandbox
from checker.engine import Engine
from checker.errors import UsageFault
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
            assert self._came.wait_for(lambda: self.all and is_right(self.all[-1]), PATIENCE_S), (
                f"last told: {self.all[-1:]}"
            )
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
        (shutil.rmtree, "no folder exercises/01-hello"),
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
def test_saves_are_seen_also_of_a_folder_that_was_made_anew(
    tmp_path: Path, *, polling: bool
) -> None:
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


def pids_of(folder: Path) -> list[int]:
    """The processes whose environment names a folder, but for this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                if os.fsencode(folder) in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended meanwhile
    return found


def processes_of(folder: Path) -> list[str]:
    """Their command lines."""
    return [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in pids_of(folder)]


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

    with (
        Engine.for_watching() as engine,
        Grader(place, lesson, engine, told) as grader,
        Saves(folder.parent, grader.look, polling=False),
    ):
        assert processes_of(temporary)
        for _ in range(saves):
            kind = save_at_random(folder, rng)
            digest, chance = note(), rng.random()
            if chance < 0.3:  # the next save comes while this one is checked
                told.wait(lambda news, digest=digest: news.content == digest)
            elif chance < 0.5:
                assert told.verdict_on(digest).passed == (digest in valid), kind
        told.verdict_on(digest)
        folder.mkdir(exist_ok=True)
        (folder / "main.py").write_text(solution())
        assert told.verdict_on(note()).passed
    last = told.all[-1]
    assert isinstance(last, Verdict)
    assert last.content == read_content(place, lesson).digest
    for news in told.all:
        if isinstance(news, Verdict):
            assert news.passed == (news.content in valid)
    assert processes_of(temporary) == []
    assert list(temporary.iterdir()) == []


def test_random_saves(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    survive_random_saves(place, monkeypatch, saves=20, seed=1)


@pytest.mark.proof
def test_500_random_saves(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    survive_random_saves(place, monkeypatch, saves=500, seed=2)


# -------------------------------------------------------------------------------------- screen


def drive(
    place: Workspace,
    engine: Engine,
    script: Callable[["Screen"], Awaitable[None]],
    *,
    lesson: int = 0,
    moves_on: bool = False,
) -> None:
    """Run a script against the app on a screen of 80x24."""
    session = Session(place, place.course.lessons[lesson], moves_on=moves_on)

    async def run() -> None:
        app = WatchApp(session, engine)
        async with app.run_test(size=(80, 24)) as pilot:
            await script(Screen(app, pilot))
        assert app.bug is None

    asyncio.run(run())
    assert not [one for one in threading.enumerate() if one.name in ("grader", "round")]


class Screen:
    """The app as a learner sees it."""

    def __init__(self, app: WatchApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot
        self.press = pilot.press

    def text(self) -> str:
        """What stands on the screen, line by line."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        end = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < end, self.text()
            await self.pilot.pause(0.02)

    async def shows(self, *words: str) -> None:
        """Wait until the screen shows all the words."""
        await self.until(lambda: all(word in self.text() for word in words))

    async def graded(self) -> None:
        """Wait until the verdict of the present lesson is on the screen."""
        session = self.app.session
        await self.until(lambda: session.verdict is not None and not session.is_checking)


def test_the_screen_shows_steps_message_exchange_curl_log_and_all_keys(
    place: Workspace, engine: Engine
) -> None:
    (place.root / MAIN).write_text(
        f"print('[red]loud \\x1b[31m')\n{(place.root / MAIN).read_text()}"
    )

    async def script(screen: Screen) -> None:
        await screen.graded()
        await screen.shows(
            "01 Hello  0 of 3 steps", "course 0 of 5", "✗ 01.1 Say hello", "GET /hello should",
            "404 Not Found", "sent  GET /hello", "[red]loud \\x1b[31m",
        )  # fmt: skip
        footer = screen.text().splitlines()[-1]
        for key in (
            "h Hint", "d Diff", "o Open", "r Reset", "l List", "n Next", "s Solution", "t Task",
        ):  # fmt: skip
            assert key in footer
        assert "c Check all" in footer
        assert "q Quit" in footer
        await screen.press("end")
        await screen.shows("curl -i http://127.0.0.1:8000/hello")

    drive(place, engine, script)


def test_a_save_is_graded_and_the_old_verdict_is_called_old(
    place: Workspace, engine: Engine
) -> None:
    async def script(screen: Screen) -> None:
        await screen.graded()
        with Saves(place.root / "exercises", screen.app.look, polling=False):
            (place.root / MAIN).write_text(solution())
            await screen.shows("checking ...")
            await screen.shows("3 of 3 steps", "All steps pass.", "A function answers a path.")
        assert "checking" not in screen.text()
        assert "course 3 of 5" in screen.text()

    drive(place, engine, script)


def test_what_to_do_next_stands_above_what_was_learned(place: Workspace, engine: Engine) -> None:
    (place.root / MAIN).write_text(solution())

    async def script(screen: Screen) -> None:
        await screen.shows("A function answers a path.")
        shown = screen.text()
        assert shown.index("n: on to 02 Shelf") < shown.index("A function answers a path.")

    drive(place, engine, script)


def test_an_app_that_does_not_parse(place: Workspace, engine: Engine) -> None:
    (place.root / MAIN).write_text(BROKEN)

    async def script(screen: Screen) -> None:
        await screen.shows("main.py, line 1", "0 of 3 steps")

    drive(place, engine, script)


def test_h_shows_one_tier_after_the_other(place: Workspace, engine: Engine) -> None:
    async def script(screen: Screen) -> None:
        await screen.graded()
        await screen.press("h")
        await screen.shows("Hint 1 of 3", "Where: at the top.", "h Next hint")
        assert "Hint 2" not in screen.text()
        await screen.press("h")
        await screen.shows("Hint 2 of 3", "What: a function.", "You have not checked since")
        await screen.press("h")
        await screen.shows("Hint 3 of 3", "return ...", "That was the last.")
        await screen.press("escape")
        await screen.until(lambda: not isinstance(screen.app.screen, Reading))

    drive(place, engine, script)


@pytest.mark.parametrize(("key", "seen"), [("d", "+++ reference/main.py"), ("s", "main.py")])
def test_d_and_s_ask_before_the_lesson_is_passed(
    place: Workspace, engine: Engine, key: str, seen: str
) -> None:
    async def script(screen: Screen) -> None:
        await screen.graded()
        await screen.press(key)
        await screen.shows("not passed yet. See the reference all the same?")
        await screen.press("n")
        await screen.until(lambda: not isinstance(screen.app.screen, Question))
        assert not isinstance(screen.app.screen, Reading)
        await screen.press(key)
        await screen.shows("all the same?")
        await screen.press("y")
        await screen.shows(seen, "The reference.")
        await screen.press("escape")
        await screen.until(lambda: not isinstance(screen.app.screen, Reading))
        await screen.press(key)
        await screen.shows(seen)  # it is remembered: no second question

    drive(place, engine, script)


def test_o_opens_the_editor(
    place: Workspace, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    script_file = place.root / "code"  # the name of an editor with a window of its own
    script_file.write_text('#!/bin/sh\necho "$1" > opened.new; mv opened.new opened\n')
    script_file.chmod(0o755)
    missing = place.root / "missing" / "code"
    monkeypatch.setenv("VISUAL", str(script_file))

    async def script(screen: Screen) -> None:
        await screen.press("o")
        await screen.until((place.root / "opened").exists)
        assert (place.root / "opened").read_text().strip().endswith(MAIN)
        await screen.graded()
        monkeypatch.setenv("VISUAL", str(missing))
        await screen.press("o")
        await screen.shows("Your editor")
        monkeypatch.setenv("VISUAL", "vi")
        await screen.press("o")  # the test's terminal is none that an editor could have
        await screen.shows("Open exercises/01-hello/main.py")
        await screen.shows("yourself")

    drive(place, engine, script)


def test_r_asks_and_keeps_a_backup(place: Workspace, engine: Engine) -> None:
    starter = (place.root / MAIN).read_text()
    (place.root / MAIN).write_text(BROKEN)

    async def script(screen: Screen) -> None:
        await screen.graded()
        await screen.press("r", "n")
        assert (place.root / MAIN).read_text() == BROKEN
        await screen.press("r")
        await screen.shows("Put the starter of lesson 01 back?")
        await screen.press("y")
        await screen.shows("What you had is kept in .learn/backups/01-hello-")
        await screen.press("escape")
        await screen.shows("GET /hello should answer")  # graded without any event

    drive(place, engine, script)
    assert (place.root / MAIN).read_text() == starter
    [kept] = (place.state / "backups").iterdir()
    assert (kept / "main.py").read_text() == BROKEN


def test_l_lists_filters_and_goes(place: Workspace, engine: Engine) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("l")
        await screen.shows("01 Hello: 0 of 3 steps", "02 Shelf: 0 of 2 steps")
        await screen.press(*"put")  # a word of a step's title
        await screen.until(lambda: screen.app.screen.query_one(OptionList).option_count == 1)
        assert screen.app.screen.query_one(Input).value == "put"
        await screen.press("enter")
        await screen.shows("Lesson 02", "02.1 Put and take")
        assert not isinstance(screen.app.screen, Choice)
        await screen.press("l")
        await screen.shows("02 Shelf: 0 of 2 steps")
        await screen.press("up", "enter")
        await screen.shows("Lesson 01", "01.1 Say hello")
        await screen.press("l", "escape")
        assert screen.app.session.lesson.number == "01"

    drive(place, engine, script)


def test_n_moves_on_only_after_passing(place: Workspace, engine: Engine) -> None:
    async def script(screen: Screen) -> None:
        await screen.graded()
        await screen.press("n")
        await screen.shows("Lesson 01 is not passed yet.")
        (place.root / MAIN).write_text(solution())
        screen.app.look()
        await screen.shows("n: on to 02 Shelf", "─ Passed ─")
        assert screen.app.session.lesson.number == "01"  # not by itself
        await screen.press("n")
        await screen.shows("Lesson 02", "02.1 Put and take", "─ What fails first ─")
        await screen.graded()
        (place.root / MAIN.replace("01-hello", "02-shelf")).write_text(solution("02-shelf"))
        screen.app.look()
        await screen.shows("That was the last lesson.")
        await screen.press("n")
        await screen.shows("See what is left in the list")

    drive(place, engine, script)


def test_a_moves_on_by_itself(place: Workspace, engine: Engine) -> None:
    async def script(screen: Screen) -> None:
        await screen.graded()
        await screen.press("a")
        await screen.shows("The next lesson comes by itself", "course 0 of 5  auto")
        (place.root / MAIN).write_text(solution())
        screen.app.look()
        await screen.shows("Lesson 02", "Passed 01 Hello. This is the next lesson.")

    drive(place, engine, script)


def test_c_checks_all_and_remembers(place: Workspace, engine: Engine) -> None:
    (place.root / MAIN.replace("01-hello", "02-shelf")).write_text(solution("02-shelf"))

    async def script(screen: Screen) -> None:
        await screen.press("c")
        await screen.shows(
            "Checking all lessons: 2 of 2",
            "01 Hello: 0 of 5 points, not yet",
            "02 Shelf: 2 of 2 points, passed",
        )
        await screen.press("escape", "l")
        await screen.shows("02 Shelf: 2 of 2 steps")

    drive(place, engine, script)


def test_a_round_goes_on_when_nobody_looks(place: Workspace, engine: Engine) -> None:
    (place.root / MAIN).write_text(f"import time\ntime.sleep(1)\n{solution()}")

    async def script(screen: Screen) -> None:
        await screen.press("c")
        await screen.shows("Checking all lessons")
        await screen.press("escape")
        await screen.until(lambda: len(screen.app.screen_stack) == 1)
        await screen.press("c")
        await screen.shows("Checking all lessons")
        await screen.press("q")
        await screen.shows("All lessons were checked.")
        await screen.press("c")
        await screen.shows("Checking all lessons: 2 of 2", "01 Hello: 5 of 5 points, passed")

    drive(place, engine, script)


def test_one_dialog_at_a_time_however_fast_the_keys_come(place: Workspace, engine: Engine) -> None:
    async def script(screen: Screen) -> None:
        await screen.graded()
        for action in ("hint", "diff", "list", "check_all", "task", "reset", "solution"):
            getattr(screen.app, f"action_{action}")()
        await screen.shows("Hint 1 of 3")
        assert len(screen.app.screen_stack) == 2
        await screen.press("escape")
        await screen.until(lambda: len(screen.app.screen_stack) == 1)

    drive(place, engine, script)


def test_t_shows_the_task_of_the_step_at_hand(place: Workspace, engine: Engine) -> None:
    async def script(screen: Screen) -> None:
        await screen.graded()
        await screen.press("t")
        await screen.shows('answers {"message": "hello"}.')

    drive(place, engine, script)


def test_an_editor_that_is_missing_leaves_the_screen_as_it_was(
    place: Workspace, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back = []

    @contextmanager
    def suspend() -> Iterator[None]:  # as Textual's, which has no `finally` either
        yield
        given_back.append(True)

    async def script(screen: Screen) -> None:
        await screen.graded()
        monkeypatch.setattr(screen.app, "suspend", suspend)
        monkeypatch.setenv("VISUAL", "no-such-editor")
        await screen.press("o")
        await screen.shows("Your editor 'no-such-editor' can't be started")
        assert given_back

    drive(place, engine, script)


def test_the_end_of_what_an_app_has_printed_is_seen(place: Workspace, engine: Engine) -> None:
    (place.root / MAIN).write_text(f"print('x' * 5000, 'END')\nprint('second')\n{solution()}")

    async def script(screen: Screen) -> None:
        await screen.shows("END", "second")

    drive(place, engine, script)


def test_y_copies_the_curl_line(place: Workspace, engine: Engine) -> None:
    async def script(screen: Screen) -> None:
        await screen.graded()
        await screen.press("y")
        assert screen.app.clipboard == "curl -i http://127.0.0.1:8000/hello"

    drive(place, engine, script)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_quitting_ends_a_check_that_runs(place: Workspace, engine: Engine, key: str) -> None:
    (place.root / MAIN).write_text(f"import time\ntime.sleep(60)\n{solution()}")

    async def script(screen: Screen) -> None:
        await screen.shows("checking ...")
        await screen.press(key)
        await screen.until(lambda: not screen.app.is_running or screen.app._exit)

    began = time.monotonic()
    drive(place, engine, script)
    assert time.monotonic() - began < place.course.lessons[0].limits.start_s


def test_without_colour_nothing_is_darker_than_the_rest(
    place: Workspace, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red would become a grey that can't be told from the background."""
    monkeypatch.setenv("NO_COLOR", "1")

    async def script(screen: Screen) -> None:
        await screen.graded()
        assert screen.app.no_color
        for strip in screen.app.screen._compositor.render_strips():
            for segment in strip:
                if segment.text.startswith("01.1 Say hello") and segment.style:
                    color = segment.style.color
                    assert color
                    assert color.triplet
                    assert min(color.triplet) > 128
                    return
        raise AssertionError(screen.text())

    drive(place, engine, script)


def test_next_says_what_to_do(place: Workspace) -> None:
    session = Session(place, place.course.lessons[0], moves_on=False)
    with pytest.raises(UsageFault, match="not passed yet"):
        session.next_lesson()


# --------------------------------------------------------------------------------- line by line


class Watching:
    """`learn watch --plain`, running: what it prints, and a way to type."""

    def __init__(self, learn: Learn, *arguments: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [str(Path(sys.executable).with_name("learn")), "watch", *arguments],
            cwd=learn.folder,
            env=learn.environment(**environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed = ""
        self._came = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._came:
                self.printed += line
                self._came.notify_all()

    def type(self, text: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def says(self, words: str) -> str:
        """Wait for words; return what was printed up to them, and forget it."""
        with self._came:
            assert self._came.wait_for(lambda: words in self.printed, PATIENCE_S), self.printed
            before, _, self.printed = self.printed.partition(words)
            return before + words

    def ends(self) -> int:
        code = self.process.wait(PATIENCE_S)
        self._reader.join()
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        return code


@pytest.fixture
def watching(workspace: Learn, tmp_path: Path) -> Iterator[Callable[..., Watching]]:
    """Start `learn watch`; at the end no process of it may be left."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    started: list[Watching] = []

    def start(*arguments: str, **environment: str) -> Watching:
        started.append(Watching(workspace, *arguments, TMPDIR=str(temporary), **environment))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.ends()
    assert processes_of(temporary) == []
    assert list(temporary.iterdir()) == []


def test_line_by_line_with_every_key(workspace: Learn, watching: Callable[..., Watching]) -> None:
    main = workspace.folder / MAIN
    starter = main.read_text()
    run = watching("01", "--plain", COLUMNS="200", EDITOR="sh -c 'echo edited >> \"$0\"'")
    run.says("Checking 01 Hello ...")
    told = run.says("curl -i http://127.0.0.1:8000/hello")
    assert "failed: 01.1 Say hello" in told
    assert "not run: 01.2" in told
    assert "\x1b" not in told
    run.type("h")
    run.says("Hint 1 of 3 for 01.1\nWhere: at the top.")
    run.type("t")
    run.says('01.1 Say hello\nGET /hello answers {"message": "hello"}.')
    run.type("n")
    run.says("Lesson 01 is not passed yet.")
    run.type("d")
    run.says("See the reference all the same? y or n, and Enter:")
    run.type("n")
    run.type("s")
    run.says("See the reference all the same?")
    run.type("y")
    run.says('"""The reference."""')
    main.write_text(solution())
    run.says("Checking 01 Hello ...")
    told = run.says("All steps pass. n: on to 02 Shelf.")
    assert "You have just passed 01.3 Say your secret.\nSecrets come from outside." in told
    run.type("o")
    run.says("Opening exercises/01-hello/main.py")
    run.says("main.py, line")  # `edited` is no Python
    assert main.read_text().endswith("edited\n")
    run.type("r")
    run.says("Put the starter of lesson 01 back?")
    run.type("y")
    run.says("What you had is kept in .learn/backups/01-hello-")
    run.says("GET /hello should answer")
    assert main.read_text() == starter
    run.type("c")
    run.says("All lessons were checked.")
    run.type("l")
    run.says("Words to look for")
    run.type("shelf")
    assert "01 Hello" not in run.says("02 Shelf: 0 of 2 steps\n")
    run.type("2")
    run.says("Checking 02 Shelf ...")
    run.type("x")
    run.says("There is no key 'x'.")
    run.type("a")
    run.says("The next lesson comes by itself")
    run.type("q")
    assert run.ends() == 0


def test_a_dumb_terminal_or_a_pipe_gets_lines_and_stops_where_stdin_ends(
    watching: Callable[..., Watching],
) -> None:
    run = watching("02", "--poll", TERM="dumb")
    run.says("Looking for saves every moment: you asked for it.")
    run.says("Keys, each with Enter")
    run.process.communicate("", timeout=PATIENCE_S)
    assert run.process.returncode == 0


@pytest.mark.parametrize("typed", ["l", "l\n", "r", "s"])
def test_the_end_of_stdin_ends_it_at_a_question_too(
    watching: Callable[..., Watching], typed: str
) -> None:
    run = watching("01", "--plain")
    run.type(typed)
    assert run.process.stdin
    run.process.stdin.close()
    assert run.ends() == 0


def test_what_is_to_be_copied_is_not_wrapped(watching: Callable[..., Watching]) -> None:
    run = watching("01", "--plain", COLUMNS="30")
    run.says("\n    curl -i http://127.0.0.1:8000/hello\n")
    run.type("q")
    assert run.ends() == 0


def test_auto_moves_on(workspace: Learn, watching: Callable[..., Watching]) -> None:
    run = watching("--plain", "--auto")
    run.says("Checking 01 Hello ...")
    (workspace.folder / MAIN).write_text(solution())
    run.says("Checking 02 Shelf ...")
    run.type("q")
    assert run.ends() == 0


@pytest.mark.skipif(not sandbox.CAN_FORK, reason="there, no suite stays collected")
def test_suites_of_other_lessons_are_not_kept(
    watching: Callable[..., Watching], tmp_path: Path
) -> None:
    run = watching("01", "--plain")
    run.says("0 of 5 points")
    before = len(pids_of(tmp_path / "temporary"))
    run.type("c")
    run.says("All lessons were checked.")
    run.type("l")
    run.type("")
    run.type("2")
    run.says("0 of 2 points")
    end = time.monotonic() + 10
    while len(pids_of(tmp_path / "temporary")) != before:
        assert time.monotonic() < end, processes_of(tmp_path / "temporary")
        time.sleep(0.05)  # polled: a process that was told to end is not told of
    run.type("q")
    assert run.ends() == 0


def test_ctrl_c_ends_it(watching: Callable[..., Watching]) -> None:
    run = watching("01", "--plain")
    run.says("Checking 01 Hello ...")
    run.process.send_signal(signal.SIGINT)
    assert run.ends() == 130
    assert "Stopped." in run.printed


# -------------------------------------------------------------------- the real screen, for long


def pss(folder: Path) -> float:
    """Memory of all processes whose environment names a folder, each page counted once, in MiB."""
    total = 0
    for pid in pids_of(folder):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue  # it ended meanwhile
        total += int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1])
    return total / 1024


def attempts(learn: Learn) -> int:
    """How many verdicts were remembered; 0 also while there is no file yet, or no table in it."""
    path = learn.folder / ".learn" / "progress.sqlite3"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, timeout=10)) as progress:
        if progress.execute("PRAGMA user_version").fetchone()[0] == 0:
            return 0
        return int(progress.execute("SELECT count(*) FROM attempt").fetchone()[0])


@pytest.mark.proof
def test_memory_at_rest_and_after_500_checks(workspace: Learn, tmp_path: Path) -> None:
    """At most 200 MiB in all processes together, and no growth."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    main = workspace.folder / MAIN
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    run = subprocess.Popen(
        [str(Path(sys.executable).with_name("learn")), "watch", "01"],
        cwd=workspace.folder,
        env=workspace.environment(TMPDIR=str(temporary), TERM="xterm-256color"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    drain = threading.Thread(target=read_to_the_end, args=(ours,))
    drain.start()
    used: list[float] = []
    try:
        for number in range(500):
            text = solution() if number % 2 else main.read_text()
            main.write_text(f"{text}\n# save {number}\n")
            end = time.monotonic() + PATIENCE_S
            while attempts(workspace) <= number:
                assert time.monotonic() < end
                assert run.poll() is None
                time.sleep(0.01)  # polled: the file is all that another process can see
            used.append(pss(temporary))
        os.write(ours, b"q")
        assert run.wait(PATIENCE_S) == 0
    finally:
        run.kill()
        run.wait()
        drain.join()
        os.close(ours)
    early, late = statistics.median(used[50:100]), statistics.median(used[-50:])
    assert max(used[-50:]) < 200, used
    assert late - early < 5, (early, late)
    assert processes_of(temporary) == []


def read_to_the_end(terminal: int) -> None:
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass  # Linux says so when the other side has closed


def test_wrong_usage(learn: Learn, workspace: Learn) -> None:
    ran = workspace("watch", "77")
    assert ran.code == 2
    assert "There is no lesson '77'" in ran.err
    (learn.folder.parent / "elsewhere").mkdir()
    learn.folder = learn.folder.parent / "elsewhere"
    ran = learn("watch")
    assert ran.code == 2
    assert "not in a workspace" in " ".join(ran.err.split())
