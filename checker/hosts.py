"""The host of an engine: of the strongest isolation level that works here, or the one asked for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from checker.isolation import choice
from checker.server import Host

if TYPE_CHECKING:
    from checker.errors import GradingFault
    from checker.isolation.choice import Wanted


class Hosts:
    """Starts a host, and a weaker one only if `auto` was asked for and the first can't be had.

    A context manager: at its end the host is gone. Safe to use from several threads.
    """

    def __init__(self, wanted: Wanted) -> None:
        """Start the first. Raises GradingFault if what is wanted can't be had here."""
        self._wanted = wanted
        self._candidates = choice.candidates(wanted)
        self._hidden = choice.hidden()
        self._lock = threading.Lock()
        self._proven = False
        self._fault: GradingFault | None = None
        self._host = self._next()

    def _next(self) -> Host | None:
        level = self._candidates.pop(0)
        return Host(level, self._hidden) if choice.CAN_FORK else None

    def proven(self) -> Host | None:
        """Return the host, once its level is proven; None where apps are spawned instead.

        Raises GradingFault if the level that was asked for can't be had.
        """
        with self._lock:
            while self._fault is None and not self._proven and self._host is not None:
                problem = self._host.problem()
                if not problem:
                    self._proven = True
                elif self._wanted != "auto" or not self._candidates:
                    self._fault = choice.not_here(self._host.level, problem)
                else:
                    self._host.__exit__()
                    self._host = self._next()
            if self._fault:
                raise self._fault
            return self._host

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._host is not None:
            self._host.__exit__()
