"""The host of an engine: of the strongest isolation level that works here, or the one asked for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from checker.isolation import choice
from checker.server import Host

if TYPE_CHECKING:
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
        self._host = self._next()

    def _next(self) -> Host | None:
        level = self._candidates.pop(0)
        return Host(level, self._hidden) if choice.CAN_FORK else None

    def proven(self) -> Host | None:
        """Return the host, once its level is proven; None where apps are spawned instead.

        Raises GradingFault if the level that was asked for can't be had.
        """
        with self._lock:
            while not self._proven and self._host is not None:
                problem = self._host.problem()
                if problem:
                    self._host.__exit__()
                    if self._wanted != "auto" or not self._candidates:
                        raise choice.not_here(self._host.level, problem)
                    self._host = self._next()
                else:
                    self._proven = True
            return self._host

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._host is not None:
            self._host.__exit__()
