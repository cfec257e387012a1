"""The messages of a board, as the client writes them and as it gets them."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from orderboard.settings import MAX_TEXT

Status = Literal["new", "packed", "shipped"]


class Draft(TypedDict):
    """A note as a client sends it."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
    urgent: NotRequired[bool]


class Note(TypedDict):
    """A note as everybody on the board gets it."""

    type: Literal["note"]
    board: str
    text: str
    urgent: bool


class History(TypedDict):
    """What was written before a client came."""

    type: Literal["history"]
    notes: list[Note]


class Presence(TypedDict):
    """How many clients are on the board."""

    type: Literal["presence"]
    count: int


class OrderNews(TypedDict):
    """The new status of an order."""

    type: Literal["order"]
    id: int
    status: Status


class Complaint(TypedDict):
    """What was wrong with a message of the client."""

    type: Literal["error"]
    detail: str


Message = Note | History | Presence | OrderNews | Complaint

DRAFT = TypeAdapter(Draft)
