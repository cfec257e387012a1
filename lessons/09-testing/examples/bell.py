from fastapi import (
    FastAPI,
    WebSocket,
    WebSocketDisconnect,
    WebSocketException,
)

app = FastAPI()

WAITERS: list[WebSocket] = []


@app.websocket("/bell")
async def listen(waiter: WebSocket, name: str = "") -> None:
    if not name:
        raise WebSocketException(1008)
    await waiter.accept()
    WAITERS.append(waiter)
    try:
        async for _ in waiter.iter_text():
            await waiter.send_json({"waiters": len(WAITERS)})
    except WebSocketDisconnect:
        pass
    finally:
        WAITERS.remove(waiter)


@app.post("/bell")
async def ring(dish: str) -> None:
    for waiter in WAITERS:
        await waiter.send_json({"ready": dish})
