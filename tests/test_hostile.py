"""Hostile submissions over all nine lessons: none gets what it wants, each ends with a verdict.

`tests/hostile/NN-slug.toml` holds them. Each is graded at the levels that are to withstand it;
and each is shown to work where nothing protects, or else its failure would prove nothing.
"""

import contextlib
import json
import os
import pickle
import random
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from checker import facts
from checker.catalog import load_course
from checker.commands.verdict import as_text
from checker.engine import Engine
from checker.grading import Options, Rows, grade
from checker.model import Lesson, Report
from checker.render import as_html, as_json, github, junit
from tests.conftest import ROOT, processes, told, wait_for

pytestmark = pytest.mark.proof
FOLDER = ROOT / "tests" / "hostile"
COURSE = load_course(ROOT)
LESSONS = {lesson.name: lesson for lesson in COURSE.lessons}
PATIENCE_S = 2.0
"""How long an unprotected victim is watched until it is said to hang."""
TOO_MUCH = 20 * 1024**2

RAW_APP = """
import asyncio, os, socket, time

def raw():
{raw}

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({{"type": message["type"] + ".complete"}})
            if message["type"].endswith("shutdown"):
                return
    wire = socket.socket(fileno=os.dup(send.__self__.transport.get_extra_info("socket").fileno()))
    wire.settimeout(20)
    def write():
        try:
            for piece in raw():
                wire.setblocking(True)
                wire.settimeout(20)
                wire.sendall(piece)
        except OSError:
            pass
        wire.close()
    await asyncio.to_thread(write)
    send.__self__.transport.abort()
"""
SAYS = """
import os, socket
for fd in range(3, 64):
    try:
        wire = socket.socket(fileno=os.dup(fd))
        wire.getpeername()
        wire.settimeout(5)
        wire.sendall(({says}).encode() + b"\\n")
    except OSError:
        pass
"""


@dataclass(frozen=True)
class Attack:
    """One hostile submission, as its file describes it."""

    lesson: str
    values: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        defaults = {
            "code": "", "base": "starter", "steps": [], "levels": ["strict", "confined"],
            "raw": "", "says": "", "says_code": "", "after": "", "files": {}, "known": False,
        }  # fmt: skip
        return self.values.get(name, defaults.get(name))

    def main(self) -> str:
        """Return the whole text of the file that is handed in."""
        lesson = LESSONS[self.lesson]
        if self.raw:
            body = "\n".join("    " + line for line in self.raw.strip("\n").splitlines())
            return RAW_APP.format(raw=body)
        base = {"starter": lesson.exercise, "reference": lesson.solution}[self.base]
        text = (base / lesson.entry).read_text(encoding="utf-8") + "\n" + self.code
        if said := self.said():
            text += SAYS.format(says=said) + self.after
        return text

    def said(self) -> str:
        """Return the expression of what is said on the side channel; empty: nothing."""
        return repr(self.says) if self.says else self.says_code


def attacks() -> Iterator[Attack]:
    for path in sorted(FOLDER.glob("*.toml")):
        for values in tomllib.loads(path.read_text(encoding="utf-8"))["attack"]:
            yield Attack(path.stem, values)


ATTACKS = list(attacks())
BY_LEVEL = [
    pytest.param(level, attack, id=f"{level}-{attack.lesson[:2]}-{attack.name}")
    for attack in ATTACKS
    for level in attack.levels
]


def test_there_are_enough_over_all_lessons() -> None:
    assert len(ATTACKS) >= 40
    assert {attack.lesson for attack in ATTACKS} == set(LESSONS)


# ----------------------------------------------------------------------------- what is attacked


