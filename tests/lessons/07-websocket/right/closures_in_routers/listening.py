"""The receiving side of a WebSocket."""

from collections.abc import AsyncGenerator

from fastapi import WebSocket


async def texts(websocket: WebSocket) -> AsyncGenerator[str | None]:
    """Yield every text until the client leaves; what is no text is None.

    Unlike `iter_text`, this gives also what a client wrote just before it left, if a send to it
    has failed in between.
    """
    while True:
        event = await websocket.receive()
        if event["type"] == "websocket.disconnect":
            return
        yield event.get("text")
