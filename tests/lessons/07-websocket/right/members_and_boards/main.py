"""The bookshop's live order board, with a class for a board and one for a member of it."""

import asyncio
import os
import secrets
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any, Literal

from fastapi import (
    Depends,
    FastAPI,
    HTTPException,
    WebSocket,
    WebSocketDisconnect,
    WebSocketException,
    status,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError

BOARD_TOKEN = os.environ["BOARD_TOKEN"]
"""What a client must show to see a board."""

MAX_TEXT = 4000
"""Characters that the text of a note may have."""
HISTORY_SIZE = 10
"""Notes of a board that a newcomer is shown."""
QUEUE_SIZE = 100
"""Messages that may wait for one slow client."""

Status = Literal["new", "packed", "shipped"]
Message = dict[str, Any]


class Order(BaseModel):
    """An order of a customer, and the board of the people who work on it."""

    id: int
    board: str
    status: Status = "new"


class StatusChange(BaseModel):
    """What may be changed in an order."""

    status: Status


class Note(BaseModel):
    """What a client may write on a board."""

    model_config = ConfigDict(strict=True)

    text: str = Field(min_length=1, max_length=MAX_TEXT)
    urgent: bool = False


class Member:
    """A client on a board, and the messages that wait for it."""

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.outbox: asyncio.Queue[Message] = asyncio.Queue(maxsize=QUEUE_SIZE)

    def tell(self, message: Message) -> None:
        """Leave a message. This never waits: in a full outbox, the oldest gives way."""
        if self.outbox.full():
            self.outbox.get_nowait()
        self.outbox.put_nowait(message)

    async def deliver(self) -> None:
        """Send what is in the outbox, until the client has left."""
        with suppress(WebSocketDisconnect):
            while True:
                message = await self.outbox.get()
                await self.websocket.send_json(message)


class Board:
    """Those who are on a board, and what was written on it lately."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.members: set[Member] = set()
        self.history: deque[Message] = deque(maxlen=HISTORY_SIZE)

    def tell(self, message: Message) -> None:
        """Leave a message for everybody on the board."""
        for member in self.members:
            member.tell(message)

    def tell_presence(self) -> None:
        """Tell everybody on the board how many they are."""
        self.tell({"type": "presence", "count": len(self.members)})

    def write(self, note: Note) -> None:
        """Put a note on the board."""
        message = {"type": "note", "board": self.name, **note.model_dump()}
        self.history.append(message)
        self.tell(message)

    @contextmanager
    def joined_by(self, member: Member) -> Iterator[None]:
        """Have a member on the board as long as the block runs."""
        member.tell({"type": "history", "notes": list(self.history)})
        self.members.add(member)
        self.tell_presence()
        try:
            yield
        finally:
            self.members.discard(member)
            self.tell_presence()


class Boards(dict[str, Board]):
    """All boards by name. Each comes into being when it is first asked for."""

    def __missing__(self, name: str) -> Board:
        board = self[name] = Board(name)
        return board


class TokenGate:
    """A dependency that lets in who shows the right token."""

    def __init__(self, token: str) -> None:
        self.token = token.encode()

    async def __call__(self, token: str = "") -> None:
        """Raise, before anything is accepted, for a wrong token."""
        if not secrets.compare_digest(token.encode(), self.token):
            raise WebSocketException(status.WS_1008_POLICY_VIOLATION)


ORDERS = {
    1: Order(id=1, board="packing"),
    2: Order(id=2, board="packing"),
    3: Order(id=3, board="desk"),
    4: Order(id=4, board="desk"),
    5: Order(id=5, board="van"),
    6: Order(id=6, board="van"),
}
BOARDS = Boards()

app = FastAPI(title="Order board")


async def find_order(order_id: int) -> Order:
    """Find the order of the path."""
    if order_id not in ORDERS:
        raise HTTPException(404, f"There is no order {order_id}")
    return ORDERS[order_id]


async def find_board(board: str) -> Board:
    """Find the board of the path."""
    return BOARDS[board]


async def messages(websocket: WebSocket) -> AsyncIterator[str | None]:
    """Yield each text that comes until the client leaves, and None for a binary message."""
    while (message := await websocket.receive())["type"] == "websocket.receive":
        yield message.get("text")


def describe(error: ValidationError) -> str:
    """Say what is wrong with a note."""
    return "; ".join(
        ": ".join([*(str(part) for part in fault["loc"]), fault["msg"]]) for fault in error.errors()
    )


@app.get("/orders/{order_id}")
async def show_order(order: Annotated[Order, Depends(find_order)]) -> Order:
    """Show one order."""
    return order


@app.patch("/orders/{order_id}")
async def change_status(
    order: Annotated[Order, Depends(find_order)], change: StatusChange
) -> Order:
    """Change the status of an order, and tell its board."""
    order.status = change.status
    BOARDS[order.board].tell({"type": "order", "id": order.id, "status": order.status})
    return order


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    """Send back every text."""
    with suppress(WebSocketDisconnect, OSError):
        await websocket.accept()
        async for text in messages(websocket):
            if text is not None:
                await websocket.send_text(text)


@app.websocket("/boards/{board}", dependencies=[Depends(TokenGate(BOARD_TOKEN))])
async def show_board(websocket: WebSocket, board: Annotated[Board, Depends(find_board)]) -> None:
    """Have a client on a board until it leaves."""
    try:
        await websocket.accept()
    except OSError:
        return  # it has left before it was let in
    member = Member(websocket)
    async with asyncio.TaskGroup() as tasks:
        delivery = tasks.create_task(member.deliver())
        with board.joined_by(member):
            async for text in messages(websocket):
                try:
                    note = Note.model_validate_json(text or "")
                except ValidationError as error:
                    member.tell({"type": "error", "detail": describe(error)})
                else:
                    board.write(note)
                await asyncio.sleep(0)  # many notes in one packet: let the deliveries keep up
        delivery.cancel()
