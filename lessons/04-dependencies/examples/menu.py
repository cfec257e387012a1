from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()

DISHES = {"bread": 3, "onion soup": 6, "pea soup": 7, "plum cake": 5}


class Wish:
    def __init__(self, word: str = "", budget: int | None = None) -> None:
        self.word = word
        self.budget = budget

    def fits(self, dish: str, price: int) -> bool:
        return self.word in dish and (
            self.budget is None or price <= self.budget
        )


@app.get("/menu")
async def show_menu(wish: Annotated[Wish, Depends()]) -> dict[str, int]:
    return {
        dish: price
        for dish, price in DISHES.items()
        if wish.fits(dish, price)
    }
