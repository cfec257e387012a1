"""`learn read`: a lesson's text and task in the terminal."""

from __future__ import annotations

import os
import re

from rich.markdown import Markdown

from checker.catalog import find_lesson
from checker.errors import GradingFault
from checker.render.console import output, put
from checker.workspace import current_course

PICTURE = re.compile(r"^```mermaid\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
CAPTION = re.compile(r"%% *(?P<caption>.+)")


def show(wanted: str) -> None:
    """Print the text and the task, or one step of the task, through a pager in a terminal."""
    lesson, step = find_lesson(current_course(), wanted)
    if step:
        text = f"# {step.id} {step.title}\n\n{step.task}\n"
    else:
        try:
            parts = [lesson.text, lesson.exercise / "README.md"]
            text = "\n\n".join(part.read_text(encoding="utf-8") for part in parts)
        except OSError as error:
            raise GradingFault(
                f"The text of lesson {lesson.number} can't be read: {error.strerror or error}.",
                "Install the course again.",
            ) from None
    console = output()
    page = Markdown(for_terminal(text))
    if console.is_terminal and not step:
        os.environ.setdefault("LESS", "-FRX")  # colours as such, and no pager for a short text
        colours = "less" in os.environ.get("PAGER", "less") and not console.no_color
        with console.pager(styles=colours):
            console.print(page)
    else:
        put(console, page)


def for_terminal(text: str) -> str:
    """Replace pictures by their captions: a terminal can't draw them."""

    def caption(match: re.Match[str]) -> str:
        found = CAPTION.search(match["body"])
        name = found["caption"] if found else "a diagram"
        return f"> Picture: {name}. (Drawn where this README.md is shown as a page.)"

    return PICTURE.sub(caption, text)
