"""Folders for grading, gone when grading ends; what a killed run has left goes at the next start.

A folder is held by a lock on a file in it, which the system gives up with the process, however that
ends. Where files can't be locked so (Windows), nothing is taken for left.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from checker.errors import GradingFault

PREFIX = "learn-"
HOLD = ".held"
"""The file whose lock holds a folder, and by which it is known for one of ours."""
NEW_S = 10.0
"""A folder this young may not be held yet."""


USUAL = Path("/tmp")  # noqa: S108 (compared with, not written to)
MEMORY = Path("/dev/shm")  # noqa: S108 (folders in it are made by mkdtemp)
"""Linux's file system in memory. A database that is made for one check need not reach a disk, and
to wait until it has takes longer than the check."""
ROOMY_BYTES = 1024**3
"""How much must be free there: containers often have very little."""


def place() -> Path:
    """Return where folders are made: in memory, or where the user's TMPDIR says."""
    usual = Path(tempfile.gettempdir())
    if usual != USUAL or not os.access(MEMORY, os.W_OK):
        return usual
    return MEMORY if shutil.disk_usage(MEMORY).free >= ROOMY_BYTES else usual


class Scratch:
    """A private folder of this process, at `path`. A context manager: at its end it is gone."""

    def __init__(self) -> None:
        """Make it. Raises GradingFault if there is no place for one."""
        try:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place())).resolve()
            self._hold: int | None = os.open(self.path / HOLD, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise GradingFault(
                f"No folder for grading can be made: {error.strerror or error}.",
                "Free some disk space, or set TMPDIR to a folder that you can write to.",
            ) from None
        _lock(self._hold)

    def close(self) -> None:
        """Remove it, with all that lies in it."""
        if self._hold is not None:
            os.close(self._hold)  # first: Windows removes no open file
            self._hold = None
            shutil.rmtree(self.path, ignore_errors=True)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()


def remove_abandoned() -> None:
    """Remove the folders whose process has ended without doing so: it was killed."""
    if sys.platform == "win32":
        return
    for folder in {Path(tempfile.gettempdir()), place()}:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False):
                    _remove_if_abandoned(Path(entry.path))


def _remove_if_abandoned(folder: Path) -> None:
    with suppress(OSError):  # another's, or just removed by its own process
        hold = os.open(folder / HOLD, os.O_RDWR | os.O_NOFOLLOW)
        try:
            found = os.fstat(hold)
            is_old = time.time() - found.st_mtime > NEW_S
            if found.st_uid == os.getuid() and is_old and _lock(hold):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(hold)


def _lock(file: int) -> bool:
    """Take the lock of an open file until it is closed; return whether it was free."""
    if sys.platform == "win32":
        return False
    import fcntl  # POSIX only

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
