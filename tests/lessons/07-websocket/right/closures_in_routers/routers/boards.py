"""The boards: a WebSocket for each client."""

import secrets
from contextlib import suppress
from typing import Annotated

import anyio
from anyio.lowlevel import checkpoint
from fastapi import APIRouter, WebSocket, WebSocketDisconnect, status
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from hub import Hub, Message
from listening import texts
from outbox import Take, open_outbox


async def deliver(websocket: WebSocket, take: Take) -> None:
    """Send what is in the outbox; say goodbye to a client that is too slow for it."""
    with suppress(WebSocketDisconnect):
        while (message := await take()) is not None:
            await websocket.send_json(message)
        await websocket.close(status.WS_1013_TRY_AGAIN_LATER)


async def refuse(websocket: WebSocket) -> None:
    """Turn a client away with a close code, which a script in a browser can see, unlike a 403."""
    with suppress(WebSocketDisconnect, OSError):
        await websocket.accept()
        await websocket.close(status.WS_1008_POLICY_VIOLATION)


def board_router(hub: Hub, expected_token: str, max_text: int, queue_size: int) -> APIRouter:
    """Make the router for the boards of a hub."""
    router = APIRouter()

    @dataclass(frozen=True)
    class Note:
        text: Annotated[str, Field(min_length=1, max_length=max_text)]
        urgent: bool = False

    parse = TypeAdapter(Note).validate_json

    def complaint(error: ValidationError) -> Message:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "message"
        return {"type": "error", "detail": f"{place}: {first['msg']}"}

    def as_message(board: str, note: Note) -> Message:
        return {"type": "note", "board": board, "text": note.text, "urgent": note.urgent}

    @router.websocket("/boards/{board}")
    async def show_board(websocket: WebSocket, board: str, token: str = "") -> None:
        """Keep a client on a board until it leaves."""
        if not secrets.compare_digest(token.encode(), expected_token.encode()):
            await refuse(websocket)
            return
        try:
            await websocket.accept()
        except OSError:
            return  # it was gone before it was let in
        put, take = open_outbox(queue_size)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(deliver, websocket, take)
            with hub.visit(board, put):
                async for text in texts(websocket):
                    try:
                        note = parse(text or "", strict=True)
                    except ValidationError as error:
                        put(complaint(error))
                    else:
                        hub.write(board, as_message(board, note))
                    await checkpoint()  # give the deliveries a turn between two notes
            tasks.cancel_scope.cancel()

    return router
