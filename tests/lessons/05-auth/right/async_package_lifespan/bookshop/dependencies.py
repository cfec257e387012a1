"""What operations may ask for: the parts of the shop, and the people who come in."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from bookshop.accounts import Account, AccountBook, Role
from bookshop.errors import NotAllowedError, UnknownVisitorError
from bookshop.tokens import TokenOffice

_bearer = OAuth2PasswordBearer(tokenUrl="/token", auto_error=False)


async def get_accounts(request: Request) -> AccountBook:
    """Return the accounts that were opened when the app started."""
    return request.state.accounts


async def get_tokens(request: Request) -> TokenOffice:
    """Return the office that got the secret when the app started."""
    return request.state.tokens


Accounts = Annotated[AccountBook, Depends(get_accounts)]
Tokens = Annotated[TokenOffice, Depends(get_tokens)]


async def get_visitor(
    accounts: Accounts, tokens: Tokens, token: Annotated[str | None, Depends(_bearer)]
) -> Account:
    """Return the account of whoever asks, as it is now and not as it was at the login."""
    username = tokens.holder(token) if token else None
    account = accounts.get(username) if username else None
    if account is None or account.disabled:
        raise UnknownVisitorError("Log in first")
    return account


Visitor = Annotated[Account, Depends(get_visitor)]


def only(role: Role) -> Callable[[Account], Awaitable[None]]:
    """Return a dependency that lets in those with the role, and nobody else."""

    async def check(visitor: Visitor) -> None:
        if visitor.role != role:
            raise NotAllowedError(f"Only for {role}")

    return check
