from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()

DISHES = {
    "ravioli": {"gluten", "egg"},
    "trout": {"fish"},
    "salad": {"nuts"},
}


@app.get("/dishes")
async def list_dishes(
    without: Annotated[list[str] | None, Query()] = None,
) -> list[str]:
    return [
        name
        for name, holds in DISHES.items()
        if not holds & set(without or [])
    ]
