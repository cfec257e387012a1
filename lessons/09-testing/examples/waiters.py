# [tests]
from collections.abc import Iterator

import pytest
from bell import app
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


def test_every_waiter_hears_the_bell(client: TestClient) -> None:
    with (
        client.websocket_connect("/bell?name=kim") as kim,
        client.websocket_connect("/bell?name=lee") as lee,
    ):
        client.post("/bell", params={"dish": "soup"})
        for waiter in (kim, lee):
            waiter.send_text("still there?")
            assert waiter.receive_json() == {"ready": "soup"}
            assert waiter.receive_json() == {"waiters": 2}


def test_nobody_listens_without_a_name(client: TestClient) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/bell"),
    ):
        pass


# [/tests]
if __name__ == "__main__":
    import subprocess
    import sys

    subprocess.run(
        [sys.executable, "-m", "pytest", "-qq", "-rA", __file__], check=True
    )
