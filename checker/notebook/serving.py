"""Serve the app of a cell, one at a time, in a process of its own."""

from __future__ import annotations

import atexit
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.engine import Engine
from checker.errors import UsageFault
from checker.model import Limits
from checker.notebook.relay import Relay
from checker.scratch import Scratch
from checker.server import Served

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from checker.model import Trouble
    from checker.server import Address


@dataclass(frozen=True, slots=True)
class Running:
    """An app, and the folder that it lives in."""

    served: Served
    scratch: Scratch

    def end(self) -> None:
        """End it, and everything that it has started."""
        self.served.end()
        self.scratch.close()


class CellServer:
    """The processes behind a notebook; they end with its kernel, however that ends.

    At a proper end `close` is called. If the kernel is killed, the pipes to the engine's
    processes close, and those end themselves and the app.
    """

    def __init__(self) -> None:
        self.source = ""
        """The code of the app that was served last."""
        self._engine: Engine | None = None
        self._relay: Relay | None = None
        self._running: Running | None = None

    @property
    def engine(self) -> Engine:
        """The engine that serves and grades; started when it is first needed."""
        if self._engine is None:
            # What is shown in class is the instructor's own code; and any machine prints the same.
            self._engine = Engine.for_watching("process")
            atexit.register(self.close)
        return self._engine

    @property
    def served(self) -> Served:
        """The app of the last `%%app`. Raises UsageFault if none is running."""
        if self._running is None:
            raise UsageFault(
                "No app is being served.", "Run a cell that begins with `%%app` and starts well."
            )
        if self._running.served.ended is not None:
            raise UsageFault("The app has ended.", "Run its `%%app` cell again.")
        return self._running.served

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the app, whichever is being served."""
        if self._relay is None:
            self._relay = Relay(self._address)
        return f"http://127.0.0.1:{self._relay.port}"

    def serve(self, source: str, environment: Mapping[str, str]) -> Trouble | None:
        """Replace the app by this one; return why it can't be served, or None.

        The earlier one ends when this one has started: a docs page finds one of the two.
        """
        self.source = source
        scratch = Scratch()
        served = Served(
            write_cell(scratch.path / "written", source, "main.py"),
            scratch.path,
            control=self.engine.control,
            environment=environment,
            limits=Limits(),
            purpose="look",
        )
        trouble = served.wait_started()
        earlier, self._running = self._running, Running(served, scratch)
        if earlier:
            earlier.end()
        if trouble:
            self.end_app()
        return trouble

    def end_app(self) -> None:
        """End the app, and everything that it has started."""
        if self._running:
            self._running.end()
            self._running = None

    def close(self) -> None:
        """End every process and close the port."""
        atexit.unregister(self.close)
        self.end_app()
        if self._relay:
            self._relay.close()
            self._relay = None
        if self._engine:
            self._engine.__exit__()
            self._engine = None

    def _address(self) -> Address | None:
        return self._running.served.address if self._running else None


def write_cell(folder: Path, source: str, name: str) -> Path:
    """Write a cell's code to `name` in the new folder and return the folder.

    The magic's own line becomes an empty one: line numbers are those of the cell.
    """
    folder.mkdir()
    (folder / name).write_text(f"\n{source}", encoding="utf-8")
    return folder
