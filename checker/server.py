"""Start, restart and stop an app in its own process; collect its log and its facts."""

from __future__ import annotations

import itertools
import json
import os
import re
import select
import socket
import threading
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any, Literal, Self

from checker import handover, sandbox, trouble
from checker.errors import GradingFault
from checker.isolation.choice import host_settings
from checker.quota import Quota
from checker.scratch import Scratch
from checker.tail import Tail

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from checker.doors import Carrier, Door
    from checker.facts import Fact
    from checker.model import Isolation, Limits, Raised, Trouble

Purpose = Literal["grade", "look"]
"""What an app is served for: to be graded, or to be looked at by people."""
MAX_EXCEPTIONS = 200
PROOF_S = 20.0
"""How long a host may take until it has proven its isolation level: only on a stuck machine."""
MAX_ANSWER = 64 * 1024
SETTLE_S = 2.0
"""How long an app may take to tell its counts, or that it ended: only waited for on trouble."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an app listens: a unix socket, or a port of the loopback interface."""

    path: str | None = None
    port: int | None = None

    def connect(self, timeout_s: float) -> socket.socket:
        """Return a connected socket. Raises OSError."""
        if self.path is not None:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(timeout_s)
            connection.connect(self.path)
            return connection
        return socket.create_connection(("127.0.0.1", self.port or 0), timeout_s)


def listen(path: Path) -> tuple[socket.socket, Address]:
    """Return a listening socket: at `path`, or on loopback TCP where that can't be.

    Raises GradingFault if neither can be had.
    """
    reasons = []
    if hasattr(socket, "AF_UNIX"):
        try:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(path))
            listener.listen(128)
        except OSError as error:
            listener.close()
            reasons.append(f"no socket at {path}: {error}")
        else:
            return listener, Address(path=str(path))
    try:
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    except OSError as error:
        reasons.append(f"no loopback port: {error}")
        raise GradingFault(
            f"The app can't be served: {'; '.join(reasons)}.",
            "Set TMPDIR to a short path that you can write to, and check again.",
        ) from None
    return listener, Address(port=listener.getsockname()[1])


class Host:
    """A process that preloads what apps need; each app is forked from it (see checker.host).

    A context manager: at its end the host and every app are gone.
    """

    def __init__(self, level: Isolation, hidden: Sequence[Path] = ()) -> None:
        """Start it. `hidden` is what apps must not see, where the level can keep them from it.

        Raises GradingFault if there is no place for its socket, or nothing to confine it with.
        """
        self.level = level
        self._scratch = Scratch()
        folder = self._scratch.path
        self.control = str(folder / "control")
        self.arena = folder / "arena"
        """The only folder that the host and its apps may write, and we too."""
        self.arena.mkdir()
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(self.control)
            listener.listen(16)
        except OSError as error:
            listener.close()
            raise GradingFault(
                f"No socket can be made at {self.control}: {error}.",
                "Set TMPDIR to a short path that you can write to, and check again.",
            ) from None
        settings, wrapper = host_settings(level, self.arena, [folder / "control", *hidden])
        with listener:
            fd = listener.fileno()
            self._process = sandbox.start_python(
                "checker.host",
                ["fork", str(fd), json.dumps(settings)],
                str(folder),
                inherited=[fd],
                wrapper=wrapper,
            )

    def problem(self) -> str:
        """Wait until the host has proven its level; return why it can't, or an empty text."""
        assert self._process.stdout and self._process.stderr  # they are pipes  # noqa: PT018
        ready, _, _ = select.select([self._process.stdout], [], [], PROOF_S)
        line = self._process.stdout.readline(MAX_ANSWER) if ready else b""
        if line:
            return str(json.loads(line).get("problem", ""))
        if not ready:
            return f"it did not start within {PROOF_S:g} seconds"
        return self._process.stderr.read(2000).decode(errors="replace").strip() or "it ended"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        sandbox.end(self._process)
        self._scratch.close()


