from collections import defaultdict

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketDisconnected

app = FastAPI()

STATIONS: defaultdict[str, set[WebSocket]] = defaultdict(set)


async def call(station: str, text: str) -> None:
    for cook in list(STATIONS[station]):
        try:
            await cook.send_text(text)
        except (WebSocketDisconnect, WebSocketDisconnected):
            # gone; the others still want to hear it
            STATIONS[station].discard(cook)


@app.websocket("/stations/{station}")
async def work(websocket: WebSocket, station: str) -> None:
    await websocket.accept()
    STATIONS[station].add(websocket)
    try:
        async for text in websocket.iter_text():
            await call(station, text)
    except WebSocketDisconnected:
        pass  # the send to this cook itself has failed: it has left
    finally:
        STATIONS[station].discard(websocket)


@app.post("/stations/{station}/bell", status_code=204)
async def ring(station: str) -> None:
    await call(station, "The waiter rings")
