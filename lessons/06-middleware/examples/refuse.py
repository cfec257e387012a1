from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send


class NoHurry:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] == "http":
            hurry = Headers(scope=scope).get("X-Hurry")
            if hurry is not None:
                answer = JSONResponse({"sorry": f"Not {hurry}"}, 503)
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


app = FastAPI()
app.add_middleware(NoHurry)


@app.get("/dishes/soup")
async def cook_soup() -> str:
    return "soup"
