from typing import Annotated

from fastapi import Body, FastAPI
from pydantic import BaseModel

app = FastAPI()


class Dish(BaseModel):
    name: str


class Guest(BaseModel):
    name: str


@app.put("/tables/{table}/first")
async def order_first(
    table: int, dish: Dish, guest: Guest, portions: int
) -> str:
    return f"{portions} {dish.name} for {guest.name}, table {table}"


@app.put("/tables/{table}/second")
async def order_second(
    table: int,
    dish: Dish,
    guest: Guest,
    portions: Annotated[int, Body(gt=0)],
) -> str:
    return f"{portions} {dish.name} for {guest.name}, table {table}"
