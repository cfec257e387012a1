"""The isolation levels as the host carries them out. Each is believed only once it was proven.

`process` forks an app and bounds its resources. `confined` adds Landlock and seccomp. `strict`
makes a sandbox of namespaces for each app, in a host that bubblewrap has put into one already.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from checker import forks, sandbox
from checker.forks import Forked, Request
from checker.isolation import INSIDE, TEMPORARY
from checker.model import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PROOF_BYTES = 1024**2


class Level(Protocol):
    """How an app is started, and bounded before its code runs."""

    @property
    def places(self) -> dict[str, str]:
        """The folders of a start request that are the same in every sandbox, if any are."""

    def launch(
        self, request: Request, inherited: Sequence[int], run: Callable[[Request], int]
    ) -> Forked:
        """Start a process for a request, in which `run` is called."""

    def confine(self, start: dict[str, Any]) -> None:
        """Bound this process, for good. Called before any learner code runs."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process of its own, with limits."""

    @property
    def places(self) -> dict[str, str]:
        """None: each app has a folder of its own."""
        return {}

    def launch(
        self, request: Request, inherited: Sequence[int], run: Callable[[Request], int]
    ) -> Forked:
        """Fork."""
        return forks.plain(request, inherited, run)

    def confine(self, start: dict[str, Any]) -> None:
        """Set the limits."""
        sandbox.confine(Limits(**start["limits"]))


@dataclass(frozen=True, slots=True)
class Confined(Process):
    """Also: only the files it needs, no network, no process beside it."""

    readable: tuple[str, ...] = ()

    def confine(self, start: dict[str, Any]) -> None:
        """Set the limits, and refuse what the app does not need."""
        from checker.isolation import landlock, seccomp

        sandbox.confine(Limits(**start["limits"]))
        temporary = Path(start["folder"]).with_name("tmp")
        temporary.mkdir(exist_ok=True)
        os.environ["TMPDIR"] = str(temporary)
        tempfile.tempdir = None  # what was preloaded may have asked for it already
        writable = [start["folder"], str(temporary), *start.get("shared", []), os.devnull]
        doors = start.get("doors", [])
        ports = tuple(door["port"] for door in doors if "port" in door)
        landlock.restrict(landlock.Grants(self.readable, tuple(writable), ports))
        seccomp.install(seccomp.confined(connect=bool(doors), inet=bool(ports)))


@dataclass(frozen=True, slots=True)
class Strict:
    """Also: namespaces of its own, and a scratch of a bounded size that only it can see."""

    arena: str
    temporary: str

    @property
    def places(self) -> dict[str, str]:
        """Where the copy lies, and where it keeps what it needs only while it runs."""
        return {"folder": INSIDE, "temporary": TEMPORARY}

    def launch(
        self, request: Request, inherited: Sequence[int], run: Callable[[Request], int]
    ) -> Forked:
        """Make a sandbox with a copy of the folder whose descriptor came last."""
        from checker.isolation import namespaces

        start = json.loads(request.data)
        *fds, source = request.fds
        limits = Limits(**start["limits"])
        plan = namespaces.Plan(
            source,
            limits.scratch_bytes,
            limits.scratch_files,
            limits.memory_bytes,
            self.arena,
            next(iter(start.get("shared", [])), None),
            self.temporary,
            tuple(start.get("doors", [])),
        )
        data = json.dumps(start | self.places).encode()
        changed = Request(request.connection, data, fds)
        made = namespaces.start(plan, request.connection, inherited, lambda: run(changed))
        return Forked(made.pid, made.code)

    def confine(self, start: dict[str, Any]) -> None:
        """Set the limits, give up all rights, and refuse what is left to refuse."""
        from checker.isolation import namespaces

        sandbox.confine(Limits(**start["limits"]))
        namespaces.restrict(next(iter(start.get("shared", [])), None))


def settle(settings: dict[str, Any]) -> Level:
    """Bring this host to the level that `settings` name, prove it, and return it.

    Raises OSError, with the reason, if the level can't be had here.
    """
    hidden = settings.get("hidden", [])
    if settings["level"] == "strict":
        from checker.isolation import namespaces

        namespaces.become_host()
        strict = Strict(settings["arena"], settings["temporary"])
        plan = namespaces.Plan(
            None, 1024**2, 100, Limits().memory_bytes, strict.arena, None, strict.temporary
        )
        _prove(lambda run: _in_namespaces(plan, run), strict, INSIDE, hidden, alone=True)
        return strict
    if settings["level"] == "confined":
        confined = Confined(tuple(settings["readable"]))
        with tempfile.TemporaryDirectory(dir=settings["arena"]) as place:
            _prove(_in_a_fork, confined, f"{place}/app", hidden, alone=False)
        return confined
    return Process()


def _in_namespaces(plan: Any, run: Callable[[], int]) -> None:
    from checker.isolation import namespaces

    made = namespaces.start(plan, None, [], run)
    _, status = os.waitpid(made.pid, 0)
    made.code(status)


def _in_a_fork(run: Callable[[], int]) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            run()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def _prove(
    start: Callable[[Callable[[], int]], None],
    level: Level,
    folder: str,
    hidden: list[str],
    *,
    alone: bool,
) -> None:
    """Try in a child what must not be possible; `folder` is where it lies.

    Raises OSError if anything is.
    """
    from dataclasses import asdict

    from checker.isolation import proof

    told_of, told_to = os.pipe()

    def attempt() -> int:
        os.close(told_of)
        try:
            level.confine({"limits": asdict(Limits()), "folder": folder})
            os.write(told_to, json.dumps(proof.possible(hidden, alone=alone)).encode())
        except OSError as error:
            os.write(told_to, json.dumps([f"not be confined ({error})"]).encode())
        return 0

    start(attempt)
    os.close(told_to)
    with os.fdopen(told_of, "rb") as pipe:
        told = pipe.read(PROOF_BYTES)
    found = json.loads(told) if told else ["end before it was tried"]
    if found:
        raise PermissionError(f"a confined process can {', '.join(found)}")
