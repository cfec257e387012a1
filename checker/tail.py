"""The end of what a process prints, however much that is."""

from __future__ import annotations

import os
import select
import sys
import threading
from typing import IO

CHUNK = 64 * 1024


class Tail:
    """Drains a pipe in a thread, so that its writer never blocks, and keeps the end of it."""

    def __init__(self, pipe: IO[bytes], size: int) -> None:
        """Begin to read; `size` is how many bytes are kept."""
        self._pipe = pipe
        self._size = size
        self._kept = b""
        self._total = 0
        self._ended = False
        self._taking = threading.Lock()
        if sys.platform != "win32":
            os.set_blocking(pipe.fileno(), False)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe:
            while not self._ended:
                if sys.platform == "win32":
                    self._keep(os.read(self._pipe.fileno(), CHUNK))
                else:
                    arrival = select.poll()
                    arrival.register(self._pipe, select.POLLIN)
                    arrival.poll()
                    self._catch_up()

    def _catch_up(self) -> None:
        """Take what the process has printed up to now, without waiting for more."""
        if sys.platform == "win32":
            return  # a pipe can't be read there without waiting: the thread takes it soon
        with self._taking:
            while not self._ended:
                try:
                    self._keep(os.read(self._pipe.fileno(), CHUNK))
                except BlockingIOError:
                    return

    def _keep(self, chunk: bytes) -> None:
        self._kept = (self._kept + chunk)[-self._size :]
        self._total += len(chunk)
        self._ended = not chunk

    def wait(self, timeout_s: float) -> None:
        """Wait for the end, but not for a process that holds the pipe open for ever."""
        self._thread.join(timeout_s)

    @property
    def total(self) -> int:
        """How many bytes have come, up to now."""
        self._catch_up()
        return self._total

    def text(self, since: int = 0) -> str:
        """Return what came last, up to now; of it, only what came after `since` bytes."""
        self._catch_up()
        kept = self._kept
        began = self._total - len(kept)
        return kept[max(since - began, 0) :].decode(errors="replace")