class Surroundings:
    """What an attacker may go for, outside of its sandbox: real, so that it could succeed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o777)
        self.secret = folder / "secret"
        self.secret.write_text("precious")
        self.mark = f"mark{secrets.token_hex(6)}"
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._unix = socket.socket(socket.AF_UNIX)
        self._unix.bind(str(folder / "s"))
        self._abstract = socket.socket(socket.AF_UNIX)
        self._abstract.bind("\0" + self.mark)
        for listener in (self._unix, self._abstract):
            listener.listen()
        threading.Thread(target=self._echo, daemon=True).start()
        self.victim = subprocess.Popen(["sleep", "600"], env={"COURSE_SECRET": "precious"})

    def _echo(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                data, sender = self._udp.recvfrom(100)
                self._udp.sendto(data, sender)

    def fill_in(self, text: str, lesson: str, level: str) -> str:
        """Replace the placeholders of an attack."""
        values = {
            "SUITE": LESSONS[lesson].suite, "COURSE": ROOT, "LEVEL": level,
            "REFERENCE": LESSONS[lesson].solution / LESSONS[lesson].entry,
            "OUTSIDE": self.folder, "SECRET_FILE": self.secret, "LINK": self.folder / "link",
            "MARK": self.mark, "PORT": self._tcp.getsockname()[1],
            "UDP": self._udp.getsockname()[1], "SOCKET": self.folder / "s",
            "ABSTRACT": self.mark, "VICTIM": self.victim.pid,
        }  # fmt: skip
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def write(self, attack: Attack, folder: Path, level: str) -> Path:
        """Write the submission into a new folder."""
        lesson = LESSONS[attack.lesson]
        folder.mkdir()
        (folder / lesson.entry).write_text(self.fill_in(attack.main(), attack.lesson, level))
        for name, text in attack.files.items():
            (folder / f"{name}.py").write_text(self.fill_in(text, attack.lesson, level))
        if attack.known:
            shutil.copy(lesson.solution / "main.py", folder / "known.txt")
        return folder

    def unharmed(self) -> bool:
        """Whether nothing outside was read, written or ended that shows it."""
        return (
            self.victim.poll() is None
            and self.secret.read_text() == "precious"
            and {path.name for path in self.folder.iterdir()} <= {"secret", "s"}
        )

    def close(self) -> None:
        """End what is attacked."""
        self.victim.kill()
        self.victim.wait()
        for opened in (self._tcp, self._udp, self._unix, self._abstract):
            opened.close()


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Surroundings]:
    folder = tmp_path / "around"
    folder.mkdir()
    surroundings = Surroundings(folder)
    yield surroundings
    surroundings.close()


@pytest.fixture(scope="module")
def engine_of() -> Iterator[Callable[[str], Engine]]:
    with contextlib.ExitStack() as stack:

        @cache
        def engine(level: Any) -> Engine:
            return stack.enter_context(Engine.for_many(level))

        yield engine


# -------------------------------------------------------------------------- what must not happen


@pytest.mark.parametrize(("level", "attack"), BY_LEVEL)
def test_it_gets_nothing(
    level: str,
    attack: Attack,
    around: Surroundings,
    engine_of: Callable[[str], Engine],
    tmp_path: Path,
) -> None:
    lesson = LESSONS[attack.lesson]
    submission = around.write(attack, tmp_path / "submission", level)
    began = time.monotonic()
    options = Options(steps=tuple(lesson.step(number) for number in attack.steps))
    report = grade(lesson, submission, options, engine_of(level))

    assert time.monotonic() - began < lesson.limits.lesson_s + 10
    assert report.isolation == level
    honest = attack.base == "reference" and not attack.raw
    assert report.status == ("passed" if honest else "failed"), told(report)
    if not honest:
        assert not [result.step.id for result in report.steps if result.status == "passed"]
    if attack.control == "prints":
        assert "TRIED" in report.log, told(report)
    assert "LOOT" not in report.log
    assert "\x1b" not in shown(report)
    assert around.unharmed()
    wait_for(lambda: not processes(around.mark))


def test_two_hundred_in_a_row_two_at_a_time(
    around: Surroundings, engine_of: Callable[[str], Engine], tmp_path: Path
) -> None:
    """Every tenth is hostile, and goes for what the machine has; the others are as they are."""
    rng = random.Random(secrets.randbits(32))
    hostile = [one for one in ATTACKS if one.lesson[:2] in ("01", "03") and "strict" in one.levels]
    work: list[tuple[Lesson, Path, Options, set[str]]] = []
    for number in range(200):
        lesson = rng.choice(COURSE.lessons[:3])
        if number % 10 == 5:
            attack = rng.choice(hostile)
            lesson = LESSONS[attack.lesson]
            folder = around.write(attack, tmp_path / f"hostile-{number}", "strict")
            steps = tuple(lesson.step(step) for step in attack.steps)
            # What it wants is refused; what it was asked for may be there all the same.
            verdicts = {"failed"} if attack.base == "starter" else {"failed", "passed"}
            work.append((lesson, folder, Options(steps=steps), verdicts))
        elif rng.random() < 0.5:
            work.append((lesson, lesson.solution, Options(), {"passed"}))
        else:
            work.append((lesson, lesson.exercise, Options(), {"failed"}))

    engine = engine_of("strict")

    def verdict(one: tuple[Lesson, Path, Options, set[str]]) -> str:
        lesson, folder, options, _ = one
        return grade(lesson, folder, options, engine).status

    with ThreadPoolExecutor(2) as two:
        found = list(two.map(verdict, work))
    assert len(found) == 200
    wrong = [
        f"{folder}: {status}, not {wanted}"
        for (_, folder, _, wanted), status in zip(work, found, strict=True)
        if status not in wanted
    ]
    assert not wrong
    assert around.unharmed()
    wait_for(lambda: not processes(around.mark))


def test_all_of_it_leaves_nothing_and_an_honest_app_its_grade(
    engine_of: Callable[[str], Engine],
) -> None:
    """Runs after all the others, in the same engines."""
    for level in ("strict", "confined"):
        engine = engine_of(level)
        lesson = COURSE.lessons[0]
        assert grade(lesson, lesson.solution, engine=engine).status == "passed"
        host = engine._hosts.proven()
        assert host
        assert list(host.arena.iterdir()) == []
        # bubblewrap twice and the host; no app
        expected, pid = (2 if level == "strict" else 0), host._process.pid
        wait_for(partial(lambda number, of: len(below(of)) == number, expected, pid))


def shown(report: Report) -> str:
    """Everything that a reader of the report may see."""
    texts = [as_text([report]), github.render([report], {report.lesson.number: "main.py"})]
    texts += [render([report]) for render in (as_json.render, junit.render, as_html.render)]
    return "\n".join(texts)


def below(pid: int) -> set[int]:
    """Return all processes that descend from `pid`."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


