"""One trial: the learner's tests in a process of their own, with a build in place of main.py."""

from __future__ import annotations

import json
import os
import random
import re
import secrets
import shutil
import socket
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from checker import facts, handover, sandbox
from checker.disguise import disguised
from checker.errors import GradingFault
from checker.tail import Tail
from checker.trials.builds import GIVEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.handover import Folder
    from checker.launcher import Job
    from checker.testing import Order
    from checker.trials.builds import Build

Verdict = Literal["passed", "failed", "broken", "endless"]

PASSED, FAILED = 0, 1
"""Exit codes of pytest: the only ones that count."""
LOG_BYTES = 64 * 1024
LOG_S = 2.0
"""How long to wait for the end of what was printed: a child may hold the pipe open for ever."""
FOREIGN_FRAME = re.compile(r"^(?:/|[A-Z]:\\).*: in .*\n(?: {4}.*\n)*", re.MULTILINE)
"""A frame of pytest's traceback that is not in the learner's folder."""
FAILING_TEST = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
"""A line of pytest's summary."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How the learner's tests went on one build."""

    verdict: Verdict
    code: int | None
    log: str
    took_s: float

    @property
    def failing(self) -> str:
        """The id of the test that failed last, as pytest names it; empty if it names none.

        The learner's process has printed it: good enough for a guess, and for nothing else.
        """
        named = FAILING_TEST.findall(self.log)
        return named[-1] if named else ""


def run(job: Job, build: Build, order: Order, limit_s: float, *, tests: Path, told: bool) -> Trial:
    """Run the tests of a folder on a build, in this order.

    `told` is a trial whose output the learner will read: it runs to its end, and shows the build's
    lines as they stand. Raises GradingFault if the process could not be had.
    """
    scratch = Path(tempfile.mkdtemp(prefix="run-", dir=job.scratch))
    assembled = scratch / "assembled"
    shutil.copytree(tests, assembled)
    source = build.source
    if build.name != GIVEN and not told:
        source = disguised(source, random.Random(secrets.randbits(64)))  # noqa: S311
    (assembled / "main.py").write_text(source, encoding="utf-8")
    (scratch / "tmp").mkdir()
    folder = handover.folder(job.isolation, assembled, scratch / "app")
    start = {
        "kind": "tests",
        "preload": list(job.preload),
        "folder": folder.path,
        "temporary": str(scratch / "tmp" / "pytest"),
        "environment": folder.environment() | job.environment,
        "limits": asdict(job.limits),
        "order": asdict(order),
        "brief": not told,
    }
    line = json.dumps(start).encode() + b"\n"
    began = time.monotonic()
    if job.control is None:
        code, log = _run_spawned(line, folder.path, limit_s)
    else:
        code, log = _run_forked(line, folder, job.control, limit_s)
    folder.close()
    shutil.rmtree(scratch, ignore_errors=True)
    log = FOREIGN_FRAME.sub("", log.replace(f"{folder.path}{os.sep}", ""))
    return Trial(_verdict(code), code, log, time.monotonic() - began)


def _run_forked(
    start: bytes, folder: Folder, control: str, limit_s: float
) -> tuple[int | None, str]:
    """Run the tests in a process that the host forks. The exit code comes from the host.

    It is None if they did not end in time: to hang up makes the host end them.
    """
    read_end, write_end = os.pipe()
    log = Tail(os.fdopen(read_end, "rb", buffering=0), LOG_BYTES)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(limit_s)
            connection.connect(control)
            socket.send_fds(connection, [start], [write_end, *folder.sent_along()])
            os.close(write_end)
            write_end = -1
            folder.receive(connection)
            try:
                code = _told_code(connection)
            except TimeoutError:
                code = None
    except OSError as error:
        raise GradingFault(
            f"The process that runs the tests does not answer: {error}.",
            "Check again; if it stays so, run `learn doctor`.",
        ) from None
    finally:
        if write_end >= 0:
            os.close(write_end)
    log.wait(LOG_S)
    return code, log.text()


def _told_code(connection: socket.socket) -> int:
    """Wait for the host to tell how the process has ended."""
    with connection.makefile("rb") as told:
        fact = facts.parse_fact(told.readline(facts.MAX_LINE))
    if not isinstance(fact, facts.Ended):
        raise ConnectionError("it has ended")
    return fact.code


def _run_spawned(start: bytes, folder: str, limit_s: float) -> tuple[int | None, str]:
    """Run the tests in a process of its own, where there is no fork."""
    process = sandbox.start_python("checker.host", ["once"], folder)
    assert process.stdin and process.stdout and process.stderr  # they are pipes  # noqa: PT018
    log = Tail(process.stderr, LOG_BYTES)
    try:
        process.stdin.write(start)
        process.stdin.flush()
    except OSError:
        pass  # it died before it could read: its exit code says so
    code = sandbox.finish(process, limit_s)
    log.wait(LOG_S)
    process.stdout.close()
    try:
        process.stdin.close()
    except OSError:
        pass
    return code, log.text()


def _verdict(code: int | None) -> Verdict:
    known: Mapping[int | None, Verdict] = {PASSED: "passed", FAILED: "failed", None: "endless"}
    return known.get(code, "broken")
