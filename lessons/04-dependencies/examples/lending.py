from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()

FREE = ["left stove", "right stove"]
RECIPES = {"pea": "Peas in water", "onion": "Onions in broth"}


# [dependency]
async def get_stove() -> AsyncIterator[str]:
    if not FREE:
        raise RuntimeError("no stove is free")
    stove = FREE.pop()
    try:
        yield stove
    finally:
        FREE.append(stove)


# [/dependency]
Stove = Annotated[str, Depends(get_stove)]


@app.post("/soups/{name}")
async def cook_soup(name: str, stove: Stove) -> str:
    if name == "stone":
        raise HTTPException(409, "We have no stones")
    return f"{RECIPES[name]}, on the {stove}"


@app.get("/stoves")
async def show_stoves() -> list[str]:
    return FREE
