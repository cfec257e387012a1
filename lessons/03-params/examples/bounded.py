from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()

RECIPES = [
    "bread",
    "broth",
    "crumble",
    "dumplings",
    "goulash",
    "onion soup",
]


@app.get("/recipes")
async def list_recipes(
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=5)] = 3,
) -> list[str]:
    return RECIPES[skip : skip + limit]
