"""What can go wrong, in the words of the shop, and the answers that clients get."""

from typing import ClassVar

from fastapi import Request, status
from fastapi.responses import JSONResponse


class ShopError(Exception):
    """Something that the shop refuses to do. Its text is shown to the client."""

    status_code: ClassVar[int] = status.HTTP_400_BAD_REQUEST
    headers: ClassVar[dict[str, str] | None] = None


class UnknownVisitorError(ShopError):
    """We don't know who asks."""

    status_code = status.HTTP_401_UNAUTHORIZED
    headers: ClassVar[dict[str, str] | None] = {"WWW-Authenticate": "Bearer"}


class NotAllowedError(ShopError):
    """We know who asks, and they may not."""

    status_code = status.HTTP_403_FORBIDDEN


class NoSuchAccountError(ShopError):
    """There is no account of that name."""

    status_code = status.HTTP_404_NOT_FOUND


class UsernameTakenError(ShopError):
    """Somebody else has this name."""

    status_code = status.HTTP_409_CONFLICT


async def answer_shop_error(_: Request, error: ShopError) -> JSONResponse:
    """Tell the client what the shop refused, in the form that FastAPI's own errors have."""
    return JSONResponse({"detail": str(error)}, error.status_code, error.headers)
