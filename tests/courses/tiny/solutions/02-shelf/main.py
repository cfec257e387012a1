"""The reference."""

from typing import Annotated

from fastapi import Body, FastAPI, HTTPException, WebSocket, WebSocketDisconnect

app = FastAPI()
shelf: dict[str, str] = {}


@app.put("/shelf/{place}", status_code=204)
async def put(place: str, thing: Annotated[str, Body()]) -> None:
    """Put a thing on the shelf."""
    shelf[place] = thing


@app.get("/shelf/{place}")
async def take(place: str) -> str:
    """Look at a thing."""
    if place not in shelf:
        raise HTTPException(404)
    return shelf[place]


@app.websocket("/talk")
async def talk(websocket: WebSocket) -> None:
    """Shout back."""
    await websocket.accept()
    try:
        while True:
            await websocket.send_text((await websocket.receive_text()).upper())
    except WebSocketDisconnect:
        pass
