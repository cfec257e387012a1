"""Gift cards."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator


class CardRecord:
    """A gift card as the till keeps it: an object, no dict."""

    def __init__(self, code: str, value_cents: int, message: str | None) -> None:
        self.code = code
        self.value_cents = value_cents
        self.message = message


RECORDS: dict[str, CardRecord] = {}


class GiftCard(BaseModel):
    """A gift card as clients send and see it."""

    model_config = ConfigDict(from_attributes=True, str_strip_whitespace=True)

    code: Annotated[str, Field(pattern="^[A-Z]{4}-[0-9]{4}$")]
    value_cents: Annotated[int, Field(ge=500, le=20000)]
    message: str | None = None

    @field_validator("code", mode="before")
    @classmethod
    def put_in_upper_case(cls, value: object) -> object:
        """Put a text in upper case, before the pattern sees it."""
        return value.upper() if isinstance(value, str) else value


def keep(card: GiftCard) -> GiftCard:
    """Keep a gift card, and return it as it was kept."""
    record = CardRecord(**card.model_dump())
    RECORDS[record.code] = record
    return GiftCard.model_validate(record)


def find(code: str) -> GiftCard | None:
    """Return the gift card of that code, or None."""
    record = RECORDS.get(code)
    return None if record is None else GiftCard.model_validate(record)
