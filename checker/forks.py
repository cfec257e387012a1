"""A process for each connection to a socket, forked from one that has loaded what all need.

Linux only (see checker.sandbox.CAN_FORK). A forked process lives and dies by its connection:
when the other side closes it, the process and its group are ended; when the process ends, the
other side is told its exit code.
"""

from __future__ import annotations

import gc
import os
import select
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker import sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Launch = Callable[["Request", Sequence[int], Callable[["Request"], int]], "Forked"]

MAX_REQUEST = 64 * 1024
MAX_FDS = 3


@dataclass(frozen=True, slots=True)
class Request:
    """What came with a connection: its first message, and the file descriptors sent along."""

    connection: socket.socket
    data: bytes
    fds: list[int]


@dataclass(frozen=True, slots=True)
class Forked:
    """A process that was started for a request, in a process group of its own."""

    pid: int
    code: Callable[[int], int]
    """Makes an exit code of the status that the process was reaped with."""


@dataclass(frozen=True, slots=True)
class Forks:
    """What to do for each connection to `control`, until `lifeline` is closed."""

    control: socket.socket
    lifeline: int
    """A file descriptor whose other end the parent holds: it is gone when the parent is."""
    prepare: Callable[[Request], None]
    """Called before the fork: what it loads, later processes have too."""
    run: Callable[[Request], int]
    """Called in the forked process; returns its exit code. It never comes back to the loop."""
    farewell: Callable[[int], bytes]
    """Makes of an exit code the last line that the other side reads."""
    launch: Launch
    """Starts the process of a request: `plain`, or one that puts it into a sandbox."""

    def serve(self) -> None:
        """Fork a process for each connection; end all that are left with the lifeline."""
        gc.freeze()  # a collection in a child would otherwise copy the pages of all that is loaded
        poll = select.poll()
        poll.register(self.lifeline, select.POLLRDHUP)
        poll.register(self.control, select.POLLIN)
        children: dict[int, _Child] = {}
        """By the pidfd, and by the connection's file descriptor."""
        while True:
            for fd, _ in poll.poll():
                if fd == self.lifeline:
                    for child in children.values():
                        sandbox.end_group(child.forked.pid)
                    return
                if fd == self.control.fileno():
                    new = self._fork([self.lifeline, self.control.fileno(), *children])
                    if new:
                        children[new.pidfd] = children[new.connection.fileno()] = new
                        poll.register(new.pidfd, select.POLLIN)
                        poll.register(new.connection, select.POLLRDHUP)
                elif fd in children:
                    child = children[fd]
                    for its in (child.pidfd, child.connection.fileno()):
                        poll.unregister(its)
                        del children[its]
                    self._end(child)

    def _fork(self, inherited: list[int]) -> _Child | None:
        connection, _ = self.control.accept()
        data, fds, _, _ = socket.recv_fds(connection, MAX_REQUEST, MAX_FDS)
        if not data:
            connection.close()  # whoever dialled is gone
            return None
        request = Request(connection, data, fds)
        self.prepare(request)
        try:
            forked = self.launch(request, inherited, self.run)
        except OSError:
            connection.close()  # there is no process for it: the other side says so
            return None
        finally:
            for passed_on in fds:
                os.close(passed_on)
        return _Child(forked, os.pidfd_open(forked.pid), connection)

    def _end(self, child: _Child) -> None:
        """The process has ended, or nobody wants it any more: end what is left, and tell."""
        sandbox.end_group(child.forked.pid)
        _, status = os.waitpid(child.forked.pid, 0)
        os.close(child.pidfd)
        try:
            child.connection.send(self.farewell(child.forked.code(status)), socket.MSG_DONTWAIT)
        except OSError:
            pass  # nobody listens any more
        child.connection.close()


@dataclass(frozen=True, slots=True)
class _Child:
    forked: Forked
    pidfd: int
    connection: socket.socket


def plain(request: Request, inherited: Sequence[int], run: Callable[[Request], int]) -> Forked:
    """Fork, without more; the child closes what it has inherited."""
    pid = os.fork()
    if pid == 0:
        code = os.EX_SOFTWARE  # not 1, with which pytest says that a test has failed
        try:
            os.setsid()
            for fd in inherited:
                os.close(fd)
            code = run(request)
        finally:
            os._exit(code)  # never back into the parent's loop
    return Forked(pid, os.waitstatus_to_exitcode)


def no_preparation(request: Request) -> None:
    """Nothing is to be loaded before the fork."""
