from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI()


class SoldOutError(Exception):
    def __init__(self, dish: str, back: str) -> None:
        self.dish = dish
        self.back = back


# [handler]
@app.exception_handler(SoldOutError)
async def explain_sold_out(
    _request: Request, error: SoldOutError
) -> JSONResponse:
    return JSONResponse(
        {"sorry": f"No {error.dish} left", "back": error.back}, 409
    )


# [/handler]


@app.post("/meals/{dish}")
async def cook(dish: str) -> None:
    raise SoldOutError(dish, back="friday")
