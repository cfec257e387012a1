"""The child that runs one hidden suite: a job on stdin, rows of JSON on stdout.

The app is started before pytest is imported, so that both load at the same time.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from checker.launcher import Job, Launcher
from checker.model import Limits


def main() -> None:
    """Run the job that stands in the first line of stdin."""
    values = json.loads(_first_line())
    values["needs"] = {int(step): needs for step, needs in values["needs"].items()}
    job = Job(**values | {"limits": Limits(**values["limits"])})
    rows = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a suite prints by mistake is not a row
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def tell(row: str, **values: Any) -> None:
        rows.write(json.dumps({"row": row, **values}, default=_plain) + "\n")
        rows.flush()

    run(job, tell)
    os._exit(0)  # all is told: a tidy end of the interpreter would only cost time


def run(job: Job, tell: Any) -> None:
    """Grade the job's submission and tell rows: collected, check, trouble, finished."""
    launcher = Launcher(job)
    try:
        import pytest  # the app starts first

        from checker.plugin import Grader

        code = pytest.main(
            [job.suite, "--assert=plain", "--import-mode=importlib", "--noconftest",
             "--rootdir", str(Path(job.suite).parent), "-c", os.devnull, "-p", "no:terminal",
             "-p", "no:cacheprovider", "-p", "no:logging", "-p", "no:warnings", "--strict-markers"],
            plugins=[Grader(job, launcher, tell)],
        )  # fmt: skip
        tell("finished", code=int(code), log=launcher.main.log)
    finally:
        launcher.end_all()


def _first_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(0, 1 << 20)
    return line


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} is not a row's value")


def _end_with_parent() -> None:
    while os.read(0, 1):  # not by sys.stdin: its lock would be held at our own end
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
