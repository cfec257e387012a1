"""Starlette's class of a WebSocket: one method for each event."""

import asyncio
import collections
import json
import os
import typing

from fastapi import FastAPI, HTTPException, WebSocketDisconnect
from pydantic import BaseModel, Field, StrictBool, StrictStr
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute

Status = typing.Literal["new", "packed", "shipped"]


class Note(BaseModel, extra="ignore"):
    text: StrictStr = Field(min_length=1, max_length=4000)
    urgent: StrictBool = False


class Order(BaseModel):
    id: int
    board: str
    status: Status = "new"


class Patch(BaseModel):
    status: Status


class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        try:
            await websocket.send_text(data)
        except (WebSocketDisconnect, RuntimeError):
            pass  # the loop around this method hears of it as well


class Board(WebSocketEndpoint):
    encoding = "text"
    everybody = collections.defaultdict(set)
    notes = collections.defaultdict(list)

    async def on_connect(self, websocket):
        self.name = websocket.path_params["board"]
        self.outbox = None
        if websocket.query_params.get("token") != os.environ["BOARD_TOKEN"]:
            await websocket.close(1008)
            return
        await websocket.accept()
        await websocket.send_json({"type": "history", "notes": self.notes[self.name][-10:]})
        self.outbox = collections.deque(maxlen=100)
        self.news = asyncio.Event()
        self.postman = asyncio.create_task(self.deliver(websocket))
        self.everybody[self.name].add(self)
        self.count()

    async def deliver(self, websocket):
        try:
            while True:
                await self.news.wait()
                self.news.clear()
                while self.outbox:
                    await websocket.send_text(self.outbox.popleft())
        except Exception:
            return

    def count(self):
        say(self.name, type="presence", count=len(self.everybody[self.name]))

    def hear(self, text):
        self.outbox.append(text)
        self.news.set()

    async def on_receive(self, websocket, data):
        try:
            note = Note.model_validate_json(data)
        except ValueError as error:
            self.hear(json.dumps({"type": "error", "detail": str(error)}))
            return
        message = {"type": "note", "board": self.name, **dict(note)}
        self.notes[self.name].append(message)
        say(self.name, **message)

    async def on_disconnect(self, websocket, close_code):
        if self.outbox is not None:
            self.postman.cancel()
            self.everybody[self.name].discard(self)
            self.count()


def say(board_name, /, **message):
    for listener in Board.everybody[board_name]:
        listener.hear(json.dumps(message))


ORDERS = {
    1: Order(id=1, board="packing"),
    2: Order(id=2, board="packing"),
    3: Order(id=3, board="desk"),
    4: Order(id=4, board="desk"),
    5: Order(id=5, board="van"),
    6: Order(id=6, board="van"),
}

app = FastAPI(
    routes=[WebSocketRoute("/echo", Echo), WebSocketRoute("/boards/{board}", Board)],
)


@app.get("/orders/{order_id}")
async def show(order_id: int) -> Order:
    try:
        return ORDERS[order_id]
    except KeyError:
        raise HTTPException(status_code=404) from None


@app.patch("/orders/{order_id}")
async def edit(order_id: int, patch: Patch) -> Order:
    order = ORDERS[order_id] = (await show(order_id)).model_copy(update={"status": patch.status})
    say(order.board, type="order", id=order.id, status=order.status)
    return order
