from collections.abc import Awaitable, Callable

from fastapi import FastAPI, HTTPException, Request, Response

app = FastAPI()

DISHES = {1: "bread", 2: "soup"}


@app.middleware("http")
async def say_who_served(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    response.headers["X-Served-By"] = "kitchen-2"
    return response


@app.get("/dishes/{number}")
async def show_dish(number: int) -> str:
    if number not in DISHES:
        raise HTTPException(404, "There is no such dish")
    return DISHES[number]
