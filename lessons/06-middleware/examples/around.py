from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from plain import PlainTextOnly, Recipe

app = FastAPI()


# [around]
@app.middleware("http")
async def do_nothing(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    return await call_next(request)


app.add_middleware(PlainTextOnly)  # around do_nothing
# [/around]


@app.post("/recipes")
async def add_recipe(recipe: Recipe) -> str:
    return recipe.text
