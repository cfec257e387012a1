"""Time a command as its user waits for it."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """What to time; `ends` are the exit codes that it may end with."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    ends: tuple[int, ...] = (0,)
    in_scratch: bool = False
    """Whether it writes files where it runs."""


def time_once(command: Command) -> float:
    """Run it and return the wall time in seconds. Raises RuntimeError if it fails."""
    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        ran = subprocess.run(
            command.argv,
            cwd=scratch if command.in_scratch else None,
            env=os.environ | command.env,
            capture_output=True,
            text=True,
            check=False,
        )
        took = time.perf_counter() - began
    if ran.returncode not in command.ends:
        raise RuntimeError(f"{command.name} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
    return took
