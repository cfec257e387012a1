from fastapi import FastAPI

app = FastAPI()

DISHES = {1: "pea soup", 2: "ravioli", 3: "trout"}


@app.get("/dishes/today")
async def show_dish_of_today() -> str:
    return "trout"


@app.get("/dishes/{dish_id}")
async def show_dish(dish_id: int) -> str:
    return DISHES[dish_id]
