"""Where text goes: consoles that respect pipes, NO_COLOR and narrow windows."""

from __future__ import annotations

from rich.console import Console


def output() -> Console:
    """Return the console for results."""
    return Console(highlight=False)


def errors() -> Console:
    """Return the console for what went wrong."""
    return Console(stderr=True, highlight=False)
