from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()

FREE = ["left stove", "right stove"]


def get_stove() -> str:
    if not FREE:
        raise RuntimeError("no stove is free")
    return FREE.pop()


Stove = Annotated[str, Depends(get_stove)]


@app.post("/soups/{name}")
async def cook_soup(name: str, stove: Stove) -> str:
    return f"{name} soup on the {stove}"
