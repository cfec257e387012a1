"""Messages on their way to one client."""

import asyncio
import json
from collections import deque
from contextlib import suppress

from starlette.types import Send

from orderboard.messages import Message
from orderboard.settings import QUEUE_SIZE


class Outbox:
    """Messages that wait for a client, the oldest first. If there are too many, it gives way.

    A task sends them. It exists only while there is something to send.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: deque[Message] = deque(maxlen=QUEUE_SIZE)
        self._pump: asyncio.Task[None] | None = None

    def put(self, message: Message) -> None:
        """Leave a message. This never waits."""
        self._waiting.append(message)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._send_all())

    def close(self) -> None:
        """Send nothing more."""
        self._waiting.clear()
        if self._pump is not None:
            self._pump.cancel()

    async def _send_all(self) -> None:
        with suppress(OSError):  # the client has left
            while self._waiting:
                text = json.dumps(self._waiting.popleft(), ensure_ascii=False)
                await self._send({"type": "websocket.send", "text": text})
