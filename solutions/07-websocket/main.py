"""The bookshop's live order board: the reference for lesson 07."""

import asyncio
import os
import secrets
from collections import defaultdict, deque
from typing import Any, Literal

from fastapi import (
    Depends,
    FastAPI,
    HTTPException,
    WebSocket,
    WebSocketDisconnect,
    WebSocketException,
    status,
)
from pydantic import BaseModel, Field, ValidationError
from starlette.websockets import WebSocketDisconnected

Message = dict[str, Any]

BOARD_TOKEN = os.environ["BOARD_TOKEN"]
"""What a client must show to see a board."""

MAX_TEXT = 4000
"""Characters that the text of a note may have."""
HISTORY_SIZE = 10
"""Notes of a board that a newcomer is shown."""
QUEUE_SIZE = 100
"""Messages that may wait for one slow client."""


class Order(BaseModel):
    """An order of a customer, and the board of the people who work on it."""

    id: int
    board: str
    status: Literal["new", "packed", "shipped"] = "new"


class OrderChange(BaseModel):
    """What a client may change of an order."""

    status: Literal["new", "packed", "shipped"]


class Note(BaseModel):
    """What a client of a board may send."""

    text: str = Field(min_length=1, max_length=MAX_TEXT)
    urgent: bool = False


ORDERS = {
    1: Order(id=1, board="packing"),
    2: Order(id=2, board="packing"),
    3: Order(id=3, board="desk"),
    4: Order(id=4, board="desk"),
    5: Order(id=5, board="van"),
    6: Order(id=6, board="van"),
}


class Client:
    """Somebody on a board, and the messages that wait for them."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._waiting: asyncio.Queue[Message] = asyncio.Queue(QUEUE_SIZE)

    def put(self, message: Message) -> None:
        """Leave a message to be sent; the oldest gives way. Never waits."""
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(message)

    async def send_waiting(self) -> None:
        """Send what waits, at the client's own pace, until they leave."""
        try:
            while True:
                await self._websocket.send_json(await self._waiting.get())
        except WebSocketDisconnect:
            pass  # the handler hears of it as well, and tidies up


class Board:
    """Everybody who looks at one board, and its last notes."""

    def __init__(self) -> None:
        self._clients: set[Client] = set()
        self._notes: deque[Message] = deque(maxlen=HISTORY_SIZE)

    def join(self, client: Client) -> None:
        """Show a newcomer the last notes, and everybody the newcomer."""
        client.put({"type": "history", "notes": list(self._notes)})
        self._clients.add(client)
        self.tell_presence()

    def leave(self, client: Client) -> None:
        """Forget a client, and tell the others."""
        self._clients.discard(client)
        self.tell_presence()

    def tell_presence(self) -> None:
        """Tell everybody how many they are."""
        self.tell({"type": "presence", "count": len(self._clients)})

    def post(self, note: Message) -> None:
        """Keep a note, and tell everybody."""
        self._notes.append(note)
        self.tell(note)

    def tell(self, message: Message) -> None:
        """Leave a message for everybody on the board."""
        for client in self._clients:
            client.put(message)


BOARDS: defaultdict[str, Board] = defaultdict(Board)

app = FastAPI(title="Order board")


def check_token(token: str = "") -> None:
    """Refuse the WebSocket, before it is accepted, without the right token."""
    if not secrets.compare_digest(token.encode(), BOARD_TOKEN.encode()):
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION)


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    """Send every text back, until the client leaves."""
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass


@app.websocket("/boards/{board}", dependencies=[Depends(check_token)])
async def follow_board(websocket: WebSocket, board: str) -> None:
    """Let a client read and write notes on a board."""
    await websocket.accept()
    client = Client(websocket)
    sending = asyncio.create_task(client.send_waiting())
    BOARDS[board].join(client)
    try:
        async for text in websocket.iter_text():
            try:
                note = Note.model_validate_json(text)
            except ValidationError as error:
                client.put({"type": "error", "detail": explain(error)})
            else:
                BOARDS[board].post({"type": "note", "board": board, **note.model_dump()})
    except WebSocketDisconnected:
        pass  # a send has failed before this receive: the client has left
    finally:
        sending.cancel()
        BOARDS[board].leave(client)


def explain(error: ValidationError) -> str:
    """Say in one line what is wrong with a message."""
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'message'}: {fault['msg']}"
        for fault in error.errors()
    )


@app.get("/orders/{order_id}")
async def show_order(order_id: int) -> Order:
    """Show one order."""
    if order_id not in ORDERS:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no order {order_id}")
    return ORDERS[order_id]


@app.patch("/orders/{order_id}")
async def change_order(order_id: int, change: OrderChange) -> Order:
    """Change the status of an order, and tell its board."""
    order = await show_order(order_id)
    order.status = change.status
    BOARDS[order.board].tell({"type": "order", "id": order.id, "status": order.status})
    return order
