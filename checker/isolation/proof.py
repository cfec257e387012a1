"""Tries what a confined process must not be able to do, and reports what it could do.

A level is believed only after this was run in it. Versions of kernels and programs say too little.
"""

from __future__ import annotations

import os
import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from checker.isolation import linux

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SOMEWHERE_ELSE = ("192.0.2.1", 9)
"""An address reserved for documentation: a datagram socket is only given it, nothing is sent."""
PTRACE_ATTACH = 16


def possible(hidden: Iterable[str], *, alone: bool) -> list[str]:
    """Return what could be done though it must not be possible; empty: the sandbox holds.

    `hidden` are files and folders that exist outside. `alone` expects a mount and a PID namespace
    of its own: that they can't even be found by name, and that no other process is in sight.
    """
    attempts: dict[str, Callable[[], object]] = {
        "change a file of the system": partial(_write, "/usr/.learn-probe"),
        "trace other processes": partial(
            linux.syscall, linux.SYSCALLS["ptrace"], PTRACE_ATTACH, os.getppid(), 0, 0
        ),
        "make a namespace": partial(linux.unshare, linux.CLONE_NEWUSER),
        "outlive its parent": partial(linux.prctl, linux.PR_SET_PDEATHSIG, 0),
        "reach the network": _reach_network,
    }
    for path in hidden:
        attempts[f"read {path}"] = partial(_read, path)
        if alone:
            attempts[f"find {path}"] = partial(os.lstat, path)
    if alone:
        attempts["mount"] = partial(linux.mount, "none", "/tmp", "tmpfs")  # noqa: S108
        attempts["see other processes"] = _see_others
    else:
        attempts["send signals to other processes"] = partial(os.kill, os.getppid(), 0)
        attempts["start a process"] = _start
    found = [what for what, attempt in attempts.items() if _works(attempt)]
    if linux.prctl(linux.PR_GET_NO_NEW_PRIVS) != 1:
        found.append("gain privileges")
    return found


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _read(path: str) -> None:
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))


def _write(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    Path(path).unlink()


def _reach_network() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anyone:
        anyone.connect(SOMEWHERE_ELSE)


def _see_others() -> None:
    seen = {name for name in os.listdir("/proc") if name.isdecimal()}  # noqa: PTH208
    if seen <= {"1", str(os.getpid())}:
        raise ProcessLookupError


def _start() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
