"""The one way out of a sandbox: a socket inside whose connections we carry to a database.

A sandbox has no network, and sees no socket of ours. Where a lesson needs a server, the sandbox
listens in its place, and hands the listening socket to us before learner code runs.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

AT_ONCE = 100
"""Connections that an app may hold; PostgreSQL takes 200 from all."""
CHUNK = 64 * 1024
CONNECT_S = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where something listens: at a path, or on a port of a host."""

    path: str | None = None
    host: str = "127.0.0.1"
    port: int = 0

    def as_door(self) -> dict[str, Any]:
        """Return it as a start request names it."""
        return {"path": self.path} if self.path is not None else {"port": self.port}

    def connect(self) -> socket.socket:
        """Return a connection to it. Raises OSError."""
        if self.path is None:
            connection = socket.create_connection((self.host, self.port), CONNECT_S)
            connection.settimeout(None)
            return connection
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.path)
        return connection


@dataclass(frozen=True, slots=True)
class Door:
    """Where the app finds a server, and where that server really is."""

    inside: Place
    outside: Place

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Door:
        """Make it of what a job says in JSON."""
        return cls(Place(**values["inside"]), Place(**values["outside"]))


class Carrier:
    """Carries what comes through a door, both ways, in threads, until the door is closed."""

    def __init__(self, listener: socket.socket, outside: Place) -> None:
        self._listener = listener
        self._outside = outside
        self._free = threading.Semaphore(AT_ONCE)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections; those that are open end with the app."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # or else `accept` would wait on
        self._listener.close()

    def _accept(self) -> None:
        while True:
            self._free.acquire()
            try:
                inside, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._carry, args=(inside,), daemon=True).start()

    def _carry(self, inside: socket.socket) -> None:
        try:
            with inside, self._outside.connect() as outside:
                back = threading.Thread(target=_pump, args=(outside, inside), daemon=True)
                back.start()
                _pump(inside, outside)
                back.join()
        except OSError:
            pass  # no server there: the app finds its connection closed
        finally:
            self._free.release()


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Carry bytes one way until their end, and pass the end on."""
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    for end, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with suppress(OSError):
            end.shutdown(how)
