"""A WebSocket that says everything back."""

from contextlib import suppress

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from listening import texts


def echo_router() -> APIRouter:
    """Make the router for /echo."""
    router = APIRouter()

    @router.websocket("/echo")
    async def echo(websocket: WebSocket) -> None:
        """Send back every text until the client leaves."""
        with suppress(WebSocketDisconnect, OSError):
            await websocket.accept()
            async for text in texts(websocket):
                if text is not None:
                    await websocket.send_text(text)

    return router
