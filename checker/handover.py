"""How a submission gets to the process that runs it, and how the files that it writes are read.

Where there is only one view of the file system, it is copied, and read by its path. A sandbox of
its own gets a descriptor of the folder, copies it to where only it can write, and hands out a
descriptor of that copy, before learner code runs.
"""

from __future__ import annotations

import os
import shutil
import socket
from typing import TYPE_CHECKING, Protocol

from checker import sandbox
from checker.errors import GradingFault
from checker.isolation import INSIDE, MADE

if TYPE_CHECKING:
    from pathlib import Path

    from checker.model import Isolation

MAX_MESSAGE = 1024
MAX_FDS = 4
TIMEOUT_S = 20.0


class Folder(Protocol):
    """The app's own folder."""

    @property
    def path(self) -> str:
        """Where the app finds itself."""

    def environment(self) -> dict[str, str]:
        """The variables that an app needs there, beside the ones that it is given."""

    def sent_along(self) -> list[int]:
        """Descriptors that go with the start request."""

    def receive(self, connection: socket.socket) -> list[int]:
        """Wait until the sandbox is made; return the descriptors of its doors' listeners.

        Raises GradingFault if it can't be made.
        """

    def open(self, name: str, flags: int) -> int:
        """Return a descriptor of a file of the app's. Raises OSError."""

    def close(self) -> None:
        """Let go of it."""


def folder(isolation: Isolation, source: Path, target: Path) -> Folder:
    """Hand `source` over: as a copy in the new folder `target`, or into a sandbox."""
    return Sandboxed(source) if isolation == "strict" else Copied(source, target)


class Copied:
    """A copy that both sides see."""

    def __init__(self, source: Path, target: Path) -> None:
        shutil.copytree(source, target)
        self._target = target

    @property
    def path(self) -> str:
        """Where the copy lies."""
        return str(self._target)

    def environment(self) -> dict[str, str]:
        """What any process needs here."""
        return sandbox.clean_environment()

    def sent_along(self) -> list[int]:
        """Nothing: the path says it."""
        return []

    def receive(self, connection: socket.socket) -> list[int]:  # noqa: ARG002 (there is nothing)
        """There is nothing to wait for."""
        return []

    def open(self, name: str, flags: int) -> int:
        """Open a file in the copy."""
        return os.open(self._target / name, flags)

    def close(self) -> None:
        """The copy goes with the scratch that it lies in."""


class Sandboxed:
    """A folder in a sandbox, which is reached only by a descriptor."""

    path = INSIDE

    def __init__(self, source: Path) -> None:
        self._source = os.open(source, os.O_RDONLY | os.O_DIRECTORY)
        self._inside = -1

    def environment(self) -> dict[str, str]:
        """What any process needs; our own temporary folder does not exist there."""
        return sandbox.clean_environment(temporary=False)

    def sent_along(self) -> list[int]:
        """The folder to copy."""
        return [self._source]

    def receive(self, connection: socket.socket) -> list[int]:
        """Take the descriptors that come with the first byte."""
        try:
            message, fds, _, _ = socket.recv_fds(connection, 1, MAX_FDS)
            said = b"" if message == MADE else connection.recv(MAX_MESSAGE)
        except OSError as error:
            message, fds, said = b"", [], str(error).encode()
        if message != MADE or not fds:
            raise GradingFault(
                f"No sandbox can be made for the app: {said.decode(errors='replace').strip()}.",
                "Check again; if it stays so, grade with `--isolation process` where you trust "
                "the code.",
            )
        self._inside, *doors = fds
        return doors

    def open(self, name: str, flags: int) -> int:
        """Open a file in the sandbox."""
        return os.open(name, flags, dir_fd=self._inside)

    def close(self) -> None:
        """Close both descriptors."""
        for fd in (self._source, self._inside):
            if fd >= 0:
                os.close(fd)
        self._source = self._inside = -1
