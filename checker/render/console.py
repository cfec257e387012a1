"""Where text goes: consoles that respect pipes, NO_COLOR and narrow windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, Group

if TYPE_CHECKING:
    from rich.console import RenderableType


def output() -> Console:
    """Return the console for results."""
    return Console(highlight=False)


def errors() -> Console:
    """Return the console for what went wrong."""
    return Console(stderr=True, highlight=False)


def put(console: Console, renderable: RenderableType) -> None:
    """Print without the blanks that rich pads lines with; what must not wrap, does not."""
    one = Group(renderable)  # a bare Text would be joined with others to one that wraps
    with console.capture() as captured:
        console.print(one, crop=False)
    for line in captured.get().splitlines():
        console.file.write(line.rstrip() + "\n")
    console.file.flush()
