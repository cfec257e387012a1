"""Open to everybody: getting an account, and logging in."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, status
from fastapi.concurrency import run_in_threadpool
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel

from bookshop.accounts import Account, NewAccount, ShownAccount
from bookshop.dependencies import Accounts, Tokens
from bookshop.errors import UnknownVisitorError
from bookshop.passwords import fits, hash_password

router = APIRouter(tags=["public"])


class Token(BaseModel):
    """The answer to a login."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"


@router.post("/accounts", status_code=status.HTTP_201_CREATED)
async def create_account(new: NewAccount, accounts: Accounts) -> ShownAccount:
    """Open an account for a customer."""
    account = Account(new.username, await hash_password(new.password))
    await run_in_threadpool(accounts.add, account)
    return account.shown()


@router.post("/token")
async def log_in(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], accounts: Accounts, tokens: Tokens
) -> Token:
    """Exchange a password for a token."""
    account = accounts.get(form.username)
    fitting = await fits(form.password, account.password_hash if account else None)
    if account is None or not fitting or account.disabled:
        raise UnknownVisitorError("Wrong username or password")
    return Token(access_token=tokens.issue(account.username))
