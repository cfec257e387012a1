from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import MISSING, BaseModel, Field

DISHES: dict[int, dict[str, Any]] = {
    1: {"name": "Onion soup", "price_cents": 650, "note": "with cheese"},
}


class DishChanges(BaseModel):
    name: Annotated[str, Field(min_length=1)] | MISSING = MISSING
    price_cents: Annotated[int, Field(ge=100)] | MISSING = MISSING
    note: str | None = None


app = FastAPI()


@app.patch("/dishes/{number}")
async def change_dish(number: int, changes: DishChanges) -> dict[str, Any]:
    DISHES[number].update(changes.model_dump(exclude_unset=True))
    return DISHES[number]
