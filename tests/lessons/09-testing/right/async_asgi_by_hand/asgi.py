"""A server for one app, without a network: its lifespan and its WebSockets in ASGI messages."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATIENCE = 5.0
"""How many seconds to wait for what the app should do at once."""

ENDED = "ended"
"""The type of a message that no app sends: it stands for the end of the app's task."""


class RefusedError(Exception):
    """The app did not open a WebSocket."""


class Conversation:
    """An app that runs in a task of its own, and the messages to it and from it."""

    def __init__(self, app: ASGIApp, scope: Scope) -> None:
        """Start the app."""
        self._to_app = asyncio.Queue[Message]()
        self._from_app = asyncio.Queue[Message]()
        self._over = False
        self._task = asyncio.ensure_future(self._run(app, scope))

    async def _run(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self._to_app.get, self._accept)
        finally:
            self._from_app.put_nowait({"type": ENDED})

    async def _accept(self, message: Message) -> None:
        if self._over:
            raise BrokenPipeError
        self._from_app.put_nowait(message)

    def tell(self, kind: str, **content: object) -> None:
        """Send a message to the app."""
        self._to_app.put_nowait({"type": kind, **content})

    async def hear(self) -> Message:
        """Return the next message of the app; raise TimeoutError if none comes."""
        async with asyncio.timeout(PATIENCE):
            return await self._from_app.get()

    async def end(self, kind: str, **content: object) -> None:
        """Send the last message, and wait until the app has come to its end."""
        self._over = kind == "websocket.disconnect"
        self.tell(kind, **content)
        await asyncio.wait_for(self._task, PATIENCE)


class Server:
    """A started app. It is an ASGI app itself, so that an ASGITransport can call it."""

    def __init__(self, app: ASGIApp) -> None:
        """Serve this app."""
        self._app = app
        self._state: dict[str, Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with what the app has put into its state at startup."""
        await self._app({**scope, "state": self._state.copy()}, receive, send)

    @classmethod
    @asynccontextmanager
    async def started(cls, app: ASGIApp) -> AsyncIterator[Self]:
        """Let the app start up, and shut down at the end."""
        server = cls(app)
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": server._state}
        lifespan = Conversation(app, scope)
        lifespan.tell("lifespan.startup")
        assert (await lifespan.hear())["type"] == "lifespan.startup.complete"
        try:
            yield server
        finally:
            await lifespan.end("lifespan.shutdown")

    @asynccontextmanager
    async def websocket(self, path: str, headers: dict[str, str]) -> AsyncIterator["WebSocket"]:
        """Open a WebSocket, and leave it at the end; raise RefusedError if it does not open."""
        conversation = Conversation(
            self,
            {
                "type": "websocket",
                "asgi": {"version": "3.0", "spec_version": "2.4"},
                "http_version": "1.1",
                "scheme": "ws",
                "path": path,
                "raw_path": path.encode(),
                "root_path": "",
                "query_string": b"",
                "headers": [
                    (name.lower().encode(), value.encode())
                    for name, value in {"Host": "test", **headers}.items()
                ],
                "client": ("screen", 50000),
                "server": ("test", 80),
                "subprotocols": [],
                "extensions": {"websocket.http.response": {}},
            },
        )
        conversation.tell("websocket.connect")
        first = await conversation.hear()
        if first["type"] != "websocket.accept":
            await conversation.end("websocket.disconnect", code=1006)
            raise RefusedError(first)
        try:
            yield WebSocket(conversation)
        finally:
            await conversation.end("websocket.disconnect", code=1001)


class WebSocket:
    """The far end of an open WebSocket."""

    def __init__(self, conversation: Conversation) -> None:
        """Speak in this conversation."""
        self._conversation = conversation

    def send(self, text: str) -> None:
        """Send a text to the app."""
        self._conversation.tell("websocket.receive", text=text)

    async def receive(self) -> dict[str, Any]:
        """Return the next message, which must be JSON."""
        message = await self._conversation.hear()
        assert message["type"] == "websocket.send", message
        content: dict[str, Any] = json.loads(message["text"])
        return content
