"""Errors become answers: a JSON object with `error` for programs and `message` for people."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.utils import is_body_allowed_for_status_code
from starlette.exceptions import HTTPException

Handler = Callable[[Request, Exception], Awaitable[Response]]


def problem(status_code: int, code: str, message: str, **more: object) -> JSONResponse:
    """Make an answer in the shop's shape."""
    return JSONResponse({"error": code, "message": message, **more}, status_code)


def http_problem(status_code: int, message: str) -> JSONResponse:
    """Make an answer in the shape of HTTP errors, whose code is made of the status."""
    return problem(status_code, f"http_{status_code}", message)


def telling(status_code: int, code: str, *attributes: str) -> Handler:
    """Make a handler that answers with the exception's text and these attributes of it."""

    async def tell(_request: Request, error: Exception) -> Response:
        more = {attribute: getattr(error, attribute) for attribute in attributes}
        return problem(status_code, code, str(error), **more)

    return tell


async def explain_invalid(_request: Request, error: RequestValidationError) -> Response:
    """List the mistakes, without what was sent."""
    fields = [
        {"in": loc[0], "field": ".".join(map(str, loc[1:])), "message": mistake["msg"]}
        for mistake in error.errors()
        for loc in [mistake["loc"]]
    ]
    return problem(
        status.HTTP_422_UNPROCESSABLE_CONTENT,
        "invalid_request",
        "Some of the fields need another look",
        fields=fields,
    )


async def explain_http_error(_request: Request, error: HTTPException) -> Response:
    """Keep the status, the detail and the headers of the exception."""
    if is_body_allowed_for_status_code(error.status_code):
        answer: Response = http_problem(error.status_code, error.detail)
    else:
        answer = Response(status_code=error.status_code)
    answer.headers.update(error.headers or {})
    return answer


async def hide_bug(_request: Request, _error: Exception) -> Response:
    """Answer 500. FastAPI raises the exception on after that, so the server logs it."""
    return problem(
        status.HTTP_500_INTERNAL_SERVER_ERROR, "internal_error", "Something broke, and not by you"
    )
