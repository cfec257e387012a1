from fastapi import FastAPI

app = FastAPI(
    title="Kitchen API",
    version="2.1.0",
    description="Recipes of a small restaurant.",
)

RECIPES = {1: "bread", 2: "soup"}


@app.delete(
    "/recipes/{recipe_id}",
    status_code=204,
    tags=["recipes"],
    summary="Throw a recipe away",
)
async def delete_recipe(recipe_id: int) -> None:
    del RECIPES[recipe_id]
