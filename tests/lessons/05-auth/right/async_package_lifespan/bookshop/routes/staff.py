"""For staff only."""

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool

from bookshop.accounts import AccountChange, ShownAccount
from bookshop.dependencies import Accounts, only

router = APIRouter(prefix="/accounts", tags=["staff"], dependencies=[Depends(only("staff"))])


@router.get("")
async def list_accounts(accounts: Accounts) -> list[ShownAccount]:
    """List all accounts."""
    return [account.shown() for account in accounts.all()]


@router.patch("/{username}")
async def change_account(username: str, change: AccountChange, accounts: Accounts) -> ShownAccount:
    """Change the role of an account, or disable it."""
    changed = await run_in_threadpool(accounts.change, username, change)
    return changed.shown()
