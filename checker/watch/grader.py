"""Newest content -> verdict, without any face: the last verdict belongs to the last content.

What is graded is a copy of what was read at one moment, so a verdict always says what it is
about. A newer save cancels the check that runs; its verdict is thrown away.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from checker.cancellation import Cancellation, Cancelled
from checker.errors import Fault, GradingFault
from checker.grading import Options, grade
from checker.progress import passed_by_lesson, remember
from checker.scratch import Scratch
from checker.watch.content import Content, read_content
from checker.watch.news import Broken, Checking, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.engine import Engine
    from checker.model import Lesson, Report
    from checker.workspace import Workspace


def grade_content(
    workspace: Workspace,
    lesson: Lesson,
    content: Content,
    engine: Engine,
    cancelled: Cancellation,
) -> Report:
    """Grade what was read of a lesson's folder.

    Raises Fault if that can't be graded, Cancelled soon after `cancelled` was set.
    """
    if content.fault:
        raise content.fault
    with Scratch() as scratch:
        copy = scratch / lesson.name
        try:
            content.write_to(copy)
        except OSError as error:
            raise GradingFault(
                f"The submission can't be copied for grading: {error}.",
                "Free some disk space, and save again.",
            ) from None
        options = Options(shown=workspace.exercise(lesson))
        return grade(lesson, copy, options, engine, cancelled=cancelled)


@dataclass(frozen=True, eq=False)
class Wanted:
    """A content that is to be graded, or was."""

    lesson: Lesson
    content: Content
    digest: str
    cancelled: Cancellation = field(default_factory=Cancellation)


class Grader:
    """Grades the folder of one lesson whenever its content is new, in a thread of its own.

    `tell` gets the news from that thread. A context manager: at its end the thread is gone.
    """

    def __init__(
        self,
        workspace: Workspace,
        lesson: Lesson,
        engine: Engine,
        tell: Callable[[Checking | Verdict | Broken], None],
    ) -> None:
        self._workspace = workspace
        self._engine = engine
        self._tell = tell
        self._lesson = lesson
        self._newest: Wanted | None = None
        self._is_done = self._closed = False
        self._reading = threading.Lock()
        """Held while the folder is read, so that what was read last is what is newest."""
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="grader")

    def __enter__(self) -> Self:
        self.look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._news:
            self._closed = True
            if self._newest:
                self._newest.cancelled.set()
            self._news.notify_all()
        self._thread.join()

    def look(self) -> None:
        """Read the folder; if its content is new, grade it next, and cancel what runs."""
        with self._reading:
            wanted = self._read()
            newest = self._newest
            if (
                newest is None
                or newest.lesson is not wanted.lesson
                or newest.digest != wanted.digest
            ):
                self._want(wanted)

    def choose(self, lesson: Lesson) -> None:
        """Grade another lesson from now on; or the same, once more."""
        with self._reading:
            self._lesson = lesson
            self._want(self._read())

    def _read(self) -> Wanted:
        content = read_content(self._workspace, self._lesson)
        return Wanted(self._lesson, content, content.digest)

    def _want(self, wanted: Wanted) -> None:
        with self._news:
            if self._newest:
                self._newest.cancelled.set()
            self._newest, self._is_done = wanted, False
            self._news.notify_all()

    def _work(self) -> None:
        try:
            while wanted := self._next():
                self._tell(Checking(wanted.lesson, wanted.digest))
                try:
                    report = grade_content(
                        self._workspace,
                        wanted.lesson,
                        wanted.content,
                        self._engine,
                        wanted.cancelled,
                    )
                except Cancelled:
                    continue
                except Fault as fault:
                    outcome: Report | Fault = fault
                else:
                    outcome = report
                self.look()  # a save whose event is still on its way counts too
                if not wanted.cancelled.is_set():
                    self._tell(self._verdict(wanted, outcome))
        except Exception as error:  # noqa: BLE001 (whoever listens must know that it ended)
            self._tell(Broken(error))

    def _next(self) -> Wanted | None:
        """Wait for something to grade; None: it is over."""
        with self._news:
            self._news.wait_for(lambda: self._closed or not self._is_done)
            self._is_done = True
            return None if self._closed else self._newest

    def _verdict(self, wanted: Wanted, outcome: Report | Fault) -> Verdict:
        """Remember what has passed, and say it."""
        lesson, file = wanted.lesson, self._workspace.progress_file
        if isinstance(outcome, Fault):
            return Verdict(lesson, wanted.digest, None, outcome)
        remembered = remember([outcome], file)
        counts, _ = passed_by_lesson(file, self._workspace.course.lessons)
        return Verdict(lesson, wanted.digest, outcome, None, remembered, counts)
