"""What a grader tells: values, in the order in which things happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from checker.errors import Fault
from checker.progress import Remembered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.model import Lesson, Report


@dataclass(frozen=True, slots=True)
class Checking:
    """A check has begun: what was told before is out of date."""

    lesson: Lesson
    content: str
    """Digest of what is graded (see checker.watch.content)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the learner's folder is worth, as it stands there now."""

    lesson: Lesson
    content: str
    """Digest of what was graded."""
    report: Report | None
    """None: it can't be graded; `fault` says why."""
    fault: Fault | None = None
    remembered: Remembered = field(default_factory=Remembered)
    counts: Mapping[str, int] = field(default_factory=dict)
    """Steps that have passed at some time, by lesson number."""

    @property
    def passed(self) -> bool:
        """Whether all steps pass."""
        return self.report is not None and self.report.status == "passed"


@dataclass(frozen=True, slots=True)
class Graded:
    """How a lesson did when all of them were graded; or why it can't be."""

    lesson: Lesson
    outcome: Report | Fault

    @property
    def words(self) -> str:
        """Say it in a line."""
        name = f"{self.lesson.number} {self.lesson.title}"
        if isinstance(self.outcome, Fault):
            return f"{name}: can't be graded. {self.outcome.message}"
        how = {"passed": "passed", "failed": "not yet", "error": "the checker could not grade it"}
        points = f"{self.outcome.points} of {self.outcome.max_points} points"
        return f"{name}: {points}, {how[self.outcome.status]}"


@dataclass(frozen=True, slots=True)
class RoundOver:
    """All lessons were graded, or the round was given up."""

    counts: Mapping[str, int]
    """Steps that have passed at some time, by lesson number."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The checker has a bug, and grades no more."""

    error: Exception


News = Checking | Verdict | Graded | RoundOver | Broken
