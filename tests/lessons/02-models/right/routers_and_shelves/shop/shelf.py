"""Where things are kept. FastAPI calls plain functions in threads, so each shelf has a lock."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Shelf(Generic[Thing]):
    """Things under numbers that the shelf gives them: 1, 2, 3 and so on."""

    def __init__(self) -> None:
        self._things: dict[int, Thing] = {}
        self._lock = Lock()

    def put(self, thing: Thing) -> int:
        """Keep a thing, and return its number."""
        with self._lock:
            number = len(self._things) + 1
            self._things[number] = thing
        return number

    def get(self, number: int) -> Thing | None:
        """Return the thing of that number, or None."""
        return self._things.get(number)

    def change(self, number: int, change: Callable[[Thing], Thing]) -> Thing:
        """Put what `change` makes of a thing in its place, and return it."""
        with self._lock:
            self._things[number] = change(self._things[number])
            return self._things[number]
