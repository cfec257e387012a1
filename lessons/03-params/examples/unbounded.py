from fastapi import FastAPI

app = FastAPI()

RECIPES = [
    "bread",
    "broth",
    "crumble",
    "dumplings",
    "goulash",
    "onion soup",
]


@app.get("/recipes")
async def list_recipes(skip: int = 0, limit: int = 3) -> list[str]:
    return RECIPES[skip : skip + limit]
