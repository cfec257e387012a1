"""Serve the app of a cell, one at a time, in a process of its own."""

from __future__ import annotations

import atexit
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from checker.engine import Engine
from checker.errors import UsageFault
from checker.model import Limits
from checker.notebook.relay import Relay
from checker.server import Served, scratch_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.model import Trouble
    from checker.server import Address


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
        self._served: Served | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    @property
    def engine(self) -> Engine:
        """The engine that serves and grades; started when it is first needed."""
        if self._engine is None:
            self._engine = Engine()
            atexit.register(self.close)
        return self._engine

    @property
    def served(self) -> Served:
        """The app of the last `%%app`. Raises UsageFault if none is running."""
        if self._served is None:
            raise UsageFault(
                "No app is being served.", "Run a cell that begins with `%%app` and starts well."
            )
        if self._served.ended is not None:
            raise UsageFault("The app has ended.", "Run its `%%app` cell again.")
        return self._served

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the app, whichever is being served."""
        if self._relay is None:
            self._relay = Relay(self._address)
        return f"http://127.0.0.1:{self._relay.port}"

    def serve(self, source: str, environment: Mapping[str, str]) -> Trouble | None:
        """Replace the app by this one; return why it can't be served, or None."""
        self.end_app()
        self.source = source
        self._scratch = scratch_folder()
        scratch = Path(self._scratch.name).resolve()
        written = write_cell(scratch / "written", source, "main.py")
        served = Served(
            written,
            scratch,
            control=self.engine.control,
            environment=environment,
            limits=Limits(),
            purpose="look",
        )
        trouble = served.wait_started()
        if trouble:
            served.end()
        else:
            self._served = served
        return trouble

    def end_app(self) -> None:
        """End the app, and everything that it has started."""
        if self._served:
            self._served.end()
            self._served = None
        if self._scratch:
            self._scratch.cleanup()
            self._scratch = None

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
        return self._served.address if self._served else None


def write_cell(folder: Path, source: str, name: str) -> Path:
    """Write a cell's code to `name` in the new folder and return the folder.

    The magic's own line becomes an empty one: line numbers are those of the cell.
    """
    folder.mkdir()
    (folder / name).write_text(f"\n{source}", encoding="utf-8")
    return folder
