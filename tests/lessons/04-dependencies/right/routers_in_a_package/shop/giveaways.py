"""Small presents, so many for each customer."""

from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, status
from pydantic import BaseModel


class Allowance:
    """So many pieces of one thing for each customer. Several threads may ask at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: dict[int, int] = {}
        self._lock = Lock()

    def __call__(self, customer: int) -> int:
        """Give one piece to a customer, and tell how many this customer has now."""
        with self._lock:
            taken = self._taken.get(customer, 0)
            if taken == self._most:
                raise HTTPException(
                    status.HTTP_429_TOO_MANY_REQUESTS,
                    f"Each customer may take {self._most}",
                )
            self._taken[customer] = taken + 1
            return taken + 1


class Taken(BaseModel):
    """How many pieces a customer has taken."""

    taken: int


def build_router() -> APIRouter:
    """Make the path operations, with nothing given away yet."""
    router = APIRouter()

    @router.post("/bookmarks", status_code=status.HTTP_201_CREATED)
    def take_bookmark(taken: Annotated[int, Depends(Allowance(2))]) -> Taken:
        """Give a bookmark to a customer."""
        return Taken(taken=taken)

    @router.post("/posters", status_code=status.HTTP_201_CREATED)
    def take_poster(taken: Annotated[int, Depends(Allowance(3))]) -> Taken:
        """Give a poster to a customer."""
        return Taken(taken=taken)

    return router
