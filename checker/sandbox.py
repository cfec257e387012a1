"""Confine a process, and say how strongly it was done. All platform differences live here.

Linux was tried. macOS and Windows were written for from their documentation and not tried:
there, apps are spawned instead of forked, and Windows has no resource limits.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.model import Limits

CAN_FORK = sys.platform == "linux" and hasattr(os, "pidfd_open")
"""Whether apps can be forked from a preloaded host (macOS frameworks don't survive a fork)."""

PASSED_ON = ("SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
"""The only variables of ours that an app sees: Windows can't open a socket without the first."""


def clean_environment(*, temporary: bool = True) -> dict[str, str]:
    """Return the environment for a process that runs learner code: nothing of the user's.

    `temporary` says whether it can reach our folder for temporary files.
    """
    passed_on = PASSED_ON if temporary else PASSED_ON[:1]
    kept = {name: os.environ[name] for name in passed_on if name in os.environ}
    return kept | {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUTF8": "1"}


def start_python(
    module: str,
    arguments: Sequence[str],
    cwd: str,
    inherited: Sequence[int] = (),
    wrapper: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """Start `python -m module` in a process group of its own, its pipes in our hands.

    Nothing is inherited but the three pipes and the file descriptors in `inherited`. Closing
    its stdin asks it to end. `wrapper` are the words of a program that starts it in a sandbox.
    """
    return subprocess.Popen(
        [*wrapper, sys.executable, "-P", "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=clean_environment(),
        pass_fds=inherited,
        start_new_session=True,
    )


def confine(limits: Limits) -> None:
    """Bound what this process can use, for good. Called before any learner code runs.

    Where the system has no such limit, or a stricter one is already set, that one stays.
    """
    if sys.platform == "win32":
        return
    import resource  # POSIX only

    wanted = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: _processes_of_user() + limits.processes,
        resource.RLIMIT_CORE: 0,
    }
    for kind, amount in wanted.items():
        _, hard = resource.getrlimit(kind)
        bound = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        try:
            resource.setrlimit(kind, (bound, bound))
        except (OSError, ValueError):
            if sys.platform == "linux":
                raise


def _processes_of_user() -> int:
    """Count what RLIMIT_NPROC counts: the threads of this user, the machine over."""
    if sys.platform != "linux":
        return 1024
    user, count = os.getuid(), 0
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdecimal():
                try:
                    if entry.stat().st_uid == user:
                        count += os.stat(f"/proc/{entry.name}/task").st_nlink - 2  # noqa: PTH116
                except OSError:
                    continue  # it ended meanwhile
    return count


def end_group(pid: int) -> None:
    """End a process and all that stayed in its process group, at once.

    Only for a process that has not been waited for: after that, its number may be another's.
    """
    try:
        if sys.platform == "win32":
            os.kill(pid, signal.SIGTERM)
        else:
            os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # already gone


def finish(process: subprocess.Popen[bytes], limit_s: float) -> int | None:
    """Wait until a process ends, end what it started, and return its exit code; None: overdue."""
    if not CAN_FORK:
        try:
            return process.wait(limit_s)
        except subprocess.TimeoutExpired:
            end_group(process.pid)
            process.wait()
            return None
    pidfd = os.pidfd_open(process.pid)
    try:
        ended, _, _ = select.select([pidfd], [], [], limit_s)
    finally:
        os.close(pidfd)
    end_group(process.pid)  # before it is reaped: its number is still its own
    code = process.wait()
    return code if ended else None


def end(process: subprocess.Popen[bytes], patience_s: float = 2.0) -> None:
    """Ask a process to end by closing its stdin; if it does not, end its group. Reap it."""
    if process.stdin:
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass  # it ended before it had read all that was written to it
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        end_group(process.pid)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()
