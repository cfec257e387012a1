"""The reference."""

import os

from fastapi import FastAPI

app = FastAPI()


@app.get("/hello")
async def hello() -> dict[str, str]:
    """Greet everybody."""
    return {"message": os.environ["GREETING"]}


@app.get("/hello/{name}")
async def hello_name(name: str) -> dict[str, str]:
    """Greet one."""
    return {"message": f"hello {name}"}


@app.get("/secret")
async def secret() -> dict[str, str]:
    """Say the secret."""
    return {"secret": os.environ["SECRET"]}
