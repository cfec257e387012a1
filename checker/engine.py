"""The two processes of a check, started side by side before anything else is done.

The host loads what apps need, the runner loads pytest; both take longer than all that `learn`
itself has to do until they are asked.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Self

from checker import sandbox
from checker.server import Host


class Engine:
    """Serves apps and runs suites for any number of checks.

    A context manager: at its end every process is gone. Safe to use from several threads.
    """

    def __init__(self) -> None:
        """Start both. Raises GradingFault if that can't be done."""
        self._host = Host() if sandbox.CAN_FORK else None
        self._waiting = [start_runner()]

    @property
    def control(self) -> str | None:
        """The host's socket; None where each app is a spawned process."""
        return self._host.control if self._host else None

    def runner(self) -> subprocess.Popen[bytes]:
        """Return a runner that waits for its job; the caller ends it."""
        try:
            return self._waiting.pop()
        except IndexError:
            return start_runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for runner in self._waiting:
            sandbox.end(runner, patience_s=0)
        if self._host:
            self._host.__exit__()


def start_runner() -> subprocess.Popen[bytes]:
    """Start a child that runs one suite (see checker.runner)."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "checker.runner"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
