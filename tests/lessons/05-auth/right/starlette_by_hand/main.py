"""The bookshop's accounts as plain Starlette routes: requests, responses and gates by hand."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.routing import Route

from accounts import Accounts
from gate import Gate
from handlers import Handlers
from openapi import describe
from tokens import Signer, read_secret

signer = Signer(read_secret())
accounts = Accounts(Path(__file__).with_name("accounts.json"))
handlers = Handlers(accounts, signer)

for_visitors = [Middleware(Gate, accounts=accounts, signer=signer)]
for_staff = [Middleware(Gate, accounts=accounts, signer=signer, role="staff")]


class Bookshop(FastAPI):
    """FastAPI for the docs. Its OpenAPI document is written by hand, as the routes are."""

    def openapi(self) -> dict[str, Any]:
        """Return the document that /docs shows."""
        return describe(self.title, self.version)


app = Bookshop(
    title="Bookshop API",
    routes=[
        Route("/token", handlers.log_in, methods=["POST"]),
        Route("/me", handlers.show_me, methods=["GET"], middleware=for_visitors),
        Route("/accounts", handlers.create, methods=["POST"]),
        Route("/accounts", handlers.list_all, methods=["GET"], middleware=for_staff),
        Route("/accounts/{username}", handlers.change, methods=["PATCH"], middleware=for_staff),
    ],
)