# ------------------------------------------------------- each works where nothing protects


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.lesson[:2]}-{attack.name}")
def test_it_works_unprotected(attack: Attack, around: Surroundings, tmp_path: Path) -> None:
    folder = around.write(attack, tmp_path / "submission", "none")
    CONTROLS[attack.control](attack, folder, around)


def environment() -> dict[str, str]:
    names = ("BOARD_TOKEN", "SECRET_KEY", "BOOKSHOP_API_KEY", "GREETING", "SECRET")
    return {**os.environ, **dict.fromkeys(names, "x" * 40), "PYTHONDONTWRITEBYTECODE": "1"}


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, env=environment(), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run Python; return its exit code and what was printed, also by what it has left behind."""
    printed = folder.parent / "printed"
    with printed.open("w") as out:
        ran = subprocess.run(
            [sys.executable, *arguments], cwd=folder, env=environment(), timeout=60, check=False,
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    return ran.returncode, printed.read_text(errors="replace")


def imported(attack: Attack, folder: Path) -> str:
    entry = LESSONS[attack.lesson].entry.removesuffix(".py")
    return run(folder, "-c", f"import sys; sys.path.insert(0, ''); import {entry}")[1]


def prints(attack: Attack, folder: Path, around: Surroundings) -> None:
    assert "LOOT" in imported(attack, folder)


def fools_pytest(attack: Attack, folder: Path, around: Surroundings) -> None:
    (folder / "test_naive.py").write_text(
        "from fastapi.testclient import TestClient\nfrom main import app\n\n\n"
        "def test_solved():\n    answer = TestClient(app).get('/solved')\n"
        "    assert answer.status_code == 200\n    assert answer.json() == {'solved': True}\n"
    )
    assert run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider")[0] == 0


def raw_output(attack: Attack, folder: Path, around: Surroundings) -> None:
    assert "\x1b[2J" in imported(attack, folder)


def believed(attack: Attack, folder: Path, around: Surroundings) -> None:
    rows = Rows()
    for line in imported(attack, folder).splitlines():
        if line.startswith("{"):
            rows.take(line.encode())
    assert rows.finished
    assert rows.checks["test_x"][1].status == "passed"


@contextlib.contextmanager
def served(folder: Path) -> Iterator[socket.socket]:
    process = start(folder, str(FOLDER / "unprotected.py"))
    try:
        assert process.stdout
        port = next(int(line.split()[1]) for line in process.stdout if line.startswith("PORT"))
        with socket.create_connection(("127.0.0.1", port), 10) as wire:
            wire.sendall(b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n")
            yield wire
    finally:
        process.kill()
        process.communicate()


def taken(wire: socket.socket, seconds: float = PATIENCE_S, most: int = TOO_MUCH) -> bytes:
    """Read as a client does that trusts: until the end, or so long or so much."""
    data, until = bytearray(), time.monotonic() + seconds
    wire.settimeout(seconds)
    with contextlib.suppress(TimeoutError, ConnectionResetError):
        while time.monotonic() < until and len(data) < most:
            piece = wire.recv(1 << 20)
            if not piece:
                return bytes(data) + b"END"
            data += piece
    return bytes(data)


def never_ends(attack: Attack, folder: Path, around: Surroundings) -> None:
    with served(folder) as wire:
        assert not taken(wire).endswith(b"END")


def too_much(attack: Attack, folder: Path, around: Surroundings) -> None:
    with served(folder) as wire:
        data = taken(wire, 20)
    if b"gzip" in data[:200]:
        import zlib

        data = zlib.decompress(data.partition(b"\r\n\r\n")[2].removesuffix(b"END"), 31)
    assert len(data) >= TOO_MUCH


def too_much_or_refused(attack: Attack, folder: Path, around: Surroundings) -> None:
    """A client without bounds takes all of it; others have a bound and give up."""
    with served(folder) as wire:
        assert len(taken(wire, 20, 4 * 1024**2)) >= 4 * 1024**2


def second_answer(attack: Attack, folder: Path, around: Surroundings) -> None:
    with served(folder) as wire:
        assert taken(wire).count(b"HTTP/1.1") == 2


def garbage(attack: Attack, folder: Path, around: Surroundings) -> None:
    with served(folder) as wire, pytest.raises(UnicodeDecodeError):
        taken(wire).decode()


def deep_json(attack: Attack, folder: Path, around: Surroundings) -> None:
    with served(folder) as wire, pytest.raises(RecursionError):
        json.loads(taken(wire).partition(b"\r\n\r\n")[2].removesuffix(b"END"))


def long_number(attack: Attack, folder: Path, around: Surroundings) -> None:
    with served(folder) as wire, pytest.raises(ValueError, match="integer string conversion"):
        json.loads(taken(wire).partition(b"\r\n\r\n")[2].removesuffix(b"END"))


def large_message(attack: Attack, folder: Path, around: Surroundings) -> None:
    from websockets.sync.client import connect

    process = start(folder, str(FOLDER / "unprotected.py"))
    try:
        assert process.stdout
        port = next(int(line.split()[1]) for line in process.stdout if line.startswith("PORT"))
        with connect(f"ws://127.0.0.1:{port}/ws", max_size=None, proxy=None) as trusting:
            assert len(trusting.recv()) > TOO_MUCH
    finally:
        process.kill()
        process.communicate()


def hangs(attack: Attack, folder: Path, around: Surroundings) -> None:
    name = "hanging" if "hanging" in attack.code else "main"
    (folder / "hanging.py").write_text((folder / "main.py").read_text())
    process = subprocess.Popen(
        [sys.executable, "-c", f"import {name}"], cwd=folder, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(PATIENCE_S)
    process.kill()
    process.wait()


def said_by(attack: Attack, around: Surroundings) -> str:
    text: str = eval(around.fill_in(attack.said(), attack.lesson, "none"))
    return text


def a_fact(attack: Attack, folder: Path, around: Surroundings) -> None:
    assert facts.parse_fact(said_by(attack, around).encode()) is not None


def a_line(attack: Attack, folder: Path, around: Surroundings) -> None:
    for line in said_by(attack, around).splitlines():
        json.loads(line)  # a reader that does not validate takes all of them
        assert facts.parse_fact(line.encode()) is None


def deep_for_json(attack: Attack, folder: Path, around: Surroundings) -> None:
    with pytest.raises(RecursionError):
        json.loads(said_by(attack, around))


def unbounded(attack: Attack, folder: Path, around: Surroundings) -> None:
    assert len(said_by(attack, around)) > TOO_MUCH


def unpickled(attack: Attack, folder: Path, around: Surroundings) -> None:
    pickle.loads(said_by(attack, around).encode())
    assert not around.unharmed()


def a_daemon(attack: Attack, folder: Path, around: Surroundings) -> None:
    imported(attack, folder)
    left = processes(around.mark)
    assert left
    for pid in left:
        os.kill(int(pid), 9)
    wait_for(lambda: not processes(around.mark))


def no_database(attack: Attack, folder: Path, around: Surroundings) -> None:
    imported(attack, folder)
    with contextlib.closing(sqlite3.connect(folder / "x.db")) as victim:
        with pytest.raises(sqlite3.DatabaseError):
            victim.execute("SELECT * FROM sqlite_master").fetchall()


def locked(attack: Attack, folder: Path, around: Surroundings) -> None:
    code = "import sys; sys.path.insert(0, ''); import main; print('LOCKED', flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, env=environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "LOCKED\n"
    with contextlib.closing(sqlite3.connect(folder / "x.db", timeout=0.1)) as victim:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            victim.execute("SELECT * FROM sqlite_master").fetchall()
    process.kill()
    process.communicate()


def fools_the_trial(attack: Attack, folder: Path, around: Surroundings) -> None:
    text = (LESSONS[attack.lesson].solution / "main.py").read_text()
    (folder / "main.py").write_text(text)
    assert naive_trial(folder) == 0
    (folder / "main.py").write_text(text + "\nBUG = True\n")
    assert naive_trial(folder) == 1


def naive_trial(folder: Path) -> int:
    return run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider")[0]


def exit_code(attack: Attack, folder: Path, around: Surroundings) -> None:
    shutil.copy(LESSONS[attack.lesson].solution / "main.py", folder)
    wanted = 0 if attack.name == "always zero" else 1
    if "kill" in attack.code:
        (folder / "test_main.py").write_text("import os\nos._exit(1)\n")  # not on this machine
    assert naive_trial(folder) == wanted


def counts(attack: Attack, folder: Path, around: Surroundings) -> None:
    shutil.copy(LESSONS[attack.lesson].solution / "main.py", folder)
    assert [naive_trial(folder), naive_trial(folder)] == [0, 1]
    for place in ("/tmp", "/var/tmp", "/dev/shm"):
        for path in Path(place).glob(f"{around.mark}*"):
            path.unlink()


def names(attack: Attack, folder: Path, around: Surroundings) -> None:
    shutil.copy(LESSONS[attack.lesson].solution / "main.py", folder)
    told_by_name = shutil.copytree(folder, folder.parent / "bug-welcome")
    assert [naive_trial(folder), naive_trial(told_by_name)][1] == 1


CONTROLS: dict[str, Callable[[Attack, Path, Surroundings], None]] = {
    "prints": prints, "fools pytest": fools_pytest, "raw": raw_output, "believed": believed,
    "never ends": never_ends, "too much": too_much, "too much or refused": too_much_or_refused,
    "second answer": second_answer, "garbage": garbage, "deep JSON": deep_json,
    "long number": long_number, "large for a client": large_message, "hangs": hangs,
    "a fact": a_fact, "a line": a_line, "deep for json": deep_for_json, "unbounded": unbounded,
    "pickle": unpickled, "a daemon": a_daemon, "no database": no_database, "locked": locked,
    "fools the trial": fools_the_trial, "exit code": exit_code, "counts": counts, "names": names,
}  # fmt: skip
