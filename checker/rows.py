"""What the runs of a suite tell, row by row, put together: one picture of one submission."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from itertools import dropwhile, zip_longest
from typing import TYPE_CHECKING, Any

from checker.model import Check, Exchange, Frame, Raised, StepResult, Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.model import Step


@dataclass
class Rows:
    """What was told so far. Safe to use from several threads."""

    checks: dict[str, tuple[int, Check]] = field(default_factory=dict)
    """By name, in the suite's order: the step's number, and the check."""
    trouble: Trouble | None = None
    log: str = ""
    found_by: dict[str, str] = field(default_factory=dict)
    """Which of the learner's tests found which bug."""
    took_s: dict[str, float] = field(default_factory=dict)
    """By name of a check: how many seconds it took."""
    starts: dict[str, int] = field(default_factory=dict)
    """By name of a check: how many fresh apps it asked for, with nothing changed."""
    finished: int = 0
    """How many runs have come to their end."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, line: bytes) -> None:
        """Add one row. The runner is ours: a row that doesn't parse is our bug."""
        row: dict[str, Any] = json.loads(line)
        with self._lock:
            self._take(row)

    def _take(self, row: dict[str, Any]) -> None:
        match row["row"]:
            case "collected":  # every run tells all checks, and runs its own
                for check in row["checks"]:
                    name = check["name"]
                    self.checks.setdefault(name, (check["step"], Check(name, check["label"])))
            case "check":
                check = _check(row["check"])
                self.checks[check.name] = (row["step"], check)
                if check.status != "not_run":
                    self.took_s[check.name], self.starts[check.name] = row["took_s"], row["starts"]
            case "trouble":
                self.trouble = self.trouble or Trouble(**row["trouble"])
            case "found":
                self.found_by = row["tests"]
            case "finished":
                self.finished += 1
                self.log += _without_common_start(self.log, row["log"])

    def result(self, step: Step) -> StepResult:
        """Return how a step went."""
        checks = [check for number, check in self.checks.values() if number == step.number]
        if self.trouble:
            # A check that passed before the end still passed; the rest did not run.
            checks = [
                check if check.status != "not_run" else replace(check, message="Not run.")
                for check in checks
            ]
        return StepResult(step, tuple(checks))

    def hold_back(self, steps: Sequence[Step]) -> None:
        """Make what builds on a broken step `not_run`: one run does not know of another's.

        `steps` are all steps of the lesson, in order.
        """
        ids = {step.number: step.id for step in steps}
        wrong = ("failed", "error")
        broken = {number for number, check in self.checks.values() if check.status in wrong}
        for step in steps:
            on = next((need for need in step.needs if need in broken), None)
            if on is None:
                continue
            message = f"Not run: this builds on step {ids[on]}, which fails."
            broken.add(step.number)
            for name, (number, check) in self.checks.items():
                if number == step.number:
                    held = Check(check.name, check.label, message=message)
                    self.checks[name] = (number, held)


def _check(row: dict[str, Any]) -> Check:
    exchanges = tuple(Exchange(**exchange) for exchange in row.pop("exchanges"))
    exceptions = tuple(
        Raised(**raised | {"frames": tuple(Frame(**frame) for frame in raised["frames"])})
        for raised in row.pop("exceptions")
    )
    return Check(**row, exchanges=exchanges, exceptions=exceptions)


def _without_common_start(log: str, other: str) -> str:
    """Return what another app of the submission printed, without what each prints at its start."""
    lines = zip_longest(other.splitlines(keepends=True), log.splitlines(keepends=True))
    return "".join(line for line, _ in dropwhile(lambda pair: pair[0] == pair[1], lines) if line)
