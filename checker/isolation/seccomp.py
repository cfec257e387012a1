"""What a learner's process may not ask of the kernel: a seccomp filter, as a list of refusals.

The filter names what is refused and lets the rest pass: it stands behind namespaces (`strict`) or
Landlock (`confined`), and closes what those leave open. Calls of another machine's numbering
(32 bit programs, x32) are refused whole.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
from dataclasses import dataclass

from checker.isolation import linux

# fmt: off
NUMBERS: dict[str, tuple[int | None, int | None]] = {
    # name: (x86_64, aarch64); None: that machine has no such call
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "process_madvise": (440, 440),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "open_tree_attr": (467, 467),
    "unshare": (272, 97), "setns": (308, 268),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "syslog": (103, 116), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "fanotify_init": (300, 262), "lookup_dcookie": (212, 18), "vhangup": (153, 58),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "uselib": (134, None),
    "personality": (135, 92), "nfsservctl": (180, 42),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194),
    "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "clone": (56, 220), "clone3": (435, 435), "fork": (57, None), "vfork": (58, None),
    "prctl": (157, 167), "socket": (41, 198), "connect": (42, 203),
    "socketpair": (53, 199),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140), "sched_setaffinity": (203, 122), "prlimit64": (302, 261),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "sched_setparam": (142, 118),
    "ioprio_set": (251, 30), "migrate_pages": (256, 238), "move_pages": (279, 239),
}
# fmt: on
REFUSED = (
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "kcmp",
    "pidfd_getfd",
    "process_madvise",
    "keyctl",
    "add_key",
    "request_key",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "open_tree",
    "move_mount",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "open_tree_attr",
    "unshare",
    "setns",
    "open_by_handle_at",
    "name_to_handle_at",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "swapon",
    "swapoff",
    "acct",
    "quotactl",
    "quotactl_fd",
    "syslog",
    "settimeofday",
    "clock_settime",
    "adjtimex",
    "clock_adjtime",
    "fanotify_init",
    "lookup_dcookie",
    "vhangup",
    "iopl",
    "ioperm",
    "modify_ldt",
    "uselib",
    "personality",
    "nfsservctl",
    "migrate_pages",
    "move_pages",
)  # fmt: skip
"""Refused with EPERM: other processes, the kernel itself, mounts and namespaces."""
UNKNOWN = (
    "clone3", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "memfd_create", "memfd_secret", "shmget", "msgget", "semget", "mq_open",
)  # fmt: skip
"""Refused as if the kernel did not know them: their arguments can't be looked at, or they hold
memory that no limit of a process counts. Programs have another way."""
OF_ONE_PROCESS = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
OF_ONE_OR_THIS = (
    "prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setattr", "sched_setparam",
)  # fmt: skip
OF_ANY_PROCESS = ("tkill", "pidfd_send_signal", "setpriority", "ioprio_set")
NEW_NAMESPACES = (
    linux.CLONE_NEWNS | linux.CLONE_NEWUTS | linux.CLONE_NEWIPC | linux.CLONE_NEWUSER
    | linux.CLONE_NEWPID | linux.CLONE_NEWNET | 0x02000000 | 0x80  # cgroup, time
)  # fmt: skip
CLONE_THREAD = 0x00010000
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000

ALLOW = 0x7FFF0000
KILL = 0x80000000
SECCOMP_MODE_FILTER = 2
LOAD, AND, RETURN = 0x20, 0x54, 0x06
IF_EQUAL, IF_ANY_BIT, IF_AT_LEAST = 0x15, 0x45, 0x35
AT_NUMBER, AT_MACHINE = 0, 4


@dataclass(frozen=True, slots=True)
class Rules:
    """What a filter refuses beside what is always refused."""

    families: tuple[int, ...] = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
    """The kinds of socket that may be made."""
    fork: bool = True
    """Whether processes may be started; threads always may."""
    connect: bool = True
    """Whether sockets may be connected."""
    datagrams: bool = True
    """Whether sockets may be made that can send without being connected."""
    own_signals_only: bool = False
    """Whether signals may be sent to this process only."""


def confined(*, connect: bool, inet: bool) -> Rules:
    """Return the rules for where no namespace keeps the app away from others and the network.

    `connect` and `inet` are for an app that needs a database.
    """
    families = (socket.AF_UNIX, *([socket.AF_INET, socket.AF_INET6] if inet else []))
    return Rules(families, fork=False, connect=connect, datagrams=False, own_signals_only=True)


class Unsupported(OSError):
    """The kernel or the processor here has no such filter, or none that we know of."""


def install(rules: Rules) -> None:
    """Install the filter for this thread and all that it starts, for good.

    Raises Unsupported on a machine whose numbers we don't know, OSError if the kernel refuses.
    """
    if linux.MACHINE not in AUDIT:
        raise Unsupported(errno.ENOSYS, f"no seccomp filter is known for {linux.MACHINE}")
    program = assemble(rules, linux.MACHINE, os.getpid())
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.prctl(linux.PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.create_string_buffer(header))


def assemble(rules: Rules, machine: str, pid: int) -> bytes:
    """Return the filter as a program of classic BPF, 8 bytes an instruction."""
    program = _Program(machine)
    for name in REFUSED:
        program.when(name, _refuse(errno.EPERM))
    for name in UNKNOWN:
        program.when(name, _refuse(errno.ENOSYS))
    program.refuse_if("prctl", 0, IF_EQUAL, linux.PR_SET_PDEATHSIG)
    if rules.fork:
        program.refuse_if("clone", 0, IF_ANY_BIT, NEW_NAMESPACES)
    else:
        program.only_threads()
    program.allow_only(
        "socket", 0, rules.families, errno.EAFNOSUPPORT, () if rules.datagrams else _only_streams()
    )
    if not rules.connect:
        program.when("connect", _refuse(errno.EACCES))
    if not rules.datagrams:
        program.when("socketpair", *_only_streams())
    if rules.own_signals_only:
        program.leave_others_alone(pid)
    return program.code()


class _Program:
    """A filter in the making.

    Every rule is a block that begins with a comparison of the call's number and, if that differs,
    is jumped over: so the blocks stay independent of each other.
    """

    def __init__(self, machine: str) -> None:
        self._column = 0 if machine == "x86_64" else 1
        self._lines = [
            _line(LOAD, AT_MACHINE), _line(IF_EQUAL, AUDIT[machine], 1, 0), _line(RETURN, KILL),
            _line(LOAD, AT_NUMBER),
        ]  # fmt: skip
        if machine == "x86_64":
            self._lines += [_line(IF_AT_LEAST, X32_BIT, 0, 1), _refuse(errno.ENOSYS)]

    def code(self) -> bytes:
        """Return all of it; what no rule is about is allowed."""
        return b"".join([*self._lines, _line(RETURN, ALLOW)])

    def when(self, name: str, *then: bytes) -> None:
        """Add a rule for a call, if this machine has it."""
        number = NUMBERS[name][self._column]
        if number is not None:
            self._lines += [_line(IF_EQUAL, number, 0, len(then)), *then]

    def refuse_if(self, name: str, index: int, test: int, value: int) -> None:
        """Refuse a call if the lower half of an argument passes the test."""
        self.when(
            name, _argument(index), _line(test, value, 0, 1), _refuse(errno.EPERM),
            _line(RETURN, ALLOW),
        )  # fmt: skip

    def allow_only(
        self,
        name: str,
        index: int,
        values: tuple[int, ...],
        code: int = errno.EPERM,
        then: tuple[bytes, ...] = (),
    ) -> None:
        """Refuse a call unless the lower half of an argument is one of the values."""
        tests = [
            _line(IF_EQUAL, value, len(values) - place, 0) for place, value in enumerate(values)
        ]
        self.when(name, _argument(index), *tests, _refuse(code), *then, _line(RETURN, ALLOW))

    def only_threads(self) -> None:
        """Refuse new processes, by whatever call."""
        self.when(
            "clone", _argument(0), _line(IF_ANY_BIT, CLONE_THREAD, 1, 0), _refuse(errno.EPERM),
            _line(IF_ANY_BIT, NEW_NAMESPACES, 0, 1), _refuse(errno.EPERM), _line(RETURN, ALLOW),
        )  # fmt: skip
        for name in ("fork", "vfork"):
            self.when(name, _refuse(errno.EPERM))

    def leave_others_alone(self, pid: int) -> None:
        """Refuse to signal, bound or slow down any process but `pid`."""
        for name in OF_ONE_PROCESS:
            self.allow_only(name, 0, (pid,))
        for name in OF_ONE_OR_THIS:
            self.allow_only(name, 0, (0, pid))
        for name in OF_ANY_PROCESS:
            self.when(name, _refuse(errno.EPERM))


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _refuse(code: int) -> bytes:
    return _line(RETURN, 0x00050000 | code)


def _only_streams() -> tuple[bytes, ...]:
    """Refuse sockets that can send to an address without being connected."""
    kinds = (socket.SOCK_STREAM, socket.SOCK_SEQPACKET)
    return (
        _argument(1), _line(AND, 0xF), _line(IF_EQUAL, kinds[0], 2, 0),
        _line(IF_EQUAL, kinds[1], 1, 0), _refuse(errno.EACCES), _line(RETURN, ALLOW),
    )  # fmt: skip


def _argument(index: int) -> bytes:
    """Load the lower half of an argument (both machines put it first)."""
    return _line(LOAD, 16 + 8 * index)
