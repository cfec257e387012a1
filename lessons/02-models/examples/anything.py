from typing import Any

from fastapi import FastAPI

app = FastAPI()

MENU: list[dict[str, Any]] = []


@app.post("/dishes", status_code=201)
async def add_dish(dish: dict[str, Any]) -> dict[str, Any]:
    MENU.append(dish)
    return dish
