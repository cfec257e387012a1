from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

DISHES: dict[int, dict[str, Any]] = {
    1: {"name": "Onion soup", "price_cents": 650, "note": "with cheese"},
}


class DishChanges(BaseModel):
    name: str | None = None
    price_cents: int | None = None
    note: str | None = None


app = FastAPI()


@app.patch("/dishes/{number}")
async def change_dish(number: int, changes: DishChanges) -> dict[str, Any]:
    DISHES[number].update(changes.model_dump())
    return DISHES[number]
