from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field

app = FastAPI()

PRICES = {"pea soup": 6, "ravioli": 11, "trout": 19}


# [class]
class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cheapest: int = Field(default=0, ge=0)
    dearest: int = Field(default=100, ge=0)


# [/class]
@app.get("/menu")
async def list_menu(wish: Annotated[Wish, Query()]) -> list[str]:
    return [
        d
        for d, price in PRICES.items()
        if wish.cheapest <= price <= wish.dearest
    ]
