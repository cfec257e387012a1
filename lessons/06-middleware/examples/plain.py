from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send


# [plain]
class PlainTextOnly:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def receive_checked() -> Message:
            message = await receive()
            if b"\t" in message.get("body", b""):
                raise HTTPException(415, "No tabs, please")
            return message

        await self.app(scope, receive_checked, send)


# [/plain]


class Recipe(BaseModel):
    text: str


app = FastAPI()
app.add_middleware(PlainTextOnly)


@app.post("/recipes")
async def add_recipe(recipe: Recipe) -> str:
    return recipe.text
