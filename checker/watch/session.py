"""What the screen and the line mode share: the lesson at hand, its verdict, and moving on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.errors import UsageFault
from checker.watch.news import Checking, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.model import Lesson, Step
    from checker.workspace import Workspace


class Session:
    """One sitting: which lesson is watched, what is known of it, where to go next."""

    def __init__(self, workspace: Workspace, lesson: Lesson, *, moves_on: bool) -> None:
        """`moves_on`: whether to go to the next lesson when a save makes this one pass."""
        self.workspace = workspace
        self.lesson = lesson
        self.moves_on = moves_on
        self.verdict: Verdict | None = None
        """The last one on this lesson, of this sitting."""
        self.is_checking = True
        """Whether that verdict is out of date."""
        self.counts: Mapping[str, int] = {}
        """Steps that have passed at some time, by lesson number."""

    def choose(self, lesson: Lesson) -> None:
        """Go to another lesson."""
        self.lesson, self.verdict, self.is_checking = lesson, None, True

    def take(self, news: Checking | Verdict) -> Lesson | None:
        """Take what the grader tells; return the lesson to go to by itself, if any."""
        if news.lesson is not self.lesson:
            return None  # told before another was chosen
        if isinstance(news, Checking):
            self.is_checking = True
            return None
        before, self.verdict = self.verdict, news
        self.is_checking = False
        self.counts = news.counts or self.counts
        first = bool(news.remembered.first_passed) or (before is not None and not before.passed)
        return self.following() if self.moves_on and news.passed and first else None

    def following(self) -> Lesson | None:
        """Return the lesson after this one; None after the last."""
        lessons = self.workspace.course.lessons
        later = lessons[lessons.index(self.lesson) + 1 :]
        return later[0] if later else None

    def next_lesson(self) -> Lesson:
        """Return the lesson to go on with. Raises UsageFault if this one is not passed."""
        steps = len(self.lesson.steps)
        is_passed = self.counts.get(self.lesson.number, 0) == steps
        if not is_passed and not (self.verdict and self.verdict.passed):
            raise UsageFault(
                f"Lesson {self.lesson.number} is not passed yet.",
                "A hint may help (h). Any other lesson can be chosen from the list (l).",
            )
        following = self.following()
        if following is None:
            raise UsageFault("That was the last lesson.", "See what is left in the list (l).")
        return following

    @property
    def open_step(self) -> Step | None:
        """The step that the learner is at: the first that does not pass, as far as is known."""
        if self.verdict is None or self.verdict.report is None:
            return None
        results = self.verdict.report.steps
        return next((result.step for result in results if result.status != "passed"), None)

    @property
    def step_at_hand(self) -> Step:
        """The step whose task is to be read: the first, where nothing is known or left."""
        return self.open_step or self.lesson.steps[0]

    def matching(self, words: str) -> list[Lesson]:
        """Return the lessons in whose number, title or steps all the words occur."""
        return [
            lesson
            for lesson in self.workspace.course.lessons
            if all(word in _searched(lesson) for word in words.lower().split())
        ]

    def listed(self, lesson: Lesson) -> str:
        """Say how far a lesson is, in a line."""
        passed, steps = self.counts.get(lesson.number, 0), len(lesson.steps)
        return f"{lesson.number} {lesson.title}: {passed} of {steps} steps"


def _searched(lesson: Lesson) -> str:
    titles = " ".join(step.title for step in lesson.steps)
    return f"{lesson.number} {lesson.name} {lesson.title} {titles}".lower()
