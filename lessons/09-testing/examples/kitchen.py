from typing import Annotated

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

app = FastAPI()

DISHES: list[str] = []


class NewDish(BaseModel):
    name: Annotated[str, Field(min_length=1)]
    guests: Annotated[int, Field(ge=1, le=12)]


@app.get("/")
async def welcome() -> dict[str, str]:
    return {"message": "What would you like to eat?"}


@app.post("/dishes", status_code=201)
async def add_dish(dish: NewDish) -> dict[str, int | str]:
    DISHES.append(dish.name)
    return {"id": len(DISHES), "name": dish.name}


@app.get("/dishes/{dish_id}")
async def show_dish(dish_id: int) -> dict[str, int | str]:
    if not 1 <= dish_id <= len(DISHES):
        raise HTTPException(404, f"There is no dish {dish_id}")
    return {"id": dish_id, "name": DISHES[dish_id - 1]}
