from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send


class Door:
    def __init__(self, app: ASGIApp, name: str) -> None:
        self.app = app
        self.name = name

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        print(f"in by the {self.name}")
        await self.app(scope, receive, send)
        print(f"out by the {self.name}")


restaurant = FastAPI()
restaurant.add_middleware(Door, name="kitchen door")
restaurant.add_middleware(Door, name="front door")


@restaurant.get("/")
async def eat() -> None:
    print("eating")


TestClient(restaurant).get("/")
