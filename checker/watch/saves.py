"""See every save: a call whenever what stands in a folder may have changed.

Events only say when to look; what counts is the content (see checker.watch.content). So an
editor that writes twice, or to a draft that it renames, is nothing special, and neither is a
folder that is deleted and made anew.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import watchfiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUIET_MS = 10
"""A burst of events is over when there was none for so long.

Not longer: what an editor writes later is a content of its own, which cancels the check before.
"""
LONGEST_BURST_MS = 1000
LOOK_AGAIN_MS = 2000
"""How often to look where no event came: one may get lost, or never have been sent."""
POLL_MS = 300


class Saves:
    """Calls `look` after every burst of changes below a folder, from a thread of its own.

    The folder may be deleted and come back. A context manager: at its end the thread is gone.
    """

    def __init__(self, folder: Path, look: Callable[[], None], *, polling: bool) -> None:
        """`polling`: look at every file again and again, where the system sends no events."""
        self._folder = folder
        self._look = look
        self._polling = polling
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="saves")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                self._watch_until_replaced()
            except FileNotFoundError:
                self._stop.wait(POLL_MS / 1000)  # nothing can be watched until it is back
            except OSError:
                self._polling = True  # the system's watches are used up
            self._look()

    def _watch_until_replaced(self) -> None:
        """Watch the folder until another stands in its place."""
        watched = self._folder.stat().st_ino
        bursts = watchfiles.watch(
            self._folder,
            watch_filter=None,
            debounce=LONGEST_BURST_MS,
            step=QUIET_MS,
            stop_event=self._stop,
            rust_timeout=LOOK_AGAIN_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=self._polling,
            poll_delay_ms=POLL_MS,
            ignore_permission_denied=True,
        )
        for _ in bursts:
            if self._folder.stat().st_ino != watched:
                return
            self._look()
