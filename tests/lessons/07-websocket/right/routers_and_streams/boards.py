"""The WebSockets."""

import json
import os
from typing import Annotated

import anyio
import hub
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

router = APIRouter()


@router.websocket("/echo")
async def echo(ws: WebSocket):
    await ws.accept()
    try:
        async for text in ws.iter_text():
            await ws.send_text(text)
    except WebSocketDisconnect:
        pass


def checked(raw):
    """Check by hand, and say what is wrong."""
    value = json.loads(raw)
    if not isinstance(value, dict):
        raise ValueError("a note is an object")
    text, urgent = value.get("text"), value.get("urgent", False)
    if not isinstance(text, str) or not 1 <= len(text) <= 4000:
        raise ValueError("text has 1 to 4000 characters")
    if not isinstance(urgent, bool):
        raise ValueError("urgent is true or false")
    return {"text": text, "urgent": urgent}


@router.websocket("/boards/{name:path}")
async def board(ws: WebSocket, name: str, token: Annotated[str, Query()] = ""):
    await ws.accept()
    if token != os.environ["BOARD_TOKEN"]:
        await ws.close(1008, "a token, please")
        return
    with hub.subscribed(name) as (send, receive):
        async with anyio.create_task_group() as group:

            async def forward():
                try:
                    async for message in receive:
                        await ws.send_json(message)
                except WebSocketDisconnect:
                    pass

            group.start_soon(forward)
            while (event := await ws.receive())["type"] == "websocket.receive":
                try:
                    raw = event["text"]
                    note = {"type": "note", "board": name, **checked(raw)}
                except ValueError as error:
                    send.send_nowait({"type": "error", "detail": str(error)})
                else:
                    hub.LAST[name].append(note)
                    hub.publish(name, note)
            group.cancel_scope.cancel()
