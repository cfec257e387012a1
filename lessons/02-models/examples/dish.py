from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, Field


class Dish(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    price_cents: Annotated[int, Field(ge=100, le=20_000)]
    note: str | None = None


app = FastAPI()

MENU: list[Dish] = []


@app.post("/dishes", status_code=201)
async def add_dish(dish: Dish) -> Dish:
    MENU.append(dish)
    return dish
