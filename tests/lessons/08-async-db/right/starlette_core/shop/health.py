"""Whether the database answers."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from shop.web import Json, route


async def check_health(_: Request, session: AsyncSession) -> Json:
    """Ask the database for a sign of life."""
    await session.execute(text("SELECT 1"))
    return {"database": "ok"}


routes = [route("GET", "/health", check_health)]
