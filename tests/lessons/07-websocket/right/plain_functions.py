"""No classes: dicts of queues. A client whose queue is full is closed."""

import asyncio
import json
import os
from collections import defaultdict
from contextlib import suppress

from fastapi import Body, FastAPI, HTTPException, Query, WebSocket, WebSocketDisconnect
from pydantic import StringConstraints, TypeAdapter, ValidationError
from typing_extensions import Annotated, Literal, NotRequired, TypedDict

Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]


class Incoming(TypedDict):
    text: Text
    urgent: NotRequired[bool]


INCOMING = TypeAdapter(Incoming)
orders = {
    number: {"id": number, "board": board, "status": "new"}
    for number, board in enumerate(["packing", "packing", "desk", "desk", "van", "van"], start=1)
}
queues: dict[str, dict[WebSocket, asyncio.Queue]] = defaultdict(dict)
history: dict[str, list] = defaultdict(list)

app = FastAPI()


def publish(board, message):
    for websocket, queue in list(queues[board].items()):
        try:
            queue.put_nowait(json.dumps(message))
        except asyncio.QueueFull:
            del queues[board][websocket]
            websocket.state.reader.cancel()


async def pump(websocket, queue):
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await websocket.send_text(await queue.get())


async def read(websocket, board, queue):
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        try:
            note = INCOMING.validate_json(message.get("text") or message.get("bytes") or b"")
        except ValidationError as error:
            queue.put_nowait(json.dumps({"type": "error", "detail": json.loads(error.json())}))
            continue
        note = {"type": "note", "board": board, "urgent": False, **note}
        history[board] = [*history[board], note][-10:]
        publish(board, note)


@app.websocket("/echo")
async def echo(websocket: WebSocket):
    await websocket.accept()
    with suppress(WebSocketDisconnect):
        async for text in websocket.iter_text():
            await websocket.send_text(text)


@app.websocket("/boards/{name}")
async def board(websocket: WebSocket, name: str, token: Annotated[str | None, Query()] = None):
    if token != os.environ["BOARD_TOKEN"]:
        await websocket.close(1008)
        return
    await websocket.accept()
    await websocket.send_json({"type": "history", "notes": history[name]})
    queue = asyncio.Queue(100)
    queues[name][websocket] = queue
    publish(name, {"type": "presence", "count": len(queues[name])})
    pumping = asyncio.create_task(pump(websocket, queue))
    websocket.state.reader = asyncio.create_task(read(websocket, name, queue))
    try:
        await asyncio.wait([websocket.state.reader])
    finally:
        pumping.cancel()
        queues[name].pop(websocket, None)
        publish(name, {"type": "presence", "count": len(queues[name])})
        with suppress(WebSocketDisconnect, RuntimeError):
            await websocket.close(1013)


@app.get("/orders/{number}")
async def show(number: int):
    if number not in orders:
        raise HTTPException(404)
    return orders[number]


@app.patch("/orders/{number}")
async def change(
    number: int, status: Annotated[Literal["new", "packed", "shipped"], Body(embed=True)]
):
    order = await show(number)
    order["status"] = status
    publish(order["board"], {"type": "order", "id": number, "status": status})
    return order
