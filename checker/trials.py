"""The trusted side of a lesson whose learner writes tests: run them against many builds.

A trial is one run of the learner's tests in a process of its own, against one build of the app.
Of it, one thing is believed: how the process ended. 0 is passed, 1 is failed, all else is broken.
"""

from __future__ import annotations

import json
import os
import random
import re
import secrets
import shutil
import socket
import tempfile
import threading
import time
import tomllib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from checker import facts, handover, sandbox
from checker.client import Unmet, reason
from checker.disguise import disguised
from checker.errors import GradingFault
from checker.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from checker.handover import Folder
    from checker.launcher import Job

Verdict = Literal["passed", "failed", "broken", "endless"]

PASSED, FAILED, INTERRUPTED, NO_TESTS = 0, 1, 2, 5
"""Exit codes of pytest: the only ones that a trial tells apart."""
LIMIT_S = 40.0
"""How long the tests may take on the correct app."""
QUICK_S = 10.0
QUICK_FACTOR = 4.0
"""Tests are quick that take less than QUICK_S, or than so many times what the reference's take."""
PATIENCE = 10.0
"""How many times as long they may take on another build."""
LEAST_LIMIT_S = 5.0
"""But that long in any case."""
LOG_BYTES = 64 * 1024
LOG_S = 2.0
"""How long to wait for the end of what was printed: a child may hold the pipe open for ever."""
MAX_SHOWN = 25
"""Lines of pytest's output that a message shows."""
FOREIGN_FRAME = re.compile(r"^(?:/|[A-Z]:\\).*: in .*\n(?: {4}.*\n)*", re.MULTILINE)
"""A frame of pytest's traceback that is not in the learner's folder."""
GIVEN = "given"
"""The name of the correct app, as the learner has it."""
REWRITTEN = "rewritten"
"""The name of the same app, written differently: no test can tell it by its text."""


@dataclass(frozen=True, slots=True)
class Build:
    """One build of the app, whole. A correct one, or with one bug."""

    name: str
    source: str
    bug: bool = False
    area: str = ""
    """What a missed bug is about: told, so that the learner knows where to look."""
    behaviour: str = ""
    """What a caught bug does: told only when it was caught."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How the learner's tests went on one build."""

    verdict: Verdict
    code: int | None
    log: str
    took_s: float


def read_builds(reference: Path, variants: Path) -> dict[str, Build]:
    """Read the builds of a lesson: the reference's main.py, edits of it, and other files.

    Raises GradingFault if an edit does not fit: each must occur exactly once.
    """
    given = (reference / "main.py").read_text(encoding="utf-8")
    found = {GIVEN: Build(GIVEN, given), REWRITTEN: Build(REWRITTEN, given)}
    for path in sorted(variants.glob("*.py")):
        found[path.stem] = Build(path.stem, path.read_text(encoding="utf-8"))
    table = tomllib.loads((variants / "variants.toml").read_text(encoding="utf-8"))
    for kind in ("build", "bug"):
        for row in table.get(kind, []):
            source = given
            for edit in row["edits"]:
                if source.count(edit["old"]) != 1:
                    raise GradingFault(
                        f"The variant {row['name']!r} does not fit: {edit['old']!r} should occur "
                        f"once in main.py, but occurs {source.count(edit['old'])} times.",
                        f"Mend {variants / 'variants.toml'}.",
                    )
                source = source.replace(edit["old"], edit["new"])
            found[row["name"]] = Build(
                row["name"], source, kind == "bug", row.get("area", ""), row.get("behaviour", "")
            )
    return found


