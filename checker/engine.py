"""The processes of a check, started side by side before anything else is done.

The host loads what apps need, the runners load pytest; both take longer than all that `learn`
itself has to do until they are asked.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from checker import sandbox
from checker.hosts import Hosts
from checker.memory import Memory
from checker.runners import Forked, Runners, Running, Spawned
from checker.scratch import Scratch, remove_abandoned

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from checker.isolation.choice import Wanted
    from checker.model import Isolation

SHARDS = min(os.cpu_count() or 1, 4)
"""Runs that share one submission: each has an app of its own, and keeps a processor busy."""


class Engine:
    """Serves apps and runs suites.

    A context manager: at its end every process is gone. Safe to use from several threads.
    """

    def __init__(
        self, start_runners: Callable[[Path], Runners], wanted: Wanted = "auto", shards: int = 1
    ) -> None:
        """Start everything; `for_one_check` and the like say what. Raises GradingFault."""
        self.shards = shards
        """How many runs side by side share the checks of one submission out among them."""
        self.memory = Memory()
        """What its runs have shown; a caller may put an earlier one in its place."""
        self._stack = ExitStack()
        self._hosts = self._stack.enter_context(Hosts(wanted))
        folder = self._stack.enter_context(Scratch())
        self._runners = start_runners(folder)
        self._stack.callback(self._runners.end)
        remove_abandoned()  # while the processes load

    @classmethod
    def for_one_check(cls, isolation: Wanted = "auto") -> Self:
        """Start what grades one submission soonest."""
        if not sandbox.CAN_FORK:
            return cls(lambda _: Spawned(spare=0), isolation)
        return cls(Forked, isolation, SHARDS)

    @classmethod
    def for_watching(cls, isolation: Wanted = "auto") -> Self:
        """Start what grades one submission after the other, each as soon as it can be.

        The suite of the lesson before is let go.
        """
        if not sandbox.CAN_FORK:
            return cls(lambda _: Spawned(spare=1), isolation)
        return cls(partial(Forked, resting=1), isolation, SHARDS)

    @classmethod
    def for_many(cls, isolation: Wanted = "auto") -> Self:
        """Start what grades many submissions side by side, at the least work for each."""
        return cls(Forked if sandbox.CAN_FORK else lambda _: Spawned(spare=1), isolation)

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
