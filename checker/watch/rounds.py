"""Every lesson of the workspace graded once: what `c` asks for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from checker.cancellation import Cancellation, Cancelled
from checker.errors import Fault
from checker.grading import AT_ONCE
from checker.progress import passed_by_lesson, remember
from checker.watch.content import read_content
from checker.watch.grader import grade_content
from checker.watch.news import Broken, Graded, RoundOver

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.engine import Engine
    from checker.model import Lesson, Report
    from checker.workspace import Workspace


class Round:
    """Grades and remembers all lessons, several at a time, in threads of its own.

    `tell` gets a Graded for each lesson as it is done, and RoundOver at the end.
    """

    def __init__(
        self,
        workspace: Workspace,
        engine: Engine,
        tell: Callable[[Graded | RoundOver | Broken], None],
    ) -> None:
        """Begin."""
        self._workspace = workspace
        self._engine = engine
        self._tell = tell
        lessons = workspace.course.lessons
        self._cancelled = {lesson.number: Cancellation() for lesson in lessons}
        self._thread = threading.Thread(target=self._grade_all, name="round")
        self._thread.start()

    def end(self) -> None:
        """Give up what is not done yet, and wait until nothing runs any more."""
        for cancelled in self._cancelled.values():
            cancelled.set()
        self._thread.join()

    def _grade_all(self) -> None:
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for _ in pool.map(self._grade, self._workspace.course.lessons):
                    pass
        except Cancelled:
            pass
        except Exception as error:  # noqa: BLE001 (whoever listens must know that it ended)
            self._tell(Broken(error))
        counts, _ = passed_by_lesson(self._workspace.progress_file, self._workspace.course.lessons)
        self._tell(RoundOver(counts))

    def _grade(self, lesson: Lesson) -> None:
        cancelled = self._cancelled[lesson.number]
        if cancelled.is_set():
            raise Cancelled
        content = read_content(self._workspace, lesson)
        try:
            report = grade_content(self._workspace, lesson, content, self._engine, cancelled)
        except Fault as fault:
            outcome: Report | Fault = fault
        else:
            outcome = report
            remember([report], self._workspace.progress_file)
        self._tell(Graded(lesson, outcome))
