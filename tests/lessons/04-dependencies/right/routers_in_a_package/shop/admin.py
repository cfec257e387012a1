"""What only the staff may see and change."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Security
from fastapi.security import APIKeyHeader

from shop.settings import CurrentSettings

read_key = APIKeyHeader(name="X-API-Key", auto_error=False)


def require_key(
    settings: CurrentSettings,
    sent: Annotated[str | None, Security(read_key)],
) -> None:
    """Refuse whoever does not send the key, and everybody if there is no key."""
    expected = settings.api_key.get_secret_value()
    if not expected or not sent or not secrets.compare_digest(sent.encode(), expected.encode()):
        raise HTTPException(401, "Wrong key", headers={"WWW-Authenticate": "APIKey"})


def build_router(stock: dict[str, int]) -> APIRouter:
    """Make the path operations that manage this stock."""
    router = APIRouter(
        prefix="/admin",
        tags=["admin"],
        dependencies=[Depends(require_key)],
    )

    @router.get("/stock")
    def show_stock() -> dict[str, int]:
        """Show how many copies an order may ask for."""
        return stock

    @router.put("/stock")
    def change_stock(copies: int) -> dict[str, int]:
        """Change how many copies an order may ask for."""
        stock["copies"] = copies
        return stock

    return router
