"""Names of HTTP status codes, the same on every Python."""

from __future__ import annotations

from http import HTTPStatus

PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""As in RFC 9110, where Python before 3.13 still has older names."""


def status_line(status: int) -> str:
    """Return code and name, as in `404 Not Found` (RFC 9110, section 15)."""
    try:
        return f"{status} {PHRASES.get(status) or HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
