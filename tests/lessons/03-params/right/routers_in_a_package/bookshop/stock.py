"""Tell what the branches of the shop have on their shelves."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header
from typing_extensions import TypedDict

from bookshop.catalogue import STOCK, BookOfPath, Missing

router = APIRouter()


class Copies(TypedDict):
    """How many copies of a book one branch has."""

    book_id: int
    branch: str
    copies: int


class Branch:
    """The branch of the shop that the header names."""

    def __init__(self, x_branch: Annotated[str, Header()]) -> None:
        """Look the branch up; raise `Missing` if there is none of that name."""
        if x_branch not in STOCK:
            raise Missing(f"There is no branch {x_branch}")
        self.name = x_branch
        self.shelves = STOCK[x_branch]


@router.get("/stock/{book_id}")
async def count_copies(branch: Annotated[Branch, Depends()], book: BookOfPath) -> Copies:
    """Tell how many copies of a book the branch has."""
    return {"book_id": book.id, "branch": branch.name, "copies": branch.shelves[book.id]}
