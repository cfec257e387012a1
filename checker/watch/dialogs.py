"""What lies over the screen for a while: something to read, a question, a choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from checker.watch.session import Session

FRAME = """
    align: center middle;
    & > .box { width: 94%; max-width: 110; height: auto; max-height: 90%;
               border: round $primary; padding: 0 1; background: $surface; }
"""


class Reading(ModalScreen[str]):
    """Something to read; ends with the key that closed it: "h" asks for the next hint."""

    CSS = f"Reading {{ {FRAME} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("q", "close", "Close", show=False),
        Binding("h", "more", "Next hint"),
    ]

    def __init__(self, heading: str, body: RenderableType, *, has_more: bool = False) -> None:
        super().__init__()
        self._heading = heading
        self._body = body
        self._has_more = has_more

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with VerticalScroll(classes="box") as box:
            box.border_title = self._heading
            yield Static(self._body, id="body", markup=False)
        yield Footer(show_command_palette=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only hints have more."""
        return self._has_more if action == "more" else super().check_action(action, parameters)

    def show(self, heading: str, body: RenderableType) -> None:
        """Replace what is to be read."""
        self.query_one(".box").border_title = heading
        self.query_one("#body", Static).update(body)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss("")

    def action_more(self) -> None:
        """Ask for more."""
        self.dismiss("h")


class Question(ModalScreen[bool]):
    """A question that is answered with y or n."""

    CSS = f"Question {{ {FRAME} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n", "answer(False)", "No"),
        Binding("escape", "answer(False)", "No", show=False),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(classes="box"):
            yield Static(f"{self._question}\n\ny: yes   n: no", markup=False)
        yield Footer(show_command_palette=False)

    def action_answer(self, answer: bool) -> None:  # noqa: FBT001 (the answer itself)
        """Take the answer."""
        self.dismiss(answer)


class Choice(ModalScreen[Any]):
    """The lessons with their progress; typing narrows them down.

    Ends with a Lesson, or with None: stay.
    """

    CSS = f"Choice {{ {FRAME} }} Choice OptionList {{ height: auto; max-height: 14; }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Stay"),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._lessons = session.matching("")

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(classes="box") as box:
            box.border_title = "Lessons"
            yield Input(placeholder="type to filter; Enter goes to the marked one", compact=True)
            yield OptionList(markup=False, compact=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show all, the present one marked."""
        self._fill()
        options = self.query_one(OptionList)
        options.can_focus = False  # the keys belong to the filter
        options.highlighted = self._lessons.index(self._session.lesson)

    def on_input_changed(self, changed: Input.Changed) -> None:
        """Narrow the list down."""
        self._lessons = self._session.matching(changed.value)
        self._fill()

    def _fill(self) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(self._session.listed(one)) for one in self._lessons)
        options.highlighted = 0 if self._lessons else None

    def on_input_submitted(self) -> None:
        """Enter takes the marked lesson."""
        self._take(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, selected: OptionList.OptionSelected) -> None:
        """So does a click."""
        self._take(selected.option_index)

    def _take(self, index: int | None) -> None:
        if index is not None:
            self.dismiss(self._lessons[index])

    def action_move(self, by: int) -> None:
        """Mark the next lesson, or the one before."""
        options = self.query_one(OptionList)
        if by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_leave(self) -> None:
        """Stay with the lesson at hand."""
        self.dismiss(None)
