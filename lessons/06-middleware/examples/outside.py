from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

app = FastAPI()


@app.middleware("http")
async def say_who_served(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    response.headers["X-Served-By"] = "kitchen-2"
    return response


# [handler]
@app.exception_handler(Exception)
async def apologise(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"sorry": "Something has burnt"}, 500)


# [/handler]


@app.get("/portions/{grams}")
async def count_portions(grams: int) -> int:
    return 1000 // grams
