"""What a suite may demand of learners' tests, and what the learner is told if it is not so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from checker.client import Unmet, reason
from checker.trials.builds import GIVEN, REWRITTEN
from checker.trials.plan import Plan
from checker.trials.run import FAILED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checker.launcher import Job
    from checker.testing import Kind
    from checker.trials.builds import Build
    from checker.trials.run import Trial, Verdict

INTERRUPTED, NO_TESTS = 2, 5
"""Exit codes of pytest: of a run that is broken, they say how."""
QUICK_S = 10.0
QUICK_FACTOR = 4.0
"""Tests are quick that take less than QUICK_S, or than so many times what the reference's take."""
MAX_SHOWN = 25
"""Lines of pytest's output that a message shows."""
MAX_NAMED = 6
"""Tests that it names."""
HEADING = re.compile(r"=+ (FAILURES|ERRORS) =+")
"""The line after which pytest shows what failed, in the order in which it did."""


class Trials:
    """The learner's tests, as a suite sees them."""

    def __init__(self, job: Job, *, all_at_once: bool) -> None:
        """`all_at_once` starts every trial once the correct app has passed, not one by one."""
        self._reference = Path(job.reference)
        self._plan = Plan(job, all_at_once=all_at_once)
        self.remark: Callable[[str], None] = lambda _: None
        """Told what a passing check has to say."""

    def expect_pass(self, build: str = GIVEN, *, order: Kind = "given", because: str = "") -> Trial:
        """Demand that the tests pass on a correct build, or raise Unmet with pytest's output."""
        trial = self._plan.trial(build, order)
        first = (build, order) == (GIVEN, "given")
        if trial.verdict != "passed" and not first:
            trial = self._plan.again(build, order, told=True)
        if trial.verdict != "passed":
            why = "While that is so, no step can be graded." if first else reason(because).strip()
            raise Unmet("\n".join(filter(None, [_said(trial), why, _shown(trial.log)])))
        return trial

    def expect_caught(self, *names: str) -> None:
        """Demand that the tests fail on each of these bugs, or raise Unmet with what is missed."""
        if self._plan.trial().verdict != "passed":
            raise Unmet("Your tests must pass on the shop as it is, before a failure means a bug.")
        if self._plan.trial(REWRITTEN).verdict != "passed":
            raise Unmet(
                "Your tests pass on the shop as it is, but not on the same shop with its lines "
                "written differently.\nTest what the shop answers, not the text of main.py."
            )
        trials = {name: self._plan.bug(name) for name in names}
        caught, missed = [], []
        for name, running in trials.items():
            build, verdict = self._plan.builds[name], running.result().verdict
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
        took_s = self._plan.trial().took_s
        if took_s < QUICK_S:
            return
        again = self._plan.again(GIVEN, "given").took_s
        usual = self._plan.again(GIVEN, "given", tests=self._reference).took_s
        if again > max(QUICK_S, QUICK_FACTOR * usual):
            raise Unmet(
                f"Your tests took {again:.0f} seconds on the shop; they should take less than "
                f"{max(QUICK_S, QUICK_FACTOR * usual):.0f}.\n"
                "`pytest --durations=5` shows the slowest: look for a sleep, or for the real "
                "courier."
            )

    def end(self) -> dict[str, str]:
        """Start no more trials, and wait for those that run; return which test found which bug."""
        self._plan.end()
        return self._plan.found_by


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
    """Return the first failures of what pytest printed, and which tests they are; or its end."""
    lines = log.strip().splitlines()
    first = next((number for number, line in enumerate(lines) if HEADING.fullmatch(line)), None)
    if not lines:
        return ""
    if len(lines) <= MAX_SHOWN:
        shown = lines
    elif first is None:
        shown = ["...", *lines[-MAX_SHOWN:]]
    else:
        shown = [*lines[first + 1 : first + MAX_SHOWN], "...", *_summary(lines), lines[-1]]
    return "\n".join(["", "pytest printed:", *shown])


def _summary(lines: Sequence[str]) -> list[str]:
    """Return the tests that failed, as pytest sums them up: the first ones by name."""
    named = [line.partition(" - ")[0] for line in lines if line.startswith(("FAILED ", "ERROR "))]
    more = len(named) - MAX_NAMED
    return named[:MAX_NAMED] + ([f"and {more} more"] if more > 0 else [])
