"""Preloaded by every host: serves a tiny app once, so that the first request costs no import.

FastAPI, pydantic and uvicorn load much only when the first app is made, its docs are asked for, or
the first request comes. All of it runs in one event loop that is closed again, and starts no
thread: the host forks afterwards.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import anyio._backends._asyncio
import fastapi.middleware.cors
import fastapi.security
import fastapi.staticfiles
import uvicorn.protocols.http.auto
import uvicorn.protocols.websockets.auto
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, WebSocket
from pydantic import BaseModel, Field, field_validator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Item(BaseModel):
    """A request body with a constraint and a validator."""

    name: Annotated[str, Field(min_length=1)]
    price: float | None = None
    tags: list[str] = []

    @field_validator("name")
    @classmethod
    def _stripped(cls, name: str) -> str:
        return name.strip()


async def session() -> AsyncIterator[int]:
    """A dependency with something to release."""
    yield 1


def tiny_app() -> FastAPI:
    """Return an app that uses what the lessons teach."""
    app, router = FastAPI(), APIRouter(prefix="/items", tags=["items"])

    @router.post("", status_code=201, response_model_exclude_none=True)
    async def add(
        item: Item,
        held: Annotated[int, Depends(session)],
        number: Annotated[int, Query(ge=0)] = 0,
        agent: Annotated[str | None, Header()] = None,
    ) -> Item:
        if number > held:
            raise HTTPException(404, agent)
        return item

    @router.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json({})

    app.include_router(router)
    return app


async def rehearse() -> None:
    """Ask the tiny app for its docs, and send it a right request and two wrong ones."""
    app = tiny_app()
    for method, path, query, body in (
        ("GET", "/openapi.json", b"", None),
        ("POST", "/items", b"", {"name": "x"}),
        ("POST", "/items", b"number=2", {"name": "x"}),
        ("POST", "/items", b"number=-1", {"name": ""}),
    ):
        await _exchange(app, method, path, query, body)
    await _converse(app, "/items/live")


async def _exchange(app: FastAPI, method: str, path: str, query: bytes, body: Any) -> None:
    sent: list[dict[str, Any]] = [
        {"type": "http.request", "body": json.dumps(body).encode() if body else b""}
    ]
    await app(_scope("http", path, method=method, query_string=query), _from(sent), _to_nobody)


async def _converse(app: FastAPI, path: str) -> None:
    sent: list[dict[str, Any]] = [
        {"type": "websocket.connect"},
        {"type": "websocket.disconnect", "code": 1000},
    ]
    await app(_scope("websocket", path, subprotocols=[], query_string=b""), _from(sent), _to_nobody)


def _scope(kind: str, path: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "headers": [(b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
        "state": {},
        **more,
    }


def _from(messages: list[dict[str, Any]]) -> Any:
    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    return receive


async def _to_nobody(message: Any) -> None:
    """What the tiny app answers is not needed."""


asyncio.run(rehearse())
