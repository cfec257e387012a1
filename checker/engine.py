"""The processes of a check, started side by side before anything else is done.

The host loads what apps need, the runners load pytest; both take longer than all that `learn`
itself has to do until they are asked.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from checker import sandbox
from checker.hosts import Hosts
from checker.runners import Forked, Runners, Running, Spawned
from checker.scratch import Scratch, remove_abandoned

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from checker.isolation.choice import Wanted
    from checker.model import Isolation


class Engine:
    """Serves apps and runs suites.

    A context manager: at its end every process is gone. Safe to use from several threads.
    """

    def __init__(self, start_runners: Callable[[Path], Runners], wanted: Wanted = "auto") -> None:
        """Start everything; `for_one_check` and `for_many` say what. Raises GradingFault."""
        self.found_by: dict[str, dict[str, str]] = {}
        """By lesson and bug: the learner's test that found it last. The next run begins there."""
        self._stack = ExitStack()
        self._hosts = self._stack.enter_context(Hosts(wanted))
        folder = self._stack.enter_context(Scratch())
        self._runners = start_runners(folder)
        self._stack.callback(self._runners.end)
        remove_abandoned()  # while the processes load

    @classmethod
    def for_one_check(cls, isolation: Wanted = "auto") -> Self:
        """Start what grades one submission soonest."""
        return cls(lambda _: Spawned(spare=0), isolation)

    @classmethod
    def for_many(cls, isolation: Wanted = "auto") -> Self:
        """Start what grades any number of submissions, each in a fraction of the time."""
        return cls(Forked if sandbox.CAN_FORK else lambda _: Spawned(spare=1), isolation)

    @classmethod
    def for_watching(cls) -> Self:
        """Start what grades one lesson at a time, and keeps no memory for those of before."""
        forked = partial(Forked, resting=1)
        return cls(forked if sandbox.CAN_FORK else lambda _: Spawned(spare=1))

    @property
    def control(self) -> str | None:
        """The host's socket; None where each app is a spawned process.

        This and `isolation` wait until a level is proven, and raise GradingFault if the one that
        was asked for can't be had.
        """
        host = self._hosts.proven()
        return host.control if host else None

    @property
    def isolation(self) -> Isolation:
        """How strongly apps are confined."""
        host = self._hosts.proven()
        return host.level if host else "process"

    def shared(self, scratch: Path) -> Path:
        """Return the folder in which apps and we can share files: a run's scratch, or another."""
        host = self._hosts.proven()
        return host.arena if host and host.level == "strict" else scratch

    def run(self, job: dict[str, Any]) -> Running:
        """Start a run of a suite (see checker.launcher.Job). The caller closes it."""
        return self._runners.run(job)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
