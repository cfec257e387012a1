from typing import Annotated

from fastapi import Depends, FastAPI, Query

app = FastAPI()

RECIPES = ["bread", "onion soup", "pea soup", "plum cake"]
GUESTS = ["Ana", "Ben", "Cleo"]


async def get_page(
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=10)] = 2,
) -> slice:
    return slice(skip, skip + limit)


Page = Annotated[slice, Depends(get_page)]


@app.get("/recipes")
async def list_recipes(page: Page) -> list[str]:
    return RECIPES[page]


@app.get("/guests")
async def list_guests(page: Page) -> list[str]:
    return GUESTS[page]
