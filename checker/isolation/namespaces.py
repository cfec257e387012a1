"""A sandbox for each app: namespaces of its own, made in the host before learner code runs.

Three forks, because a user namespace can't be left again and a PID namespace needs an init:

    host ── helper: leaves the host's namespaces, and ends
             └─ init (PID 1 of the new ones): mounts, copies the submission, reaps
                 └─ the app: no capabilities, rlimits, Landlock, seccomp

When init ends, the kernel ends everything else in its PID namespace, however it was started.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from checker.isolation import INSIDE, MADE, NOT_MADE, landlock, linux, seccomp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SCRATCH = "/scratch"
"""Where everything lies that an app may write: of a bounded size, in memory, its own."""
ORDINARY_USER = 65534
"""Who runs learner code when we are root: nobody."""
SEPARATE = (
    linux.CLONE_NEWUSER | linux.CLONE_NEWNS | linux.CLONE_NEWPID
    | linux.CLONE_NEWIPC | linux.CLONE_NEWNET
)  # fmt: skip
SET_INTERFACE_FLAGS, INTERFACE_UP = 0x8914, 0x1
LOOK_S = 0.1
"""How often to look how much memory a sandbox takes."""
PROPORTIONAL_SHARE = re.compile(r"^Pss: +(\d+) kB$", re.MULTILINE)
"""See proc_pid_smaps(5)."""
WRITABLE_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sandbox holds."""

    source: int | None
    """The file descriptor of the folder that is copied into it."""
    scratch_bytes: int
    scratch_files: int
    memory_bytes: int
    arena: str | None = None
    """The host's folder that holds what apps share with the trusted side: hidden, but for..."""
    shared: str | None = None
    """...this folder in it, which the app may write."""
    temporary: str = "/tmp"  # noqa: S108 (the sandbox's own)
    """Where the app's temporary files lie; what was below is not seen any more."""
    doors: tuple[Mapping[str, Any], ...] = ()
    """Where to listen for what leads out: `{"path": ...}` or `{"port": ...}`."""


@dataclass(frozen=True, slots=True)
class Sandboxed:
    """A sandbox that runs; `pid` is its init."""

    pid: int
    status: int
    """A pipe on which init writes how the app ended."""

    def code(self, status_of_init: int) -> int:
        """Return the app's exit code, when init has ended and was reaped. Closes the pipe."""
        with os.fdopen(self.status, "rb") as pipe:
            told = pipe.read()
        return os.waitstatus_to_exitcode(int(told) if told else status_of_init)


def become_host() -> None:
    """Make this process one that can start sandboxes; as root, an ordinary user for good.

    The limit on processes does not hold for root, whatever the namespace. Raises OSError.
    """
    linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)  # the helper leaves its init to us
    if os.getuid() != 0:
        return
    # Not the one that bubblewrap has covered in parts: a sandbox may only have its own /proc if
    # all of this one can be seen.
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    os.setgroups([])
    os.setresgid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER)
    os.setresuid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER)
    linux.prctl(linux.PR_SET_DUMPABLE, 1)  # or else our /proc/self/uid_map is root's


def start(
    plan: Plan, connection: socket.socket | None, inherited: Sequence[int], run: Callable[[], int]
) -> Sandboxed:
    """In the host: make a sandbox and call `run` in it, whose result is the exit code.

    `connection` is sent MADE along with the file descriptors of the app's folder and of the
    listening sockets of all doors; or NOT_MADE and a reason. `inherited` are file descriptors
    that are none of the sandbox's business. Raises OSError if no process can be started.
    """
    status_of, status_to = os.pipe()
    init_of, init_to = os.pipe()
    helper = os.fork()
    if helper == 0:
        try:
            os.setsid()
            for fd in (*inherited, status_of, init_of):
                os.close(fd)
            _leave_namespaces()
            init = os.fork()
            if init == 0:
                os.close(init_to)
                _init(plan, connection, status_to, run)
            os.write(init_to, str(init).encode())
        except OSError as error:
            _tell_failure(connection, error)
        finally:
            os._exit(0)
    os.close(status_to)
    os.close(init_to)
    with os.fdopen(init_of, "rb") as pipe:
        told = pipe.read()
    os.waitpid(helper, 0)
    if not told:
        os.close(status_of)
        raise OSError("no namespaces can be made")
    return Sandboxed(int(told), status_of)


def restrict(shared: str | None) -> None:
    """In the app's process, before learner code: bound what is left to bound. Raises OSError."""
    linux.drop_capabilities()
    writable = [SCRATCH, "/tmp", "/var/tmp", "/dev/shm", *WRITABLE_DEVICES]  # noqa: S108 (its own)
    if shared:
        writable.append(shared)
    if landlock.version():
        landlock.restrict(landlock.Grants(readable=("/",), writable=tuple(writable)))
    seccomp.install(seccomp.Rules())


