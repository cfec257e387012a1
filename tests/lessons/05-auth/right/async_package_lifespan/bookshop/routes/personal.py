"""For everybody with an account."""

from fastapi import APIRouter

from bookshop.accounts import ShownAccount
from bookshop.dependencies import Visitor

router = APIRouter(tags=["personal"])


@router.get("/me")
async def show_me(visitor: Visitor) -> ShownAccount:
    """Show the account that the token was made for."""
    return visitor.shown()
