import secrets
from typing import Annotated

from fastapi import Depends, FastAPI, WebSocket, WebSocketException, status

app = FastAPI()

KEY = "only-for-this-example"


def check_key(key: str = "") -> None:
    if not secrets.compare_digest(key.encode(), KEY.encode()):
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION)


@app.websocket("/pass")
async def enter(
    websocket: WebSocket, _: Annotated[None, Depends(check_key)]
) -> None:
    await websocket.accept()
    await websocket.send_text("Come in")
