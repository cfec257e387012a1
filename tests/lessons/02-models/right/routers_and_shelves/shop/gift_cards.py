"""Gift cards, which once stood in `legacy.py`: take one, show one."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints


def put_in_upper_case(value: object) -> object:
    """Put a text in upper case; leave the rest to the checks that follow."""
    return value.upper() if isinstance(value, str) else value


Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[A-Z]{4}-[0-9]{4}$"),
    BeforeValidator(put_in_upper_case),
]
Message = Annotated[str, StringConstraints(strip_whitespace=True)]


class GiftCard(BaseModel, frozen=True):
    """A gift card as clients send and see it, and as the till keeps it."""

    code: Code
    value_cents: Annotated[int, Field(ge=500, le=20_000)]
    message: Message | None = None


CARDS: dict[str, GiftCard] = {}

router = APIRouter(prefix="/gift-cards", tags=["gift cards"])


@router.post("", status_code=status.HTTP_201_CREATED)
def take_gift_card(card: GiftCard) -> GiftCard:
    """Take a gift card."""
    CARDS[card.code] = card
    return card


@router.get("/{code}")
def show_gift_card(code: str) -> GiftCard:
    """Show a gift card."""
    try:
        return CARDS[code]
    except KeyError:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no gift card {code}") from None
