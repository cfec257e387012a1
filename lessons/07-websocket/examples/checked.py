from fastapi import FastAPI, WebSocket
from pydantic import BaseModel, Field, ValidationError

app = FastAPI()


class Order(BaseModel):
    dish: str
    table: int = Field(ge=1, le=20)


@app.websocket("/pass")
async def take_orders(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        try:
            order = Order.model_validate_json(text)
        except ValidationError as error:
            await websocket.send_json(
                {"type": "refused", "faults": error.error_count()}
            )
        else:
            await websocket.send_json(
                {"type": "taken", **order.model_dump()}
            )
