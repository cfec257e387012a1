"""The terminal app: steps on the left, what fails first on the right. Thin over the grader."""

from __future__ import annotations

import asyncio
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.console import Group
from rich.markdown import Markdown
from rich.text import Text
from textual.app import App, SuspendNotSupported
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Footer, Static

from checker.commands import editor, hint, solution
from checker.errors import Fault
from checker.render.safe import plain
from checker.watch import panes
from checker.watch.dialogs import Choice, Question, Reading
from checker.watch.grader import Grader
from checker.watch.news import Broken, Checking, Graded, RoundOver, Verdict
from checker.watch.rounds import Round
from checker.workspace import reset_exercise

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rich.console import RenderableType
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from checker.engine import Engine
    from checker.model import Lesson
    from checker.watch.news import News
    from checker.watch.session import Session


class Told(Message):
    """Something that the grader tells, brought into the app's own loop."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self.news = news


class WatchApp(App[None]):
    """Shows the last verdict, and says so while a newer one is being made."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #title { height: 1; padding: 0 1; background: $primary-background; text-style: bold; }
    #steps { width: 30; border: round $primary; padding: 0 1; }
    #failure { height: 1fr; border: round $primary; padding: 0 1; }
    #log { height: auto; max-height: 7; border: round $primary; padding: 0 1; }
    #status { height: auto; max-height: 3; padding: 0 1; }
    #steps:focus, #failure:focus, #log:focus { border: round $accent; }
    .stale { text-opacity: 60%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h", "hint", "Hint"),
        Binding("d", "diff", "Diff"),
        Binding("o", "open", "Open"),
        Binding("r", "reset", "Reset"),
        Binding("l", "list", "List"),
        Binding("n", "next", "Next"),
        Binding("s", "solution", "Solution"),
        Binding("c", "check_all", "Check all"),
        Binding("t", "task", "Task"),
        Binding("q", "quit", "Quit"),
        Binding("a", "toggle_moving_on", "Move on by itself", show=False),
        Binding("y", "copy", "Copy the curl line", show=False),
        Binding("ctrl+c", "quit", show=False, priority=True),
    ]

    def __init__(self, session: Session, engine: Engine) -> None:
        super().__init__()
        self.session = session
        self.bug: BaseException | None = None
        """What ended the app, if not the user."""
        self._engine = engine
        self._grader = Grader(session.workspace, session.lesson, engine, self._tell)
        self._round: Round | None = None
        self._graded: dict[str, str] = {}
        """How the lessons did in the round, by number."""
        self._board = Reading("", Text())
        """Where they are shown, when that lies over the screen."""

    def look(self) -> None:
        """See what was saved. Safe to call from any thread."""
        self._grader.look()

    def run_to_the_end(self) -> None:
        """Run until the user quits; raise what ended it otherwise."""
        self.run()
        if self.bug:
            raise self.bug

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(id="title", markup=False)
        with Horizontal():
            with VerticalScroll(id="steps"):
                yield Static(id="marks", markup=False)
            with Vertical():
                with VerticalScroll(id="failure"):
                    yield Static(id="message", markup=False)
                with VerticalScroll(id="log"):
                    yield Static(id="printed", markup=False)
        yield Static(id="status", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin to grade, and end tidily when the terminal goes away."""
        if sys.platform != "win32":
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self.exit)
        self.query_one("#failure").focus()
        self.query_one("#log").border_title = "What your app printed"
        self._show_lesson()
        self._grader.__enter__()

    async def on_unmount(self) -> None:
        """End every check, off the loop: whoever tells news must not wait for us."""
        await asyncio.to_thread(self._end_checks)

    def _end_checks(self) -> None:
        if self._round:
            self._round.end()
        self._grader.__exit__()

    def _tell(self, news: News) -> None:
        self.post_message(Told(news))

    def _fatal_error(self) -> None:
        """Leave a bug to the command line, which has a sentence for it instead of a traceback."""
        self.bug = sys.exception()
        self._close_messages_no_wait()

    # ------------------------------------------------------------------ what the grader tells

    def on_told(self, message: Told) -> None:
        """Take news."""
        match message.news:
            case Checking() | Verdict() as news:
                self._take(news)
            case Graded() as graded:
                self._graded[graded.lesson.number] = graded.words
                self._show_board()
            case RoundOver(counts=counts):
                self._round = None
                self.session.counts = counts
                self._show_title()
                self._show_board()
                self._say("All lessons were checked.")
            case Broken(error=error):
                self.bug = error
                self.exit()

    def _take(self, news: Checking | Verdict) -> None:
        if news.lesson is not self.session.lesson:
            return
        following = self.session.take(news)
        if isinstance(news, Verdict):
            self._show_verdict(news)
        self._show_title()
        if following:
            done = self.session.lesson
            self._go_to(following)
            self._say(f"Passed {done.number} {done.title}. This is the next lesson.")

    def _show_lesson(self) -> None:
        """Show the lesson's steps before anything is known of them."""
        lesson = self.session.lesson
        self.query_one("#steps").border_title = f"Lesson {lesson.number}"
        self.query_one("#failure").border_title = "What fails first"
        self._put("#marks", panes.unknown_steps(lesson))
        self._put("#message", "")
        self._show_log("")
        self._show_title()
        where = self.session.workspace.shown(self.session.workspace.exercise(lesson))
        self._say(f"Edit {where}/{lesson.entry} and save it.")

    def _show_title(self) -> None:
        self._put("#title", panes.title(self.session))
        for name in ("#marks", "#message", "#printed"):
            self.query_one(name).set_class(self.session.is_checking, "stale")

    def _show_verdict(self, verdict: Verdict) -> None:
        report = verdict.report
        if report:
            self._put("#marks", panes.steps(report, unicode=self._has_unicode))
        else:
            self._put("#marks", panes.unknown_steps(verdict.lesson))
        pane = self.query_one("#failure", VerticalScroll)
        pane.border_title = "Passed" if verdict.passed else "What fails first"
        self._put("#message", Group(*panes.message(verdict, self.session.following())))
        pane.scroll_home(animate=False)
        self._show_log(report.log if report else "")
        self._say(panes.details(verdict))

    def _show_log(self, log: str) -> None:
        lines = plain(log).rstrip().splitlines()[-panes.LOG_LINES :]
        pane = self.query_one("#log", VerticalScroll)
        pane.display = bool(lines)
        self._put("#printed", Text("\n".join(lines)))
        self.call_after_refresh(pane.scroll_end, animate=False)  # its height is known then

    def _say(self, text: str) -> None:
        self._put("#status", Text(plain(text)))

    def _put(self, place: str, content: RenderableType) -> None:
        self.query_one(place, Static).update(self._painted(content))

    def _painted(self, content: RenderableType) -> RenderableType:
        return panes.Colourless(content) if self.no_color else content

    def _warn(self, fault: Fault) -> None:
        self._say(f"{fault.message} {fault.remedy}")

    @property
    def _has_unicode(self) -> bool:
        return (sys.__stdout__.encoding or "").lower().startswith("utf") if sys.__stdout__ else True

    # ------------------------------------------------------------------------------- the keys

    def _talk(self, dialog: Callable[[], Awaitable[None]]) -> None:
        """Begin a dialog, unless there is one: keys may come faster than it is on the screen."""
        if len(self.screen_stack) == 1 and all(worker.is_finished for worker in self.workers):
            self.run_worker(dialog())

    def action_task(self) -> None:
        """Show what the step asks for that the learner is at."""
        step = self.session.step_at_hand
        task = Reading(f"{step.id} {step.title}", self._painted(Markdown(step.task)))
        self._talk(partial(self._read, task))

    async def _read(self, text: Reading) -> None:
        await self.push_screen_wait(text)

    def action_hint(self) -> None:
        """Show the next hint of the step that the learner is at; further ones as asked for."""
        self._talk(self._show_hints)

    async def _show_hints(self) -> None:
        while await self._show_next_hint():
            pass

    async def _show_next_hint(self) -> bool:
        """Return whether the learner wants to see one more."""
        session = self.session
        try:
            hints = await asyncio.to_thread(
                hint.next_hints, session.workspace, session.lesson, session.open_step
            )
        except Fault as fault:
            self._warn(fault)
            return False
        parts: list[Text | Markdown] = []
        for number, text in enumerate(hints.shown, 1):
            parts += [Text(f"Hint {number} of {len(hints.step.hints)}", "bold"), Markdown(text)]
            parts.append(Text())
        if hints.is_last:
            parts.append(Text("That was the last. The reference: s"))
        elif not hints.tried:
            parts.append(Text("You have not checked since the last hint: try it first."))
        heading = f"{hints.step.id} {hints.step.title}"
        reading = Reading(heading, self._painted(Group(*parts)), has_more=not hints.is_last)
        return await self.push_screen_wait(reading) == "h"

    def action_diff(self) -> None:
        """Show how the reference differs from the learner's files."""
        self._talk(self._show_diff)

    async def _show_diff(self) -> None:
        session = self.session
        if await self._may_show():
            difference = solution.difference(session.workspace, session.lesson)
            await self._read(Reading("- yours, + reference", self._painted(difference)))

    def action_solution(self) -> None:
        """Show the reference."""
        self._talk(self._show_solution)

    async def _show_solution(self) -> None:
        if await self._may_show():
            lesson = self.session.lesson
            code = self._painted(solution.reference(lesson))
            await self._read(Reading(f"Reference of {lesson.number}", code))

    async def _may_show(self) -> bool:
        """Ask before the lesson is passed, and remember that the reference was shown."""
        workspace, lesson = self.session.workspace, self.session.lesson
        if await asyncio.to_thread(solution.must_ask, workspace, lesson):
            question = f"Lesson {lesson.number} is not passed yet. See the reference all the same?"
            if not await self.push_screen_wait(Question(question)):
                return False
        await asyncio.to_thread(solution.remember_shown, workspace, lesson)
        return True

    def action_open(self) -> None:
        """Open the file in the editor; one that needs the terminal gets it until it ends."""
        workspace, lesson = self.session.workspace, self.session.lesson
        try:
            command = editor.editor_command()
            if editor.opens_window(command):
                editor.edit_in_window(command, workspace, lesson)
                self._say(f"Opened in {command[0]}.")
            else:
                self._lend_terminal(command)
        except SuspendNotSupported:
            main = workspace.shown(editor.main_file(workspace, lesson))
            self._say(f"This terminal can't be lent to an editor. Open {main} yourself.")
        except Fault as fault:
            self._warn(fault)

    def _lend_terminal(self, command: list[str]) -> None:
        """Let an editor have the terminal until it ends. Raises SuspendNotSupported."""
        with self.suspend():
            try:
                editor.edit(command, self.session.workspace, self.session.lesson)
            except Fault as fault:  # if it left `suspend`, the terminal would not be taken back
                self._warn(fault)

    def action_reset(self) -> None:
        """Put the starter back, after asking."""
        self._talk(self._reset)

    async def _reset(self) -> None:
        workspace, lesson = self.session.workspace, self.session.lesson
        question = (
            f"Put the starter of lesson {lesson.number} back? What you have is kept in a backup."
        )
        if not await self.push_screen_wait(Question(question)):
            return
        try:
            backup = await asyncio.to_thread(reset_exercise, workspace, lesson)
        except Fault as fault:
            self._warn(fault)
            return
        kept = f"What you had is kept in {workspace.shown(backup)}" if backup.exists() else ""
        await asyncio.to_thread(self.look)
        await self._read(Reading("The starter is back", Text(kept)))

    def action_list(self) -> None:
        """Choose a lesson."""
        self._talk(self._choose_lesson)

    async def _choose_lesson(self) -> None:
        lesson = await self.push_screen_wait(Choice(self.session))
        if lesson:
            self._go_to(lesson)

    def action_next(self) -> None:
        """Go on to the next lesson, if this one is passed."""
        try:
            self._go_to(self.session.next_lesson())
        except Fault as fault:
            self._warn(fault)

    def _go_to(self, lesson: Lesson) -> None:
        self.session.choose(lesson)
        self._show_lesson()
        self._grader.choose(lesson)

    def action_toggle_moving_on(self) -> None:
        """Switch whether the next lesson comes by itself."""
        self.session.moves_on = not self.session.moves_on
        self._show_title()
        how = "by itself when this one passes" if self.session.moves_on else "only with n"
        self._say(f"The next lesson comes {how}.")

    def action_check_all(self) -> None:
        """Grade every lesson once, and show how each did."""
        if self._round is None:
            self._round = Round(self.session.workspace, self._engine, self._tell)
            self._graded = {}
        self._talk(self._show_round)

    async def _show_round(self) -> None:
        self._board = Reading(*self._state_of_round())
        await self._read(self._board)

    def _show_board(self) -> None:
        if self.screen is self._board and self._board.is_mounted:
            self._board.show(*self._state_of_round())

    def _state_of_round(self) -> tuple[str, Text]:
        """Return a heading, and a line for each lesson."""
        lessons = self.session.workspace.course.lessons
        heading = f"Checking all lessons: {len(self._graded)} of {len(lessons)}"
        lines = [self._graded.get(one.number, f"{one.number} {one.title}: ...") for one in lessons]
        return heading, Text(plain("\n".join(lines)))

    def action_copy(self) -> None:
        """Put the curl line on the clipboard (OSC 52: works over ssh, where the terminal does)."""
        curl = panes.curl_line(self.session.verdict)
        if curl:
            self.copy_to_clipboard(curl)
            self._say("The curl line was sent to the clipboard of your terminal.")
        else:
            self._say("There is no curl line to copy.")
