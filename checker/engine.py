"""The processes of a check, started side by side before anything else is done.

The host loads what apps need, the runners load pytest; both take longer than all that `learn`
itself has to do until they are asked.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from checker import sandbox
from checker.runners import Forked, Runners, Running, Spawned
from checker.server import Host, scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable


class Engine:
    """Serves apps and runs suites.

    A context manager: at its end every process is gone. Safe to use from several threads.
    """

    def __init__(self, start_runners: Callable[[Path], Runners]) -> None:
        """Start everything; `for_one_check` and `for_many` say what. Raises GradingFault."""
        self._stack = ExitStack()
        self._host = self._stack.enter_context(Host()) if sandbox.CAN_FORK else None
        folder = Path(self._stack.enter_context(scratch_folder()))
        self._runners = start_runners(folder)
        self._stack.callback(self._runners.end)

    @classmethod
    def for_one_check(cls) -> Self:
        """Start what grades one submission soonest."""
        return cls(lambda _: Spawned(spare=0))

    @classmethod
    def for_many(cls) -> Self:
        """Start what grades any number of submissions, each in a fraction of the time."""
        return cls(Forked if sandbox.CAN_FORK else lambda _: Spawned(spare=1))

    @property
    def control(self) -> str | None:
        """The host's socket; None where each app is a spawned process."""
        return self._host.control if self._host else None

    def run(self, job: dict[str, Any]) -> Running:
        """Start a run of a suite (see checker.launcher.Job). The caller closes it."""
        return self._runners.run(job)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
