from fastapi import FastAPI

app = FastAPI()


class SoldOutError(Exception):
    def __init__(self, dish: str, back: str) -> None:
        self.dish = dish
        self.back = back


@app.post("/meals/{dish}")
async def cook(dish: str) -> None:
    raise SoldOutError(dish, back="friday")
