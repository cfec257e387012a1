import logging

from fastapi import FastAPI
from fastapi.responses import JSONResponse

# [served_by]
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ServedBy:
    def __init__(self, app: ASGIApp, name: str) -> None:
        self.app = app
        self.name = name

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_name(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Served-By"] = self.name
            await send(message)

        await self.app(scope, receive, send_with_name)


# [/served_by]


# [apologise]
logger = logging.getLogger(__name__)


class Apologise:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            if begun or scope["type"] != "http":
                raise
            logger.exception("Nobody handled this")
            answer = JSONResponse({"sorry": "Something has burnt"}, 500)
            await answer(scope, receive, send)


app = FastAPI()
app.add_middleware(Apologise)
app.add_middleware(ServedBy, name="kitchen-2")  # added last: the outer one
# [/apologise]


@app.get("/portions/{grams}")
async def count_portions(grams: int) -> int:
    return 1000 // grams
