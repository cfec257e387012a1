"""The two WebSockets, each an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from orderboard.messages import DRAFT, Note
from orderboard.outbox import Outbox
from orderboard.rooms import Rooms


async def accept(receive: Receive, send: Send) -> None:
    """Answer the wish to connect with a yes; raise OSError if the client has left already."""
    await receive()
    await send({"type": "websocket.accept"})


async def incoming(receive: Receive) -> AsyncIterator[str | bytes]:
    """Yield what the client sends, until it leaves."""
    while (event := await receive())["type"] == "websocket.receive":
        text = event.get("text")
        yield event["bytes"] if text is None else text


class EchoSocket:
    """Says everything back as it is."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Talk with one client, from its coming to its leaving."""
        with suppress(OSError):  # the client left without reading all
            await accept(receive, send)
            async for data in incoming(receive):
                kind = "text" if isinstance(data, str) else "bytes"
                await send({"type": "websocket.send", kind: data})


class BoardSocket:
    """Shows a board to a client, and takes its notes."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Talk with one client, from its coming to its leaving."""
        try:
            await accept(receive, send)
        except OSError:
            return
        board: str = scope["path_params"]["board"]
        outbox = Outbox(send)
        self._rooms.enter(board, outbox)
        try:
            async for data in incoming(receive):
                self._take(data, board, outbox)
                # A client may write much without a pause: let the outboxes keep up.
                await asyncio.sleep(0)
        finally:
            self._rooms.leave(board, outbox)
            outbox.close()

    def _take(self, data: str | bytes, board: str, outbox: Outbox) -> None:
        if isinstance(data, bytes):
            outbox.put({"type": "error", "detail": "Send your notes as text"})
            return
        try:
            draft = DRAFT.validate_json(data, strict=True)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            where = "".join(f"{key}: " for key in fault["loc"])
            outbox.put({"type": "error", "detail": where + fault["msg"]})
            return
        note: Note = {
            "type": "note",
            "board": board,
            "text": draft["text"],
            "urgent": draft.get("urgent", False),
        }
        self._rooms.write(board, note)
