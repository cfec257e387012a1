from typing import Annotated

from fastapi import FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

app = FastAPI()


@app.exception_handler(RequestValidationError)
async def explain_invalid(
    _request: Request, error: RequestValidationError
) -> PlainTextResponse:
    lines = [f"{found['loc']}: {found['msg']}" for found in error.errors()]
    return PlainTextResponse("\n".join(lines), 422)


@app.exception_handler(HTTPException)
async def explain_http_error(
    _request: Request, error: HTTPException
) -> PlainTextResponse:
    return PlainTextResponse(
        f"Sorry: {error.detail}", error.status_code, error.headers
    )


@app.get("/tables/{number}")
async def show_table(
    number: Annotated[int, Path(ge=1)],
    guests: Annotated[int, Query(ge=1)] = 2,
) -> str:
    return f"Table {number} for {guests}"
