from fastapi import FastAPI

app = FastAPI()

DISHES = {
    "ravioli": {"gluten", "egg"},
    "trout": {"fish"},
    "salad": {"nuts"},
}


@app.get("/dishes")
async def list_dishes(without: list[str]) -> list[str]:
    return [
        name for name, holds in DISHES.items() if not holds & set(without)
    ]
