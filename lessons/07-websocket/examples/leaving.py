import echo
import polite
from fastapi import WebSocketDisconnect
from fastapi.testclient import TestClient

for module in (echo, polite):
    try:
        with TestClient(module.app).websocket_connect("/pass") as waiter:
            waiter.send_text("two soups")
            waiter.receive_text()
    except WebSocketDisconnect as error:
        said = f"raised WebSocketDisconnect, code {error.code}"
        print(f"{module.__name__}: {said}")
    else:
        print(f"{module.__name__}: ended")
