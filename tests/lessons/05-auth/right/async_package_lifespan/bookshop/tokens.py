"""Tokens that nobody can forge."""

import dataclasses
import time

import jwt
from pydantic import SecretStr

ALGORITHM = "HS256"
SECONDS = 30 * 60


@dataclasses.dataclass(frozen=True, slots=True)
class TokenOffice:
    """Makes tokens with the secret, and reads them."""

    secret: SecretStr

    def issue(self, username: str) -> str:
        """Make a token for whoever has this username."""
        claims = {"sub": username, "exp": int(time.time()) + SECONDS}
        return jwt.encode(claims, self.secret.get_secret_value(), algorithm=ALGORITHM)

    def holder(self, token: str) -> str | None:
        """Return the username for which we made the token, or None if it is not a good one."""
        try:
            claims = jwt.decode(
                token,
                self.secret.get_secret_value(),
                algorithms=[ALGORITHM],
                options={"require": ["exp", "sub"]},
            )
        except jwt.InvalidTokenError:
            return None
        return claims["sub"]
