"""A way to stop what is going on in another thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Cancelled(Exception):
    """What was going on was not wanted any more; there is no result."""


class Cancellation:
    """Set once, from any thread; whoever is at work is told at that moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop: Callable[[], None] | None = None
        self._is_set = False

    def set(self) -> None:
        """Stop what is going on, and what would begin later."""
        with self._lock:
            self._is_set = True
            if self._stop:
                self._stop()

    def is_set(self) -> bool:
        """Whether it was set."""
        return self._is_set

    def stops(self, stop: Callable[[], None] | None) -> None:
        """Name what to call when it is set (at once, if it is already); None: nothing any more."""
        with self._lock:
            self._stop = stop
            if self._is_set and stop:
                stop()
