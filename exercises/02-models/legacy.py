"""Gift cards. Written for Pydantic 1, and not touched since: migrate me in step 02.11."""

# The next two lines keep tools quiet about old forms. Take them out when you are done.
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, D102, D106, N805, UP006, UP035, UP045

from typing import Dict, Optional

from pydantic import BaseModel, Field, validator


class CardRecord:
    """A gift card as the till keeps it: an object, no dict."""

    def __init__(self, code: str, value_cents: int, message: Optional[str]) -> None:
        self.code = code
        self.value_cents = value_cents
        self.message = message


RECORDS: Dict[str, CardRecord] = {}


class GiftCard(BaseModel):
    """A gift card as clients send and see it."""

    code: str = Field(..., regex="^[A-Z]{4}-[0-9]{4}$")
    value_cents: int = Field(..., ge=500, le=20000)
    message: Optional[str]

    class Config:
        orm_mode = True
        anystr_strip_whitespace = True

    @validator("code", pre=True)
    def put_in_upper_case(cls, value):
        return value.upper() if isinstance(value, str) else value


def keep(card: GiftCard) -> GiftCard:
    """Keep a gift card, and return it as it was kept."""
    record = CardRecord(**card.dict())
    RECORDS[record.code] = record
    return GiftCard.from_orm(record)


def find(code: str) -> Optional[GiftCard]:
    """Return the gift card of that code, or None."""
    record = RECORDS.get(code)
    return None if record is None else GiftCard.from_orm(record)
