"""For tests of notebooks: the processes that belong to one test, and to no other on this machine.

They are told by TMPDIR, which every process of ours passes on.
"""

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

GONE_S = 20.0


def environment_in(folder: Path) -> Mapping[str, str]:
    """Return an environment whose processes are known by `folder`."""
    # Of another environment that is active, IPython would warn in every kernel.
    kept = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return kept | {"TMPDIR": str(folder)}


def processes_in(folder: Path) -> Iterator[int]:
    """Yield the processes that were started in an environment of `environment_in`."""
    mark = f"TMPDIR={folder}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)
            except OSError:
                continue  # it ended meanwhile, or is somebody else's


def wait_until_all_are_gone(folder: Path) -> None:
    """Wait for the end of these processes; fail if one stays."""
    deadline = time.monotonic() + GONE_S
    while left := list(processes_in(folder)):
        assert time.monotonic() < deadline, [
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ") for pid in left
        ]
        os.sched_yield()
