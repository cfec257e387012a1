"""Middleware before the boards."""

import secrets
from contextlib import suppress
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send


class TokenGate:
    """Let in only who shows the token in the query."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on who shows the token, and answer 403 to the others."""
        shown = parse_qs(scope["query_string"].decode()).get("token", [""])
        if secrets.compare_digest(shown[-1].encode(), self._token):
            await self._app(scope, receive, send)
            return
        await receive()  # its wish to connect
        with suppress(OSError):  # it did not wait for the answer
            await send({"type": "websocket.close", "code": 1008})
