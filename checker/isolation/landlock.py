"""Which files a process may read and write, bounded by Landlock: an allow list, for good."""

from __future__ import annotations

import ctypes
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.isolation import linux

if TYPE_CHECKING:
    from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
RULE_PATH, RULE_PORT = 1, 2
VERSION = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REFER, TRUNCATE, IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
"""What can be said of a file; the rest only of a folder."""
BIND_TCP, CONNECT_TCP = 1, 2
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS = 1, 2
FIRST_WITH_REFER, FIRST_WITH_TRUNCATE, FIRST_WITH_NETWORK, FIRST_WITH_IOCTL, FIRST_WITH_SCOPES = (
    2, 3, 4, 5, 6,
)  # fmt: skip
FIRST_RIGHTS = (1 << 13) - 1


@dataclass(frozen=True, slots=True)
class Grants:
    """What a process may do; everything else is refused."""

    readable: tuple[str, ...]
    """Files, and folders with all that they hold: may be read and executed."""
    writable: tuple[str, ...]
    """May be changed in every way too."""
    ports: tuple[int, ...] | None = None
    """TCP ports that may be connected to; None: this is not bounded here."""


def version() -> int:
    """Return the version of Landlock that the kernel offers; 0: none."""
    try:
        return linux.syscall(CREATE_RULESET, None, 0, VERSION)
    except OSError:
        return 0


def restrict(grants: Grants) -> None:
    """Bound this thread and all that it starts, for good. Raises OSError if that can't be."""
    offered = version()
    rights = _rights(offered)
    bounds_network = grants.ports is not None and offered >= FIRST_WITH_NETWORK
    network = CONNECT_TCP if bounds_network else 0
    scopes = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS if offered >= FIRST_WITH_SCOPES else 0
    attributes = struct.pack("=QQQ", rights, network, scopes)
    size = 24 if scopes else 16 if offered >= FIRST_WITH_NETWORK else 8
    ruleset = linux.syscall(CREATE_RULESET, ctypes.create_string_buffer(attributes), size, 0)
    try:
        reading = EXECUTE | READ_FILE | READ_DIR
        _allow(ruleset, grants.readable, rights & reading)
        _allow(ruleset, grants.writable, rights)
        for port in grants.ports or () if bounds_network else ():
            rule = struct.pack("=QQ", CONNECT_TCP, port)
            linux.syscall(ADD_RULE, ruleset, RULE_PORT, ctypes.create_string_buffer(rule), 0)
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        linux.syscall(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _rights(offered: int) -> int:
    """Return every right over files that the kernel can refuse."""
    return (
        FIRST_RIGHTS
        | (REFER if offered >= FIRST_WITH_REFER else 0)
        | (TRUNCATE if offered >= FIRST_WITH_TRUNCATE else 0)
        | (IOCTL_DEVICE if offered >= FIRST_WITH_IOCTL else 0)
    )


def _allow(ruleset: int, paths: Iterable[str], rights: int) -> None:
    for path in paths:
        try:
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # what is not there needs no rule
        try:
            allowed = rights if os.path.isdir(path) else rights & OF_FILES  # noqa: PTH112
            rule = struct.pack("=Qi", allowed, opened)
            linux.syscall(ADD_RULE, ruleset, RULE_PATH, ctypes.create_string_buffer(rule), 0)
        finally:
            os.close(opened)
