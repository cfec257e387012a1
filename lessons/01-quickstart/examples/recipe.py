from fastapi import FastAPI

app = FastAPI()

RECIPES = {1: "bread", 2: "soup"}


@app.get("/recipes/{recipe_id}")
async def show_recipe(recipe_id: int) -> dict[str, int | str]:
    return {"id": recipe_id, "name": RECIPES[recipe_id]}
