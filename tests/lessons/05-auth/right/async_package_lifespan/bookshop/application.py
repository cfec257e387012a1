"""The app, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypedDict

from fastapi import FastAPI

from bookshop.accounts import AccountBook
from bookshop.errors import ShopError, answer_shop_error
from bookshop.routes import personal, public, staff
from bookshop.settings import Settings
from bookshop.tokens import TokenOffice


class State(TypedDict):
    """What lives as long as the app. Starlette shows it to each request as `request.state`."""

    accounts: AccountBook
    tokens: TokenOffice


def create_app(accounts_path: Path) -> FastAPI:
    """Build the app. It reads its settings and its accounts when it starts, not before."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        secret = Settings().secret_key
        yield {"accounts": AccountBook(accounts_path), "tokens": TokenOffice(secret)}

    app = FastAPI(
        title="Bookshop API",
        lifespan=lifespan,
        exception_handlers={ShopError: answer_shop_error},
    )
    for part in (public, personal, staff):
        app.include_router(part.router)
    return app
