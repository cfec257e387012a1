from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

app = FastAPI()

PRICES = {"pea soup": 6, "ravioli": 11, "trout": 19}


class Wish(BaseModel):
    cheapest: Annotated[float, Field(ge=0)] = 0
    dearest: Annotated[float, Field(ge=0)] | None = None


@app.get("/menu")
async def list_menu(wish: Annotated[Wish, Query()]) -> list[str]:
    return [
        d
        for d, price in PRICES.items()
        if wish.cheapest <= price
        and (wish.dearest is None or price <= wish.dearest)
    ]
