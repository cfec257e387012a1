"""What keeps things by number."""

from itertools import count
from typing import Generic, TypeVar

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class Strict(BaseModel):
    """A body."""

    model_config = ConfigDict(extra="forbid")


class Shelf(Generic[T]):
    """Keeps things by number, from a number that nobody expects."""

    def __init__(self, start: int) -> None:
        self._numbers = count(start)
        self._things: dict[int, T] = {}

    def put(self, thing: T) -> int:
        """Keep a thing."""
        number = next(self._numbers)
        self._things[number] = thing
        return number

    def replace(self, number: int, thing: T) -> None:
        """Keep another thing in its place."""
        self._things[number] = thing

    def get(self, number: int) -> T:
        """Find a thing, or answer 404."""
        try:
            return self._things[number]
        except KeyError:
            raise HTTPException(404, "nothing here") from None
