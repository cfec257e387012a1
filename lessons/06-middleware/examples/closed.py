from typing import Literal

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    stage: Literal["test", "live"] = "live"


settings = Settings()

app = FastAPI(
    openapi_url="/openapi.json" if settings.stage == "test" else None
)
app.add_middleware(GZipMiddleware, minimum_size=60)


@app.get("/shopping-list")
async def make_list(days: int) -> str:
    return "flour, butter, onions. " * days
