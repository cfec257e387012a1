"""System calls that Python has no function for. Linux only; nothing here decides anything."""

from __future__ import annotations

import ctypes
import os
import platform
from typing import Any

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_MOVE = 4096, 8192
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP = 1, 4, 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS = 38, 39
CAPABILITY_VERSION_3 = 0x20080522

MACHINE = platform.machine()
SYSCALLS = {
    "x86_64": {"capset": 126, "ptrace": 101},
    "aarch64": {"capset": 91, "ptrace": 117},
}.get(MACHINE, {})
"""Numbers of the calls that are made by number, and that machines differ in."""

_libc = ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: Any) -> int:
    """Make a system call by its number. Raises OSError."""
    result: int = _libc.syscall(ctypes.c_long(number), *map(_argument, arguments))
    return _checked(result, f"system call {number}")


def prctl(option: int, *arguments: Any) -> int:
    """Change something about this process. Raises OSError."""
    padded = [*arguments, 0, 0, 0, 0][:4]
    result: int = _libc.prctl(option, *map(_argument, padded))
    return _checked(result, f"prctl {option}")


def unshare(flags: int) -> None:
    """Leave the namespaces that `flags` name, for new ones. Raises OSError."""
    _checked(_libc.unshare(flags), "unshare")


def mount(
    source: str | None, target: str, kind: str | None, flags: int = 0, data: str | None = None
) -> None:
    """Mount something. Raises OSError."""
    encoded = [None if text is None else text.encode() for text in (source, target, kind, data)]
    result = _libc.mount(*encoded[:3], ctypes.c_ulong(flags), encoded[3])
    _checked(result, f"mount {target}")


def unmount(target: str) -> None:
    """Unmount what was mounted at `target`. Raises OSError."""
    _checked(_libc.umount2(target.encode(), 0), f"unmount {target}")


def drop_capabilities() -> None:
    """Give up every capability, for good (with PR_SET_NO_NEW_PRIVS). Raises OSError."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    syscall(SYSCALLS["capset"], header, nothing)


def _argument(value: Any) -> Any:
    return ctypes.c_ulong(value) if isinstance(value, int) else value


def _checked(result: int, what: str) -> int:
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result
