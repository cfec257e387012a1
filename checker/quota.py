"""A bound on the files of an app where it writes to the disk of this machine.

A sandbox of its own has a file system of a bounded size. Elsewhere, and for a folder that the app
shares with us, nothing in the system bounds a folder without a right that we don't have: so we
look, again and again, and tell when there is too much.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from checker.model import Limits

PERIOD_S = 0.1
BLOCK = 512
"""The unit of `st_blocks`, whatever the file system (POSIX, <sys/stat.h>)."""


class Quota:
    """Watches folders, in a thread, until it is closed or has told once."""

    def __init__(
        self, folders: Sequence[str], limits: Limits, exceeded: Callable[[], None]
    ) -> None:
        """Start to watch; `exceeded` is called in the thread."""
        self._folders = folders
        self._limits = limits
        self._exceeded = exceeded
        self._closed = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(PERIOD_S):
            if too_much(self._folders, self._limits):
                self._exceeded()
                return


def too_much(folders: Sequence[str], limits: Limits) -> bool:
    """Whether what lies in the folders takes more room, or more files, than an app may have.

    What is counted is what the disk holds: a hole in a file takes no room.
    """
    taken = 0
    for number, entry in enumerate(_entries(folders)):
        try:
            taken += _room(entry.stat(follow_symlinks=False))
        except OSError:
            continue  # it was removed meanwhile
        if taken > limits.scratch_bytes or number >= limits.scratch_files:
            return True
    return False


def _room(found: os.stat_result) -> int:
    blocks: int | None = getattr(found, "st_blocks", None)  # not on Windows
    return found.st_size if blocks is None else blocks * BLOCK


def _entries(folders: Sequence[str]) -> Iterator[os.DirEntry[str]]:
    left = list(folders)
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for entry in entries:
                    yield entry
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
        except OSError:
            continue  # it was removed meanwhile, or closed to us: the owner is bounded by the rest
