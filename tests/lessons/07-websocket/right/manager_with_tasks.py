"""The usual manager, with a task for each send; whoever has too many of them is closed."""

import asyncio
import os
from collections import deque
from enum import StrEnum

from fastapi import Depends, FastAPI, HTTPException, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field, ValidationError


class Status(StrEnum):
    new = "new"
    packed = "packed"
    shipped = "shipped"


class Order(BaseModel):
    id: int
    board: str
    status: Status = Status.new


class Change(BaseModel):
    status: Status


class Note(BaseModel):
    type: str = Field("note", init=False)
    board: str = ""
    text: str = Field(min_length=1, max_length=4000)
    urgent: bool = False


class ConnectionManager:
    def __init__(self):
        self.rooms = {}
        self.past = {}
        self.tasks = set()
        self.telling = set()

    async def connect(self, room, websocket):
        await websocket.accept()
        await websocket.send_json(
            {"type": "history", "notes": list(self.past.setdefault(room, deque(maxlen=10)))}
        )
        websocket.state.pending, websocket.state.turn = 0, asyncio.Lock()
        self.rooms.setdefault(room, []).append(websocket)
        await self.presence(room)

    async def disconnect(self, room, websocket):
        if websocket in self.rooms.get(room, []):
            self.rooms[room].remove(websocket)
            await self.presence(room)

    async def presence(self, room):
        """Tell the number soon: several changes at once are told as one."""
        if room not in self.telling:
            self.telling.add(room)
            self.start(self.tell_presence(room))

    async def tell_presence(self, room):
        await asyncio.sleep(0.1)
        self.telling.discard(room)
        await self.broadcast(room, {"type": "presence", "count": len(self.rooms[room])})

    async def broadcast(self, room, message):
        for member in list(self.rooms.get(room, [])):
            if member.state.pending >= 100:
                self.rooms[room].remove(member)
                self.start(self.close(member))
                await self.presence(room)
            else:
                member.state.pending += 1
                self.start(self.send(member, message))

    def start(self, coroutine):
        task = asyncio.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def send(self, websocket, message):
        async with websocket.state.turn:
            try:
                await websocket.send_json(message)
            except (WebSocketDisconnect, RuntimeError):
                pass
            finally:
                websocket.state.pending -= 1

    async def close(self, websocket):
        try:
            await websocket.close(1013)
        except (WebSocketDisconnect, RuntimeError):
            pass


manager = ConnectionManager()
orders = {
    n: Order(id=n, board=b)
    for n, b in {1: "packing", 2: "packing", 3: "desk", 4: "desk", 5: "van", 6: "van"}.items()
}
app = FastAPI()


async def allowed(token: str = "") -> None:
    if token != os.environ["BOARD_TOKEN"]:
        raise HTTPException(403, "no")


@app.websocket("/echo")
async def echo(websocket: WebSocket):
    await websocket.accept()
    while True:
        try:
            text = await websocket.receive_text()
            await websocket.send_text(text)
        except WebSocketDisconnect:
            break


@app.websocket("/boards/{room}", dependencies=[Depends(allowed)])
async def talk(websocket: WebSocket, room: str):
    try:
        await manager.connect(room, websocket)
        while True:
            raw = await websocket.receive_text()
            try:
                note = Note.model_validate_json(raw)
            except ValidationError as error:
                await websocket.send_json(
                    {"type": "error", "detail": [fault["msg"] for fault in error.errors()]}
                )
                continue
            note.board, note.type = room, "note"
            manager.past[room].append(note.model_dump())
            await manager.broadcast(room, note.model_dump())
    except (WebSocketDisconnect, RuntimeError):  # the latter after a send that has failed
        pass
    finally:
        await manager.disconnect(room, websocket)


@app.get("/orders/{order_id}", response_model=Order)
def read(order_id: int):
    if order_id not in orders:
        raise HTTPException(404, "unknown")
    return orders[order_id]


@app.patch("/orders/{order_id}", response_model=Order)
async def update(order_id: int, change: Change):
    order = read(order_id)
    order.status = change.status
    await manager.broadcast(
        order.board, {"type": "order", "id": order_id, "status": change.status, "board": order.board}
    )
    return order
