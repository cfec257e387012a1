"""Line by line: for dumb terminals, screen readers and pipes. Words instead of marks."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.markdown import Markdown
from rich.text import Text

from checker.catalog import find_lesson
from checker.commands import editor, hint, solution
from checker.errors import Fault
from checker.render import terminal
from checker.render.console import put
from checker.render.safe import plain
from checker.watch.grader import Grader
from checker.watch.news import Broken, Checking, Graded, RoundOver, Verdict
from checker.watch.rounds import Round
from checker.workspace import reset_exercise

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from checker.engine import Engine
    from checker.model import Lesson, Report
    from checker.watch.news import News
    from checker.watch.session import Session

KEYS = (
    "h hint, d diff, o open in the editor, r reset, l list, n next, s solution, "
    "c check all, t task, a move on by itself, q quit"
)
STATES = {"passed": "passed", "failed": "failed", "not_run": "not run", "error": "checker failed"}


@dataclass(frozen=True, slots=True)
class Line:
    """What the user typed; None: there is no more to come."""

    text: str | None


class Lines:
    """Reads stdin in a thread, a line at a time and only when asked: an editor may need it."""

    def __init__(self, tell: Callable[[Line], None]) -> None:
        self._tell = tell
        self._asked = threading.Semaphore(0)
        self._is_asked = False
        threading.Thread(target=self._read, daemon=True).start()

    def ask(self) -> None:
        """Have the next line told, if it was not asked for yet."""
        if not self._is_asked:
            self._is_asked = True
            self._asked.release()

    def take(self) -> None:
        """The line that was asked for has been taken."""
        self._is_asked = False

    def _read(self) -> None:
        """Read by the descriptor: a thread that holds sys.stdin would block our end."""
        rest = b""
        while self._asked.acquire():
            while b"\n" not in rest:
                chunk = os.read(0, 4096)
                if not chunk:
                    self._tell(Line(None))
                    return
                rest += chunk
            line, _, rest = rest.partition(b"\n")
            self._tell(Line(line.decode(errors="replace").strip().lower()))


class PlainWatch:
    """Prints verdicts as they come, and does what is typed."""

    def __init__(self, session: Session, engine: Engine, console: Console) -> None:
        self._session = session
        self._engine = engine
        self._console = console
        self._events: queue.SimpleQueue[News | Line] = queue.SimpleQueue()
        self._put_off: deque[News | Line] = deque()
        """What came while a question was open."""
        self._lines = Lines(self._events.put)
        self._grader = Grader(session.workspace, session.lesson, engine, self._events.put)
        self._round: Round | None = None

    def look(self) -> None:
        """See what was saved. Safe to call from any thread."""
        self._grader.look()

    def run(self) -> None:
        """Go on until the user quits or stdin ends."""
        self._say(f"Keys, each with Enter: {KEYS}.")
        with self._grader:
            try:
                while self._is_wanted(self._event()):
                    pass
            finally:
                if self._round:
                    self._round.end()

    def _event(self) -> News | Line:
        return self._put_off.popleft() if self._put_off else self._arrival()

    def _arrival(self) -> News | Line:
        self._lines.ask()
        event = self._events.get()
        if isinstance(event, Line):
            self._lines.take()
        return event

    def _is_wanted(self, event: News | Line) -> bool:
        """Deal with an event; False: the user has had enough."""
        match event:
            case Line(text=text):
                if text is None or text == "q":
                    return False
                self._obey(text)
            case Checking() | Verdict():
                self._take(event)
            case Graded():
                self._say(event.words)
            case RoundOver(counts=counts):
                self._session.counts = counts
                self._say("All lessons were checked.")
                self._round = None
            case Broken(error=error):
                raise error
        return True

    def _obey(self, key: str) -> None:
        actions = {
            "h": self._hint, "d": self._diff, "o": self._open, "r": self._reset,
            "l": self._list, "n": self._next, "s": self._solution, "c": self._check_all,
            "t": self._task, "a": self._toggle_moving_on,
        }  # fmt: skip
        try:
            if key in actions:
                actions[key]()
            elif key:
                self._say(f"There is no key {key!r}. {KEYS}.")
        except Fault as fault:
            self._say(f"{fault.message} {fault.remedy}")

    def _take(self, news: Checking | Verdict) -> None:
        lesson = self._session.lesson
        if news.lesson is not lesson:
            return
        following = self._session.take(news)
        if isinstance(news, Checking):
            self._say(f"Checking {lesson.number} {lesson.title} ...")
        elif news.fault:
            self._say(f"{news.fault.message}\n{news.fault.remedy}")
        elif news.report:
            self._verdict(news, news.report)
        if following:
            self._choose(following)

    def _verdict(self, verdict: Verdict, report: Report) -> None:
        put(self._console, terminal.headline(report))
        for result in report.steps:
            self._say(f"  {STATES[result.status]}: {result.step.id} {result.step.title}")
        if report.trouble:
            self._say(report.trouble.message)
        elif failing := terminal.first_failing(report):
            for part in terminal.told_in_full(failing, report.lesson.number):
                put(self._console, part)
        for result in report.steps:
            if result.step.id in verdict.remembered.first_passed:
                self._say(f"You have just passed {result.step.id} {result.step.title}.")
                put(self._console, Markdown(result.step.closing))
        if report.log:
            self._say("The end of what your app printed:")
            self._say("\n".join(plain(report.log).strip().splitlines()[-8:]))
        if verdict.remembered.notice:
            self._say(verdict.remembered.notice)
        if verdict.passed:
            following = self._session.following()
            self._say(
                f"All steps pass. n: on to {following.number} {following.title}."
                if following
                else "All steps pass. That was the last lesson."
            )

    def _task(self) -> None:
        step = self._session.step_at_hand
        self._say(f"{step.id} {step.title}")
        put(self._console, Markdown(step.task))

    def _hint(self) -> None:
        session = self._session
        hints = hint.next_hints(session.workspace, session.lesson, session.open_step)
        number = len(hints.shown)
        self._say(f"Hint {number} of {len(hints.step.hints)} for {hints.step.id}")
        put(self._console, Markdown(hints.shown[-1]))
        if hints.is_last:
            self._say("That was the last. The reference: s")

    def _diff(self) -> None:
        if self._may_show():
            difference = solution.difference(self._session.workspace, self._session.lesson)
            self._console.print(difference, soft_wrap=True)

    def _solution(self) -> None:
        if self._may_show():
            self._console.print(solution.reference(self._session.lesson), soft_wrap=True)

    def _may_show(self) -> bool:
        workspace, lesson = self._session.workspace, self._session.lesson
        if solution.must_ask(workspace, lesson) and not self._agreed(
            f"Lesson {lesson.number} is not passed yet. See the reference all the same?"
        ):
            return False
        solution.remember_shown(workspace, lesson)
        return True

    def _open(self) -> None:
        command, workspace = editor.editor_command(), self._session.workspace
        lesson = self._session.lesson
        self._say(f"Opening {workspace.shown(editor.main_file(workspace, lesson))}")
        if editor.opens_window(command):
            editor.edit_in_window(command, workspace, lesson)
        else:
            editor.edit(command, workspace, lesson)

    def _reset(self) -> None:
        workspace, lesson = self._session.workspace, self._session.lesson
        if not self._agreed(f"Put the starter of lesson {lesson.number} back?"):
            return
        backup = reset_exercise(workspace, lesson)
        self._say(f"{workspace.shown(workspace.exercise(lesson))} is the starter again.")
        if backup.exists():
            self._say(f"What you had is kept in {workspace.shown(backup)}")
        self._grader.look()

    def _list(self) -> None:
        lessons = self._session.matching(self._answer("Words to look for, or Enter for all:"))
        for lesson in lessons:
            self._say(self._session.listed(lesson))
        wanted = self._answer("Number of the lesson to go to, or Enter to stay:")
        if wanted:
            lesson, _ = find_lesson(self._session.workspace.course, wanted)
            self._choose(lesson)

    def _next(self) -> None:
        self._choose(self._session.next_lesson())

    def _choose(self, lesson: Lesson) -> None:
        self._session.choose(lesson)
        self._grader.choose(lesson)

    def _toggle_moving_on(self) -> None:
        self._session.moves_on = not self._session.moves_on
        how = "by itself when a lesson passes" if self._session.moves_on else "only with n"
        self._say(f"The next lesson comes {how}.")

    def _check_all(self) -> None:
        if self._round:
            self._say("All lessons are being checked already.")
            return
        self._say("Checking all lessons ...")
        self._round = Round(self._session.workspace, self._engine, self._events.put)

    def _agreed(self, question: str) -> bool:
        return self._answer(f"{question} y or n, and Enter:") in ("y", "yes")

    def _answer(self, question: str) -> str:
        """Ask, and wait for a line; what comes meanwhile is told afterwards."""
        self._say(question)
        while Line(None) not in self._put_off:
            event = self._arrival()
            if isinstance(event, Line) and event.text is not None:
                return event.text
            self._put_off.append(event)
        return ""

    def _say(self, text: str) -> None:
        put(self._console, Text(plain(text)))
