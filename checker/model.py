"""The frozen values that the checker passes around. Imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CheckStatus = Literal["passed", "failed", "not_run", "error"]
ReportStatus = Literal["passed", "failed", "error"]
Isolation = Literal["process", "confined", "strict"]
Database = Literal["sqlite", "postgresql", "mysql"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a submission may use while it is graded. Times in seconds, sizes in bytes."""

    start_s: float = 10.0
    request_s: float = 5.0
    lesson_s: float = 60.0
    memory_bytes: int = 2 * 1024**3
    file_bytes: int = 64 * 1024**2
    open_files: int = 512
    processes: int = 128
    answer_bytes: int = 8 * 1024**2
    log_bytes: int = 64 * 1024
    submission_bytes: int = 16 * 1024**2
    submission_files: int = 500
    scratch_bytes: int = 128 * 1024**2
    scratch_files: int = 10_000


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to learn: a section of the task, its checks' points, its hints."""

    id: str
    """Lesson and step, as in `04.1`."""
    title: str
    task: str
    """The section of the task, as Markdown."""
    points: int
    needs: tuple[int, ...]
    """Numbers of the steps without which this one can't be graded."""
    hints: tuple[str, ...]
    """Three tiers: where to look, what to use, nearly the code."""
    closing: str
    """Shown after passing: why it works, and what a professional would add."""

    @property
    def number(self) -> int:
        """The step's number within its lesson."""
        return int(self.id.partition(".")[2])


@dataclass(frozen=True, slots=True)
class Lesson:
    """A numbered lesson and where its parts lie."""

    number: str
    """Two digits, as in `04`."""
    slug: str
    title: str
    text: Path
    """The lesson's README.md."""
    exercise: Path
    """The folder of task and starter."""
    solution: Path
    """The folder of the reference."""
    suite: Path
    """The hidden pytest file."""
    mistakes: Path
    """The folder of known mistakes; it may be missing."""
    variants: Path
    """The folder of other builds of the app, where the learner writes tests."""
    notebook: Path
    """What the lesson is taught from in JupyterLab."""
    steps: tuple[Step, ...]
    entry: str = "main.py"
    """The file that the learner writes; if it is another one, it holds tests of main.py."""
    limits: Limits = field(default_factory=Limits)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that the app is served with."""
    secrets: tuple[str, ...] = ()
    """Variables that get a new random value at every run."""
    preload: tuple[str, ...] = ()
    """Modules that the host imports before it forks."""
    covers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """What the lesson must teach and grade, in words; and the numbers of the steps that do."""
    databases: tuple[Database, ...] = ()
    """Databases that the lesson can be graded on, the default first; none: it needs none."""

    @property
    def name(self) -> str:
        """Number and slug, as its folders are called."""
        return f"{self.number}-{self.slug}"

    def step(self, number: int) -> Step:
        """Return the step of that number, or raise KeyError."""
        for step in self.steps:
            if step.number == number:
                return step
        raise KeyError(number)


@dataclass(frozen=True, slots=True)
class Course:
    """All lessons of a folder, in the order of their numbers."""

    root: Path
    lessons: tuple[Lesson, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent to the app, what came back (None: nothing), and a line to replay it."""

    request: dict[str, Any]
    response: dict[str, Any] | None
    curl: str
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that the app was served with and that a replay needs."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A line of the learner's own code in a traceback."""

    file: str
    line: int
    function: str
    code: str


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception that the learner's app did not handle, trimmed to the learner's frames."""

    type: str
    message: str
    frames: tuple[Frame, ...]
    during: str
    """What the app was doing, as in `GET /books/7`."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an app could not be graded at all: it does not parse, import, start or stay alive."""

    kind: str
    message: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One test of the suite, and how it went. It starts as `not_run`."""

    name: str
    label: str
    """The test's docstring: what the learner sees."""
    status: CheckStatus = "not_run"
    message: str = ""
    exchanges: tuple[Exchange, ...] = ()
    exceptions: tuple[Raised, ...] = ()
    printed: str = ""
    """What the app printed while the check ran."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A known mistake that a failing step looks like."""

    id: str
    message: str


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step with its graded checks."""

    step: Step
    checks: tuple[Check, ...]
    mistake: Mistake | None = None

    @property
    def status(self) -> CheckStatus:
        """Passed only if there are checks and all of them passed."""
        statuses = {check.status for check in self.checks}
        for status in ("error", "failed", "not_run"):
            if status in statuses:
                return status
        return "passed" if self.checks else "not_run"

    @property
    def points(self) -> int:
        """The step's points if it passed, else 0."""
        return self.step.points if self.status == "passed" else 0


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on one submission."""

    lesson: Lesson
    steps: tuple[StepResult, ...]
    """The steps that were asked for."""
    isolation: Isolation
    seed: int
    """What the suite's random data was drawn from."""
    duration_s: float
    trouble: Trouble | None = None
    log: str = ""
    """The end of what the app printed."""
    database: Database | None = None

    @property
    def status(self) -> ReportStatus:
        """Passed only if every step passed; `error` if the checker failed, not the learner."""
        statuses = {result.status for result in self.steps}
        if "error" in statuses:
            return "error"
        return "passed" if statuses == {"passed"} and self.trouble is None else "failed"

    @property
    def points(self) -> int:
        """Points earned."""
        return sum(result.points for result in self.steps)

    @property
    def max_points(self) -> int:
        """Points that could be earned."""
        return sum(result.step.points for result in self.steps)
