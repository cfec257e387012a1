from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/pass")
async def call_back(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            order = await websocket.receive_text()
            await websocket.send_text(f"Heard: {order}!")
    except WebSocketDisconnect:
        pass  # the client has left: nothing is wrong
