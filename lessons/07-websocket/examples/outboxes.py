import asyncio
from collections import deque

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketDisconnected

app = FastAPI()

Outbox = asyncio.Queue[str]
COOKS: set[Outbox] = set()
CALLS: deque[str] = deque(maxlen=3)


def leave(outbox: Outbox, text: str) -> None:
    if outbox.full():
        outbox.get_nowait()
    outbox.put_nowait(text)


async def deliver(websocket: WebSocket, outbox: Outbox) -> None:
    try:
        while True:
            await websocket.send_text(await outbox.get())
    except WebSocketDisconnect:
        pass  # the function of this cook hears of it, too


@app.websocket("/pass")
async def work(websocket: WebSocket) -> None:
    await websocket.accept()
    outbox = Outbox(maxsize=100)
    sending = asyncio.create_task(deliver(websocket, outbox))
    leave(outbox, f"So far: {', '.join(CALLS) or 'nothing'}")
    COOKS.add(outbox)
    try:
        async for text in websocket.iter_text():
            if text:
                CALLS.append(text)
                for cook in COOKS:
                    leave(cook, text)
            else:
                leave(outbox, "Say something")  # to this cook alone
    except WebSocketDisconnected:
        pass  # a send to this cook has failed: it has left
    finally:
        COOKS.discard(outbox)
        sending.cancel()