class Served:
    """One run of a submission: the process it is served by, and what is known of it."""

    def __init__(
        self,
        source: Path,
        scratch: Path,
        *,
        control: str | None,
        environment: Mapping[str, str],
        isolation: Isolation = "process",
        observe: Sequence[str] = (),
        preload: Sequence[str] = (),
        shared: Sequence[str] = (),
        doors: Sequence[Door] = (),
        limits: Limits,
        purpose: Purpose = "grade",
    ) -> None:
        """Start serving a copy of the folder `source`; returns before it is ready.

        `control` is the socket of a Host; None spawns a process of its own. `shared` are folders
        outside of its own that the app may write, `doors` what it reaches outside. An app that is
        served for people to look at has docs pages that work without a network.
        """
        self.limits = limits
        self.environment = dict(environment)
        self.address: Address | None = None
        self.trouble: Trouble | None = None
        self.ended: int | None = None
        self.exceptions: list[Raised] = []
        self._observed: dict[int, dict[str, int]] = {}
        self._questions = itertools.count(1)
        self._news = threading.Condition()
        self._started = self._deaf = False
        self._fault: GradingFault | None = None
        self._connection: socket.socket | None = None
        self._doors = list(doors)
        self._carriers: list[Carrier] = []
        self._folder = handover.folder(isolation, source, scratch / "app")
        start = {
            "folder": self._folder.path,
            "shared": list(shared),
            "doors": [door.inside.as_door() for door in doors],
            "environment": self._folder.environment() | self.environment,
            "observe": list(observe),
            "preload": list(preload),
            "limits": asdict(limits),
            "purpose": purpose,
        }
        line = json.dumps(start).encode() + b"\n"
        if control is None:
            self._spawn(line)
        else:
            self._fork(line, control, scratch)
        on_disk = [*shared] if isolation == "strict" else [str(scratch), *shared]
        self._quota = Quota(on_disk, limits, self._end_for_its_files) if on_disk else None

    def _fork(self, start: bytes, control: str, scratch: Path) -> None:
        listener, self.address = listen(scratch / "socket")
        read_end, write_end = os.pipe()
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(control)
            socket.send_fds(
                connection, [start], [listener.fileno(), write_end, *self._folder.sent_along()]
            )
        except OSError as error:
            os.close(read_end)
            connection.close()
            raise GradingFault(
                f"The process that serves apps does not answer: {error}.",
                "Check again; if it stays so, run `learn doctor`.",
            ) from None
        finally:
            listener.close()
            os.close(write_end)
        self._requests: IO[bytes] = connection.makefile("wb")
        self._process: subprocess.Popen[bytes] | None = None
        self._release: Callable[[], None] = lambda: _hang_up(connection)
        self._connection = connection
        self._listen_to(connection.makefile("rb"), os.fdopen(read_end, "rb", buffering=0))

    def _spawn(self, start: bytes) -> None:
        process = sandbox.start_python("checker.host", ["once"], self._folder.path)
        assert process.stdin and process.stdout and process.stderr  # they are pipes  # noqa: PT018
        self._process = process
        self._requests = process.stdin
        self._requests.write(start)
        self._requests.flush()
        self._release = self._end_spawned
        self._listen_to(process.stdout, process.stderr)

    def _end_spawned(self) -> None:
        with self._news:
            if self._process is not None and not self._deaf:
                sandbox.end_group(self._process.pid)

    def _listen_to(self, told: IO[bytes], log: IO[bytes]) -> None:
        self._log = Tail(log, self.limits.log_bytes)
        self._reader = threading.Thread(target=self._read_facts, args=(told,), daemon=True)
        self._reader.start()

    def wait_started(self) -> Trouble | None:
        """Wait until the app accepts requests; return why it never will, or None.

        Raises GradingFault if there is no sandbox for it.
        """
        with self._news:
            known = self._news.wait_for(
                lambda: self._started or self.trouble or self._deaf, self.limits.start_s
            )
            if self._fault:
                raise self._fault
            if self._started and not self.trouble:
                return None
            if self.trouble is None:
                if known and self.ended is not None:
                    self.trouble = trouble.ended_early(self.ended)
                else:
                    self.trouble = trouble.too_slow_to_start(self.limits)
            return self.trouble

    @property
    def log(self) -> str:
        """The end of what the app has printed, without the paths of this machine."""
        return self.log_since(0)

    @property
    def log_length(self) -> int:
        """How many bytes the app has printed up to now."""
        return self._log.total

    def log_since(self, length: int) -> str:
        """Return what the app has printed after its first `length` bytes."""
        text = self._log.text(length).replace(f"{self._folder.path}{os.sep}", "")
        return re.sub(r"/[^\s\"']*/site-packages/", "", text)

    def open(self, name: str, flags: int) -> int:
        """Return a descriptor of a file that the app keeps in its folder. Raises OSError.

        The file is the learner's: it may be of any kind, and of any size.
        """
        return self._folder.open(name, flags)

    def observe(self) -> dict[str, int]:
        """Ask the app's process for its counts (see checker.host.observers).

        What it has raised up to now is in `exceptions` afterwards. Empty if it doesn't answer.
        """
        number = next(self._questions)
        if not self._ask({"observe": number}):
            return {}
        with self._news:
            self._news.wait_for(lambda: number in self._observed or self._deaf, SETTLE_S)
            return self._observed.pop(number, {})

    @property
    def last_counts(self) -> dict[str, int]:
        """The counts when the app had shut down, after `stop`; empty if it never did."""
        return self._observed.get(0, {})

    def wait_ended(self, timeout_s: float = SETTLE_S) -> int | None:
        """Wait until the process has ended; return its exit code, or None if it runs on."""
        with self._news:
            self._news.wait_for(lambda: self._deaf, timeout_s)
            return self.ended

    def stop(self) -> int | None:
        """Shut the app down as a server does, lifespan and all; return its exit code."""
        self._ask({"stop": True})
        return self.wait_ended(self.limits.start_s)

    def end(self) -> None:
        """End the process at once, and everything in its group."""
        self._release()
        self._reader.join(SETTLE_S)
        self._log.wait(SETTLE_S)
        if self._quota:
            self._quota.close()
        self._folder.close()
        for carrier in self._carriers:
            carrier.close()
        try:
            self._requests.close()
        except OSError:
            pass  # it still held a request for a process that is gone

    def _end_for_its_files(self) -> None:
        with self._news:
            self.trouble = self.trouble or trouble.too_many_files(self.limits)
            self._news.notify_all()
        self._release()

    def _ask(self, request: dict[str, Any]) -> bool:
        try:
            self._requests.write(json.dumps(request).encode() + b"\n")
            self._requests.flush()
        except (OSError, ValueError):
            return False
        return True

    def _read_facts(self, told: IO[bytes]) -> None:
        from checker import facts  # pydantic loads while the app does

        try:
            if self._connection is not None:
                self._open_doors(self._folder.receive(self._connection))
            while line := told.readline(facts.MAX_LINE):
                fact = facts.parse_fact(line)
                if fact is not None:
                    with self._news:
                        self._take(fact)
                        self._news.notify_all()
        except GradingFault as fault:
            self._fault = fault
        except OSError:
            pass  # reset by a dying process
        with self._news:
            if self._process is not None:
                sandbox.end_group(self._process.pid)  # it tells no more: all of it goes
                self.ended = self._process.wait()
            self._deaf = True
            self._news.notify_all()
        told.close()

    def _open_doors(self, listeners: list[int]) -> None:
        if listeners:
            from checker.doors import Carrier  # few lessons need it

            for fd, door in zip(listeners, self._doors, strict=True):
                self._carriers.append(Carrier(socket.socket(fileno=fd), door.outside))

    def _take(self, fact: Fact) -> None:
        from checker import facts  # loaded by the reader before

        match fact:
            case facts.Started(port=port):
                self.address = self.address or Address(port=port)
                self._started = True
            case facts.TroubleFact():
                self.trouble = self.trouble or trouble.explain(fact)
            case facts.RaisedFact():
                if len(self.exceptions) < MAX_EXCEPTIONS:
                    self.exceptions.append(trouble.raised(fact))
            case facts.Observed(number=number, values=values):
                self._observed[number] = values
            case facts.Ended(code=code):
                self.ended = code
                self._deaf = True


class NotServed(Served):
    """Stands for the app of a lesson whose learner writes none: there is no process."""

    def __init__(self) -> None:
        self.address = self.trouble = self.ended = None
        self.exceptions = []

    @property
    def log_length(self) -> int:
        """Nothing was printed."""
        return 0

    def log_since(self, length: int) -> str:  # noqa: ARG002 (there is nothing to cut)
        """Nothing was printed."""
        return ""

    def wait_started(self) -> Trouble | None:
        """Nothing keeps the suite from being run."""
        return None

    def observe(self) -> dict[str, int]:
        """There is nothing to count."""
        return {}


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other side was faster
    connection.close()
