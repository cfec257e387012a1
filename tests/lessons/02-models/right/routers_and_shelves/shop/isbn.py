"""ISBN-13: the type of a field."""

import re
from itertools import cycle
from typing import Annotated

from pydantic import AfterValidator

DIGITS_IN_ISBN = 13


def tidy(isbn: str) -> str:
    """Return the 13 digits of a right ISBN; raise ValueError for a wrong one."""
    if not re.fullmatch("[0-9 -]*", isbn):
        raise ValueError("an ISBN holds digits, hyphens and spaces, and nothing else")
    digits = re.sub("[ -]", "", isbn)
    if len(digits) != DIGITS_IN_ISBN:
        raise ValueError(f"an ISBN has {DIGITS_IN_ISBN} digits, and not {len(digits)}")
    weighted = (int(digit) * weight for digit, weight in zip(digits, cycle((1, 3)), strict=False))
    if sum(weighted) % 10:
        raise ValueError("the digits of the ISBN do not fit together")
    return digits


Isbn = Annotated[str, AfterValidator(tidy)]
