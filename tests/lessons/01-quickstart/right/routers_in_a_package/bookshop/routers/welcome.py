"""The entrance."""

from fastapi import APIRouter

router = APIRouter()


@router.get("/")
def welcome() -> dict[str, str]:
    """Greet the client."""
    return {"message": "Welcome to the bookshop"}
