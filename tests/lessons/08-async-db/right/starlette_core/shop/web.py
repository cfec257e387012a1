"""What stands between HTTP and the functions that do the work."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeAlias, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shop.database import make_session

Json: TypeAlias = dict[str, Any] | list[dict[str, Any]]
Work: TypeAlias = Callable[[Request, AsyncSession], Awaitable[Json]]
Body = TypeVar("Body", bound=BaseModel)

INTEGER = TypeAdapter(int)


def route(method: str, path: str, work: Work, status: int = 200) -> Route:
    """Make a route that works in one session and answers when the session is committed."""

    @wraps(work)
    async def endpoint(request: Request) -> JSONResponse:
        async with make_session() as session:
            answer = await work(request, session)
            await session.commit()
        return JSONResponse(answer, status)

    return Route(path, endpoint, methods=[method])


def refusal_of(error: ValidationError, *place: str) -> RequestValidationError:
    """Turn Pydantic's error into FastAPI's, which is answered with 422."""
    details = error.errors(include_url=False)
    return RequestValidationError([{**one, "loc": (*place, *one["loc"])} for one in details])


async def read_body(request: Request, model: type[Body]) -> Body:
    """Return the checked body of a request, or refuse it."""
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise refusal_of(error, "body") from None


def read_number(request: Request, name: str) -> int:
    """Return a number from the path, or refuse it."""
    try:
        return INTEGER.validate_python(request.path_params[name])
    except ValidationError as error:
        raise refusal_of(error, "path", name) from None
