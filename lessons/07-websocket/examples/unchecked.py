from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/pass")
async def take_orders(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        order = await websocket.receive_json()
        await websocket.send_json({"type": "taken", "dish": order["dish"]})
