"""Processes that run hidden suites, for one check or for many (see checker.runner)."""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from checker import sandbox
from checker.errors import GradingFault
from checker.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

COMPLAINT_BYTES = 8 * 1024
COMPLAINT_S = 2.0


class Running(Protocol):
    """One run of a suite."""

    @property
    def rows(self) -> Iterable[bytes]:
        """What it tells, line by line, until its process has ended."""

    def stop(self) -> None:
        """End it at once; from any thread."""

    def close(self) -> str:
        """End it, if it has not ended, and return the end of what it printed by mistake."""


class Runners(Protocol):
    """Where runs come from. Safe to use from several threads."""

    def run(self, job: dict[str, Any]) -> Running:
        """Start a run. Raises GradingFault if there is no process for it."""

    def end(self) -> None:
        """End every process that waits."""


class Spawned:
    """A process for each run, started before it is needed: `spare` are always waiting."""

    def __init__(self, spare: int) -> None:
        self._spare = spare
        self._waiting = [_spawn()]
        self._lock = threading.Lock()

    def run(self, job: dict[str, Any]) -> Running:
        """Start a run in a process that waits."""
        with self._lock:
            process = self._waiting.pop() if self._waiting else _spawn()
            while len(self._waiting) < self._spare:
                self._waiting.append(_spawn())
        return _SpawnedRun(process, job)

    def end(self) -> None:
        """End every process that waits."""
        for process in self._waiting:
            sandbox.end(process, patience_s=0)


class _SpawnedRun:
    def __init__(self, process: subprocess.Popen[bytes], job: dict[str, Any]) -> None:
        assert process.stdin and process.stdout and process.stderr  # they are pipes  # noqa: PT018
        self._process = process
        own = os.fdopen(os.dup(process.stderr.fileno()), "rb", buffering=0)  # read after the end
        self._complaints = Tail(own, COMPLAINT_BYTES)
        self.rows = process.stdout
        try:
            process.stdin.write(_line(job))
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it died at once, and has said why
        self._reaping = threading.Lock()
        self._reaped = False

    def stop(self) -> None:
        with self._reaping:
            if not self._reaped:
                sandbox.end_group(self._process.pid)

    def close(self) -> str:
        with self._reaping:
            sandbox.end(self._process)
            self._reaped = True
        self._complaints.wait(COMPLAINT_S)
        return self._complaints.text()


@dataclass
class _Suite:
    """A collected suite: what holds its process, the socket that takes jobs, runs going on."""

    asked: socket.socket
    path: str
    runs: int = 0


class Forked:
    """One process that has loaded pytest; each suite is collected once, each run is a fork."""

    def __init__(self, folder: Path, resting: int = 100) -> None:
        """Start it; its sockets are made in `folder`. Raises GradingFault if they can't be.

        `resting` suites, those used last, stay collected while nothing of them runs; each takes
        some 30 MiB.
        """
        self._folder = folder
        self._resting = resting
        self._suites: dict[tuple[str, int], _Suite] = {}
        """The one used last stands last."""
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        control = str(folder / "suites")
        with _listen(control) as listener:
            fd = listener.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "checker.runner", "fork", str(fd)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[fd],
                start_new_session=True,
            )
        self._control = control

    def run(self, job: dict[str, Any]) -> Running:
        """Start a run of a suite that is collected already, or will be."""
        suite = self._take(job["suite"])
        release = partial(self._release, suite)
        try:
            return _ForkedRun(suite.path, job, release)
        except GradingFault:
            release()
            raise

    def _take(self, suite: str) -> _Suite:
        """Return a suite, collected as it is now; it stays until it is released."""
        key = (suite, os.stat(suite).st_mtime_ns)  # noqa: PTH116
        with self._lock:
            taken = self._suites.pop(key, None) or self._collect(suite)
            self._suites[key] = taken
            taken.runs += 1
            return taken

    def _collect(self, suite: str) -> _Suite:
        path = str(self._folder / f"suite-{next(self._numbers)}")
        with _listen(path) as listener:
            return _Suite(_dial(self._control, {"suite": suite}, [listener.fileno()]), path)

    def _release(self, suite: _Suite) -> None:
        """A run of a suite is over: of the suites that rest now, end those used longest ago."""
        with self._lock:
            suite.runs -= 1
            resting = [key for key, one in self._suites.items() if one.runs == 0]
            for key in resting[: -self._resting]:
                self._suites.pop(key).asked.close()

    def end(self) -> None:
        """End it, with every suite."""
        for suite in self._suites.values():
            suite.asked.close()
        sandbox.end(self._process)


class _ForkedRun:
    def __init__(self, jobs: str, job: dict[str, Any], release: Callable[[], None]) -> None:
        self._release = release
        read_end, write_end = os.pipe()
        self._complaints = Tail(os.fdopen(read_end, "rb", buffering=0), COMPLAINT_BYTES)
        try:
            self._connection = _dial(jobs, job, [write_end])
        finally:
            os.close(write_end)
        self.rows = self._connection.makefile("rb")

    def stop(self) -> None:
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended already

    def close(self) -> str:
        self.stop()
        self.rows.close()
        self._connection.close()
        self._release()
        self._complaints.wait(COMPLAINT_S)
        return self._complaints.text()


def _spawn() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "checker.runner", "once"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _listen(path: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(path)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise GradingFault(
            f"No socket can be made at {path}: {error}.",
            "Set TMPDIR to a short path that you can write to, and check again.",
        ) from None
    return listener


def _dial(path: str, message: dict[str, Any], fds: list[int]) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path)
        socket.send_fds(connection, [_line(message)], fds)
    except OSError as error:
        connection.close()
        raise GradingFault(
            f"The process that runs the suites does not answer: {error}.",
            "Check again; if it stays so, run `learn doctor`.",
        ) from None
    return connection


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values).encode() + b"\n"
