"""What stands around the whole app: functions that take an ASGI app and return one."""

import re
import time
import uuid
import zlib
from collections.abc import Callable, Collection
from functools import reduce

from fastapi import Response, status
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from errors import http_problem

Skin = Callable[[ASGIApp], ASGIApp]


def dressed(app: ASGIApp, *skins: Skin) -> ASGIApp:
    """Put the skins around the app, the first one outermost, for HTTP only."""
    onion = reduce(lambda inner, skin: skin(inner), reversed(skins), app)

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        await (onion if scope["type"] == "http" else app)(scope, receive, send)

    return choose


def heading(send: Send, mark: Callable[[MutableHeaders], None]) -> Send:
    """Make a send that has the headers marked when the answer begins."""

    async def send_marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            mark(MutableHeaders(scope=message))
        await send(message)

    return send_marked


def forgiving() -> Skin:
    """Make the skin that takes it calmly when the client has gone."""

    def skin(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await app(scope, receive, send)
            except ClientDisconnect:
                return

        return serve

    return skin


def stamped() -> Skin:
    """Make the skin that puts the request's id and the seconds it took on every answer."""

    def skin(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            start = time.perf_counter()
            request_id = Headers(scope=scope).get("X-Request-ID") or str(uuid.uuid4())

            def mark(headers: MutableHeaders) -> None:
                headers["X-Request-ID"] = request_id
                headers["X-Process-Time"] = f"{time.perf_counter() - start:.6f}"

            await app(scope, receive, heading(send, mark))

        return serve

    return skin


def shared(origins: Collection[str], methods: Collection[str], exposed: Collection[str]) -> Skin:
    """Make the skin that lets pages of these origins read the answers (CORS)."""
    allowances = {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": ", ".join(("Content-Type", "X-Request-ID")),
        "Access-Control-Max-Age": "600",
    }

    def skin(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            request = Headers(scope=scope)
            origin = request.get("Origin")

            def mark(headers: MutableHeaders) -> None:
                headers.add_vary_header("Origin")
                if origin in origins:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Allow-Credentials"] = "true"
                    headers["Access-Control-Expose-Headers"] = ", ".join(exposed)

            inner = app
            if (
                scope["method"] == "OPTIONS"
                and origin is not None
                and "Access-Control-Request-Method" in request
            ):
                inner = Response(
                    status_code=status.HTTP_204_NO_CONTENT,
                    headers=allowances if origin in origins else None,
                )
            await inner(scope, receive, heading(send, mark))

        return serve

    return skin


def wants_gzip(accepted: str) -> bool:
    """Tell whether an `Accept-Encoding` asks for gzip, and does not rule it out by `q=0`."""
    for choice in accepted.lower().split(","):
        name, _, weight = choice.partition(";")
        if name.strip() == "gzip":
            return re.fullmatch(r"\s*q=0(\.0*)?\s*", weight) is None
    return False


def packed(minimum: int) -> Skin:
    """Make the skin that compresses large answers, and streams piece by piece."""

    def skin(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if not wants_gzip(Headers(scope=scope).get("Accept-Encoding", "")):
                await app(scope, receive, send)
                return
            packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
            held: list[Message] = []
            packing = False

            async def send_packed(message: Message) -> None:
                nonlocal packing
                if message["type"] == "http.response.start":
                    held.append(message)
                    return
                body, more = message.get("body", b""), message.get("more_body", False)
                if held:
                    headers = MutableHeaders(scope=held[0])
                    packing = "Content-Encoding" not in headers and (more or len(body) >= minimum)
                    if packing:
                        headers["Content-Encoding"] = "gzip"
                        headers.add_vary_header("Accept-Encoding")
                        del headers["Content-Length"]
                    await send(held.pop())
                if packing:
                    flush = zlib.Z_SYNC_FLUSH if more else zlib.Z_FINISH
                    body = packer.compress(body) + packer.flush(flush)
                await send({**message, "body": body})

            await app(scope, receive, send_packed)

        return serve

    return skin


def limited(max_bytes: int) -> Skin:
    """Make the skin that refuses a body of more bytes, whether it says its size or not."""
    sorry = f"We take no more than {max_bytes} bytes"

    def skin(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            said = Headers(scope=scope).get("Content-Length", "")
            if said.isdecimal() and int(said) > max_bytes:
                refusal = http_problem(status.HTTP_413_CONTENT_TOO_LARGE, sorry)
                await refusal(scope, receive, send)
                return
            room = max_bytes
            begun = False

            def note_begin(_headers: MutableHeaders) -> None:
                nonlocal begun
                begun = True

            async def receive_counted() -> Message:
                nonlocal room
                message = await receive()
                room -= len(message.get("body", b""))
                if room < 0 and not begun:
                    raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, sorry)
                return message

            await app(scope, receive_counted, heading(send, note_begin))

        return serve

    return skin
