import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

SECRET_KEY = "only for this example: never write yours down like this"
NOW = datetime.now(UTC)


def make(username: str, minutes: int, secret: str = SECRET_KEY) -> str:
    claims = {"sub": username, "exp": NOW + timedelta(minutes=minutes)}
    return jwt.encode(claims, secret, algorithm="HS256")


def read(token: str) -> dict[str, Any]:
    return jwt.decode(
        token,
        SECRET_KEY,
        algorithms=["HS256"],
        options={"require": ["sub", "exp"]},
    )


token = make("tim", minutes=30)
header, claims, signature = token.split(".")
readable = json.loads(base64.urlsafe_b64decode(claims + "=="))
print("anybody reads:", readable["sub"])
print("we trust:", read(token)["sub"])

claims_of_rosa = make("rosa", minutes=30).split(".")[1]
endless = {"sub": "rosa"}
forgeries = {
    "expired": make("tim", minutes=-1),
    "other secret": make("tim", minutes=30, secret="guessed" * 10),
    "claims of another": f"{header}.{claims_of_rosa}.{signature}",
    "alg none": jwt.encode(endless, None, algorithm="none"),
    "without exp": jwt.encode(endless, SECRET_KEY, algorithm="HS256"),
}
for name, forged in forgeries.items():
    try:
        read(forged)
    except jwt.InvalidTokenError as error:
        print(f"{name}: {type(error).__name__}: {error}")
