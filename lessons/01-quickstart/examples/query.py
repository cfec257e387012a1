from fastapi import FastAPI

app = FastAPI()

RECIPES = ["bread", "onion soup", "pea soup"]


@app.get("/recipes")
async def list_recipes(word: str | None = None) -> list[str]:
    if word is None:
        return RECIPES
    return [recipe for recipe in RECIPES if word in recipe]
