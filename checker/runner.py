"""Runs hidden suites in processes of their own: jobs in, rows of JSON out.

`python -m checker.runner once` runs the job that comes on stdin: where there is no fork. The app is
started before pytest is imported, so that both load at the same time.

`python -m checker.runner fork CONTROL_FD` loads pytest once. It forks a process for each suite,
which collects it once, and forks for each job (see checker.forks). Each run still begins with
the suite as it was collected, so no run can change what the next one finds.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import traceback
from dataclasses import asdict, is_dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from checker.forks import Forks, Request, no_preparation, plain
from checker.launcher import Job, Launcher, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    Perform = Callable[[Run], None]


def main() -> None:
    """Run one job, or serve many, as the first argument says."""
    mode, *rest = sys.argv[1:]
    if mode == "fork":
        serve_suites(socket.socket(fileno=int(rest[0])))
    else:
        run_once()
    os._exit(0)  # all is told: a tidy end of the interpreter would only cost time


def run_once() -> None:
    """Run the job that stands in the first line of stdin; tell its rows on stdout."""
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(0, 1 << 20)
    rows = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a suite prints by mistake is not a row
    threading.Thread(target=_end_with, args=(0,), daemon=True).start()
    run = _run(line, rows)
    collect(run.job.suite, lambda perform: grade(perform, run))


def serve_suites(control: socket.socket) -> None:
    """Fork a process for each suite that is asked for on `control`, until stdin is closed."""
    from checker import preloaded  # noqa: F401 (what runs import late where there is but one)

    Forks(control, 0, no_preparation, serve_suite, _ended, plain).serve()


def serve_suite(request: Request) -> int:
    """Collect the suite that the request names; fork a process for each job on its socket."""
    jobs = socket.socket(fileno=request.fds[0])
    asked_by = request.connection.fileno()

    def serve(perform: Perform) -> None:
        Forks(jobs, asked_by, no_preparation, partial(run_forked, perform), _ended, plain).serve()

    collect(json.loads(request.data)["suite"], serve)
    return 0


def run_forked(perform: Perform, request: Request) -> int:
    """Run the job of a request. Its file descriptor takes what the suite prints by mistake."""
    for standard in (1, 2):
        os.dup2(request.fds[0], standard)
    connection = request.connection
    threading.Thread(target=_end_with, args=(connection.fileno(),), daemon=True).start()
    try:
        grade(perform, _run(request.data, connection.makefile("w", encoding="utf-8")))
    except Exception:  # noqa: BLE001 (whatever it is, the author of the suite has to know)
        traceback.print_exc()
    return 0


def collect(suite: str, serve: Callable[[Perform], None]) -> None:
    """Let pytest collect a suite; call `serve` with the function that performs a run of it."""
    import pytest  # the app of a single check starts first

    from checker.plugin import Grader

    # No plugins of the environment: a suite needs none, and some take a second to load.
    pytest.main(
        [suite, "--assert=plain", "--import-mode=importlib", "--noconftest", "--strict-markers",
         "--rootdir", str(Path(suite).parent), "-c", os.devnull, "--disable-plugin-autoload",
         "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:logging", "-p", "no:warnings"],
        plugins=[Grader(serve)],
    )  # fmt: skip


def grade(perform: Perform, run: Run) -> None:
    """Perform a run, and tell that it came to its end; end every app that it has started."""
    try:
        perform(run)
        run.tell("finished", log=run.launcher.main.log)
    finally:
        run.launcher.end_all()


def _run(job: bytes, rows: TextIO) -> Run:
    """Start serving what a job names. From here on, everything is told in rows."""
    read = Job.of(json.loads(job))

    def tell(row: str, **values: Any) -> None:
        rows.write(json.dumps({"row": row, **values}, default=_plain) + "\n")
        rows.flush()

    return Run(read, Launcher(read), tell)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} is not a row's value")


def _ended(code: int) -> bytes:
    return json.dumps({"row": "ended", "code": code}).encode() + b"\n"


def _end_with(fd: int) -> None:
    """End this process when nobody is left at the other end of `fd`."""
    while os.read(fd, 1):  # not by sys.stdin: its lock would be held at our own end
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
