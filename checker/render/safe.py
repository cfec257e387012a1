"""Learner-controlled text made harmless: no escape codes, no markup, no control characters."""

from __future__ import annotations

import unicodedata

KEPT = {"\n", "\t"}
BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
"""Characters that reorder what is shown."""


def plain(text: str) -> str:
    r"""Return the text with every control character written out, as in `\\x1b`."""
    return "".join(
        char if char in KEPT or not _acts(char) else char.encode("unicode_escape").decode()
        for char in text
    )


def _acts(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cs"} or char in BIDI
