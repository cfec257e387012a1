"""The end of what a process prints, however much that is."""

from __future__ import annotations

import threading
from typing import IO

CHUNK = 64 * 1024


class Tail:
    """Drains a pipe in a thread, so that its writer never blocks, and keeps the end of it."""

    def __init__(self, pipe: IO[bytes], size: int) -> None:
        """Begin to read; `size` is how many bytes are kept."""
        self._size = size
        self._kept = b""
        self._total = 0
        self._thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self._thread.start()

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe:
            while chunk := pipe.read(CHUNK):
                self._kept = (self._kept + chunk)[-self._size :]
                self._total += len(chunk)

    def wait(self, timeout_s: float) -> None:
        """Wait for the end, but not for a process that holds the pipe open for ever."""
        self._thread.join(timeout_s)

    @property
    def total(self) -> int:
        """How many bytes have come, up to now."""
        return self._total

    def text(self, since: int = 0) -> str:
        """Return what came last, up to now; of it, only what came after `since` bytes."""
        kept = self._kept
        began = self._total - len(kept)
        return kept[max(since - began, 0) :].decode(errors="replace")
