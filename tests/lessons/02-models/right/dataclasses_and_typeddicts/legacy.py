"""Gift cards: a Pydantic dataclass, which is at once the body, the record and the answer."""

from typing import Annotated

from pydantic import ConfigDict, Field, field_validator
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, config=ConfigDict(str_strip_whitespace=True))
class GiftCard:
    """A gift card as clients send and see it."""

    code: Annotated[str, Field(pattern="^[A-Z]{4}-[0-9]{4}$")]
    value_cents: Annotated[int, Field(ge=500, le=20_000)]
    message: str | None = None

    @field_validator("code", mode="before")
    @classmethod
    def put_in_upper_case(cls, value: object) -> object:
        """Put a text in upper case, before it is compared with the pattern."""
        return value.upper() if isinstance(value, str) else value


RECORDS: dict[str, GiftCard] = {}


def keep(card: GiftCard) -> GiftCard:
    """Keep a gift card, and return it as it was kept."""
    RECORDS[card.code] = card
    return card