def _leave_namespaces() -> None:
    user, group = os.getuid(), os.getgid()
    linux.unshare(SEPARATE)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _init(
    plan: Plan, connection: socket.socket | None, status: int, run: Callable[[], int]
) -> NoReturn:
    """Be PID 1: nothing of the learner's runs in this process."""
    try:
        os.setsid()  # a process group of its own, by which the host ends it
        # A signal from inside reaches PID 1 only if it has a handler: it must have none.
        interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # waited for by its number
        _mount(plan)
        _raise_loopback()
        if plan.source is not None:
            shutil.copytree(f"/proc/self/fd/{plan.source}", INSIDE)
            os.close(plan.source)
        else:
            Path(INSIDE).mkdir()
        if connection is not None:
            _tell_made(plan, connection)
        app = os.fork()
        if app == 0:
            code = os.EX_SOFTWARE
            try:
                os.close(status)
                signal.signal(signal.SIGINT, interrupt)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
                code = run()
            finally:
                os._exit(code)
        os.closerange(3, status)
        os.closerange(status + 1, os.sysconf("SC_OPEN_MAX"))
        os.write(status, str(_reap_until_ended(app, plan.memory_bytes)).encode())
    except OSError as error:
        _tell_failure(connection, error)
    finally:
        os._exit(0)


def _reap_until_ended(app: int, memory_bytes: int) -> int:
    """As PID 1: reap all; return the app's status when it has ended, or all took too much.

    A process has its own limit of memory; what many take together, nothing else bounds.
    """
    while True:
        signal.sigtimedwait({signal.SIGCHLD}, LOOK_S)
        while (reaped := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            pid, ended = reaped
            if pid == app:
                return ended
        if _memory_of_many() > memory_bytes:
            return signal.SIGKILL


def _memory_of_many() -> int:
    """Return the bytes that all but this process hold, each page counted once; 0 if it is one."""
    pids = [name for name in os.listdir("/proc") if name.isdecimal() and name != "1"]  # noqa: PTH208
    if len(pids) == 1:
        return 0
    return sum(_proportional_share(pid) for pid in pids)


def _proportional_share(pid: str) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0  # it has ended
    found = PROPORTIONAL_SHARE.search(text)
    return int(found[1]) * 1024 if found else 0


def _mount(plan: Plan) -> None:
    own = linux.MS_NOSUID | linux.MS_NODEV
    size = f"size={plan.scratch_bytes},nr_inodes={plan.scratch_files},mode=755"
    linux.mount("scratch", SCRATCH, "tmpfs", own, size)
    linux.mount("proc", "/proc", "proc", own | linux.MS_NOEXEC)
    keep = f"{SCRATCH}/shared"
    if plan.shared:
        Path(keep).mkdir()
        linux.mount(plan.shared, keep, None, linux.MS_BIND)
    for name, place in (("tmp", plan.temporary), ("shm", "/dev/shm")):  # noqa: S108 (its own)
        Path(SCRATCH, name).mkdir()
        linux.mount(f"{SCRATCH}/{name}", place, None, linux.MS_BIND)
    if plan.arena and Path(plan.arena).exists():  # else it lies in the old /tmp, which is gone
        linux.mount("none", plan.arena, "tmpfs", own, "size=64k,nr_inodes=16,mode=755")
    if plan.shared:
        Path(plan.shared).mkdir(parents=True, exist_ok=True)
        linux.mount(keep, plan.shared, None, linux.MS_MOVE)
        Path(keep).rmdir()


def _raise_loopback() -> None:
    """Give the sandbox a 127.0.0.1 of its own: it leads nowhere else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_INTERFACE_FLAGS, struct.pack("16sh14x", b"lo", INTERFACE_UP))


def _tell_made(plan: Plan, connection: socket.socket) -> None:
    folder = os.open(INSIDE, os.O_RDONLY | os.O_DIRECTORY)
    doors = [_listen(door) for door in plan.doors]
    socket.send_fds(connection, [MADE], [folder, *[door.fileno() for door in doors]])
    for door in doors:
        door.close()
    os.close(folder)


def _listen(door: Mapping[str, Any]) -> socket.socket:
    if "port" in door:
        return socket.create_server(("127.0.0.1", int(door["port"])), backlog=64)
    path = Path(door["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(64)
    return listener


def _tell_failure(connection: socket.socket | None, error: OSError) -> None:
    if connection is not None:
        try:
            connection.send(NOT_MADE + str(error).encode()[:500] + b"\n", socket.MSG_DONTWAIT)
        except OSError:
            pass  # nobody listens any more
