from fastapi import FastAPI, HTTPException

app = FastAPI()

RECIPES = {1: "bread", 2: "soup"}


@app.get("/recipes/{recipe_id}")
async def show_recipe(recipe_id: int) -> dict[str, int | str]:
    if recipe_id not in RECIPES:
        raise HTTPException(
            status_code=404, detail=f"No recipe has number {recipe_id}"
        )
    return {"id": recipe_id, "name": RECIPES[recipe_id]}
