from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/pass")
async def call_back(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        order = await websocket.receive_text()
        await websocket.send_text(f"Heard: {order}!")
