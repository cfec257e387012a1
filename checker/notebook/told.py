"""What a cell is told when something does not go: a sentence or two, never our traceback."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from checker.client import Unmet
from checker.errors import Fault
from checker.render.safe import plain

if TYPE_CHECKING:
    from collections.abc import Iterator


class Told(Exception):
    """Ends a cell with a message; IPython shows just that."""

    def _render_traceback_(self) -> list[str]:
        """The lines that IPython shows (its protocol for exceptions with a form of their own)."""
        return plain(str(self)).splitlines()


@contextmanager
def telling() -> Iterator[None]:
    """Turn a fault, or an app that did not do what was asked of it, into what a cell is told."""
    try:
        yield
    except Fault as fault:
        raise Told(f"{fault.message}\n{fault.remedy}") from None
    except Unmet as unmet:
        raise Told(str(unmet)) from None