class Trials:
    """Runs trials, as many at a time as there are processors, each at most once."""

    def __init__(self, job: Job, *, all_at_once: bool) -> None:
        """`all_at_once` starts every trial once the correct app has passed, not one by one."""
        self._job = job
        variants = Path(job.suite).parent.parent / "variants" / Path(job.reference).name
        self.builds = read_builds(Path(job.reference), variants)
        self._all_at_once = all_at_once
        self._running: dict[tuple[str, str | int], Future[Trial]] = {}
        self._processors = ThreadPoolExecutor(os.cpu_count() or 1)
        self._lock = threading.Lock()
        self.remark: Callable[[str], None] = lambda _: None
        """Told what a passing check has to say."""

    # ---------------------------------------------------------------- what a suite demands

    def expect_pass(
        self, build: str = GIVEN, *, order: str | int = "given", because: str = ""
    ) -> Trial:
        """Demand that the tests pass on a correct build, or raise Unmet with pytest's output."""
        trial = self.trial(build, order=order)
        first = (build, order) == (GIVEN, "given")
        if trial.verdict != "passed" and not first:
            trial = self._run(build, order, told=True)
        if trial.verdict != "passed":
            why = "While that is so, no step can be graded." if first else reason(because).strip()
            raise Unmet("\n".join(filter(None, [_said(trial), why, _shown(trial.log)])))
        return trial

    def expect_caught(self, *names: str) -> None:
        """Demand that the tests fail on each of these bugs, or raise Unmet with what is missed."""
        if self.trial().verdict != "passed":
            raise Unmet("Your tests must pass on the shop as it is, before a failure means a bug.")
        if self.trial(REWRITTEN).verdict != "passed":
            raise Unmet(
                "Your tests pass on the shop as it is, but not on the same shop with its lines "
                "written differently.\nTest what the shop answers, not the text of main.py."
            )
        trials = {name: self._submit(name) for name in names}
        caught, missed = [], []
        for name, running in trials.items():
            build, verdict = self.builds[name], running.result().verdict
            if verdict == "failed":
                caught.append(build.behaviour)
            else:
                missed.append(_missed(build, verdict))
        told = _listed("Caught", caught)
        if not missed:
            self.remark(told)
            return
        raise Unmet(
            f"{_number(len(names), len(missed))}\n"
            + "\n".join(filter(None, [_listed("Missed", missed), told]))
        )

    def expect_quick(self) -> None:
        """Demand that the tests don't take much longer than the reference's, or raise Unmet.

        On a busy machine both take longer.
        """
        took_s = self.trial().took_s
        if took_s < QUICK_S:
            return
        again = self._run(GIVEN, "given").took_s
        usual = self._run(GIVEN, "given", Path(self._job.reference)).took_s
        if again > max(QUICK_S, QUICK_FACTOR * usual):
            raise Unmet(
                f"Your tests took {again:.0f} seconds on the shop; they should take less than "
                f"{max(QUICK_S, QUICK_FACTOR * usual):.0f}.\n"
                "`pytest --durations=5` shows the slowest: look for a sleep, or for the real "
                "courier."
            )

    def trial(self, build: str = GIVEN, *, order: str | int = "given") -> Trial:
        """Run the tests on a build, in this order (`reversed`, or the seed of a shuffle)."""
        return self._submit(build, order).result()

    # ------------------------------------------------------------------------- how it is done

    def _submit(self, name: str, order: str | int | None = None) -> Future[Trial]:
        if name != GIVEN and self.trial().verdict == "passed" and self._all_at_once:
            self._start(GIVEN, "reversed")
            for build in self.builds.values():
                self._start(build.name, self._order_for(build))
        return self._start(name, self._order_for(self.builds[name]) if order is None else order)

    def _order_for(self, build: Build) -> str:
        """Look for the later half of the bugs from the end of the tests, if they pass that way.

        Tests tend to stand in the order of the steps, and a trial ends with its first failure.
        """
        if not (build.bug and self._all_at_once):
            return "given"
        bugs = [one for one in self.builds.values() if one.bug]
        late = bugs.index(build) >= len(bugs) // 2
        return "reversed" if late and self.trial(order="reversed").verdict == "passed" else "given"

    def _start(self, build: str, order: str | int) -> Future[Trial]:
        with self._lock:
            if (build, order) not in self._running:
                self._running[build, order] = self._processors.submit(self._run, build, order)
            return self._running[build, order]

    def _run(
        self, name: str, order: str | int, tests: Path | None = None, *, told: bool = False
    ) -> Trial:
        """Run a trial; `told` is one whose output the learner will read."""
        build = self.builds[name]
        limit_s = LIMIT_S
        if name != GIVEN:
            limit_s = max(LEAST_LIMIT_S, PATIENCE * self.trial().took_s)
        scratch = Path(tempfile.mkdtemp(prefix="run-", dir=self._job.scratch))
        assembled = scratch / "assembled"
        shutil.copytree(tests or self._job.submission, assembled)
        source = build.source
        if name != GIVEN and not told:
            source = disguised(source, random.Random(secrets.randbits(64)))  # noqa: S311
        (assembled / "main.py").write_text(source, encoding="utf-8")
        (scratch / "tmp").mkdir()
        folder = handover.folder(self._job.isolation, assembled, scratch / "app")
        start = {
            "kind": "tests",
            "preload": list(self._job.preload),
            "folder": folder.path,
            "temporary": str(scratch / "tmp" / "pytest"),
            "environment": folder.environment() | self._job.environment,
            "limits": asdict(self._job.limits),
            "order": order,
            "brief": not told and (name, order) != (GIVEN, "given"),
        }
        line = json.dumps(start).encode() + b"\n"
        began = time.monotonic()
        if self._job.control is None:
            code, log = _run_spawned(line, folder.path, limit_s)
        else:
            code, log = _run_forked(line, folder, self._job.control, limit_s)
        folder.close()
        shutil.rmtree(scratch, ignore_errors=True)
        log = FOREIGN_FRAME.sub("", log.replace(f"{folder.path}{os.sep}", ""))
        return Trial(_verdict(code), code, log, time.monotonic() - began)

    def end(self) -> None:
        """Start no more trials, and wait for those that run."""
        self._processors.shutdown(wait=True, cancel_futures=True)


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


def _said(trial: Trial) -> str:
    if trial.verdict == "endless":
        return (
            f"Your tests should pass, but had not ended after {trial.took_s:.0f} seconds. "
            "Something in them waits for ever, or for too long."
        )
    if trial.code == FAILED:
        return "Your tests should pass, but at least one fails: see below which it is."
    if trial.code == NO_TESTS:
        return (
            "pytest found no test. It takes functions whose names begin with `test_`, in files "
            "whose names do."
        )
    if trial.code == INTERRUPTED:
        return "pytest could not import your tests, so none was run."
    return f"Your tests should pass, but pytest did not come to its end (exit code {trial.code})."


def _missed(build: Build, verdict: Verdict) -> str:
    match verdict:
        case "endless":
            return (
                f"{build.area}: a test never ends there. It must fail instead: never wait for "
                "a message that may not come, and open sockets in a `with` block"
            )
        case "broken":
            return (
                f"{build.area}: pytest could not run there. Send no request while the file is "
                "being imported, only in tests and fixtures"
            )
    return build.area


def _listed(title: str, items: Sequence[str]) -> str:
    return f"{title}:\n" + "\n".join(f"  - {item}" for item in items) if items else ""


def _number(planted: int, missed: int) -> str:
    if planted == 1:
        return "Your tests should fail on the bug that is planted here, but do not."
    return (
        f"Your tests should catch all {planted} bugs that are planted here, each in a copy of the "
        f"shop, but miss {missed}."
    )


def _shown(log: str) -> str:
    lines = log.strip().splitlines()
    cut = ["..."] if len(lines) > MAX_SHOWN else []
    return "\n".join(["", "pytest printed:", *cut, *lines[-MAX_SHOWN:]]) if lines else ""
