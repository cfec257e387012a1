from fastapi import FastAPI, WebSocket

app = FastAPI()

STATIONS: dict[str, list[WebSocket]] = {"grill": [], "pastry": []}


@app.websocket("/stations/{station}")
async def work(websocket: WebSocket, station: str) -> None:
    await websocket.accept()
    cooks = STATIONS[station]
    cooks.append(websocket)
    async for text in websocket.iter_text():
        for cook in cooks:
            await cook.send_text(text)
