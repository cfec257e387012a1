"""A gate before a route: raw ASGI middleware that finds out who asks, and if they may."""

from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from accounts import Account, Accounts, Role
from tokens import Signer


def unauthorized(detail: str) -> JSONResponse:
    """Return the answer to somebody whom we don't know."""
    return JSONResponse({"detail": detail}, 401, {"WWW-Authenticate": "Bearer"})


class Gate:
    """Lets only those pass who have a good token, and the role if one is named.

    The handler behind it finds the account of the visitor in `request.state.visitor`.
    """

    def __init__(
        self, app: ASGIApp, accounts: Accounts, signer: Signer, role: Role | None = None
    ) -> None:
        """Stand before the app."""
        self._app = app
        self._accounts = accounts
        self._signer = signer
        self._role = role

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        visitor = self._visitor(Headers(scope=scope))
        if visitor is None:
            answer: ASGIApp = unauthorized("Send a good token")
        elif self._role not in (None, visitor.role):
            answer = JSONResponse({"detail": f"Only for {self._role}"}, 403)
        else:
            scope.setdefault("state", {})["visitor"] = visitor
            answer = self._app
        await answer(scope, receive, send)

    def _visitor(self, headers: Headers) -> Account | None:
        scheme, token = get_authorization_scheme_param(headers.get("Authorization"))
        if scheme.lower() != "bearer":
            return None
        username = self._signer.subject(token)
        account = self._accounts.find(username) if username else None
        return None if account is None or account.disabled else account
