"""JSON Web Tokens with nothing but the standard library (RFC 7515 and RFC 7519)."""

import base64
import hashlib
import hmac
import json
import math
import os
import time
from typing import Any

SHORTEST_SECRET = 32
LIFETIME = 30 * 60


def read_secret() -> bytes:
    """Return the secret from the environment, or refuse to start without a good one."""
    secret = os.environ.get("SECRET_KEY", "")
    if len(secret) < SHORTEST_SECRET:
        raise RuntimeError(f"Set SECRET_KEY to {SHORTEST_SECRET} random characters or more")
    return secret.encode()


def _pack(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _unpack_object(text: str) -> dict[str, Any]:
    """Return the JSON object in a part of a token. Raises ValueError if there is none."""
    padding = "=" * (-len(text) % 4)
    value = json.loads(base64.urlsafe_b64decode(text + padding))
    if not isinstance(value, dict):
        raise ValueError("Not a JSON object")  # noqa: TRY004 - callers wait for one kind of error
    return value


class Signer:
    """Makes tokens signed with HS256, and reads those."""

    def __init__(self, secret: bytes) -> None:
        """Keep the secret for as long as the app runs."""
        self._secret = secret

    def issue(self, username: str) -> str:
        """Make a token for whoever has this username."""
        header = {"alg": "HS256", "typ": "JWT"}
        claims = {"sub": username, "exp": int(time.time()) + LIFETIME}
        signed = ".".join(_pack(json.dumps(part).encode()) for part in (header, claims))
        return f"{signed}.{self._signature(signed)}"

    def subject(self, token: str) -> str | None:
        """Return whose token it is, or None if it is not a good one.

        The signature is checked first, so that nothing of a stranger's token is even parsed.
        """
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return None
        try:
            header, claims = (_unpack_object(part) for part in signed.split("."))
        except ValueError:
            return None
        if header.get("alg") != "HS256" or "crit" in header:
            return None
        match claims:
            case {"sub": str(username), "exp": int() | float() as exp} if (
                time.time() < exp < math.inf
            ):
                return username
        return None

    def _signature(self, signed: str) -> str:
        return _pack(hmac.digest(self._secret, signed.encode(), hashlib.sha256))
