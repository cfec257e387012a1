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
    return jwt.decode(token, SECRET_KEY, algorithms=["HS256"], options={"require": ["sub", "exp"]})


token = make("tim", minutes=30)
header, claims, signature = token.split(".")
print("anybody reads:", json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"])
print("we trust:", read(token)["sub"])

forgeries = {
    "expired": make("tim", minutes=-1),
    "other secret": make("tim", minutes=30, secret="guessed" * 10),
    "claims of another": ".".join([header, make("rosa", minutes=30).split(".")[1], signature]),
    "alg none": jwt.encode({"sub": "rosa", "exp": NOW}, None, algorithm="none"),
    "without exp": jwt.encode({"sub": "rosa"}, SECRET_KEY, algorithm="HS256"),
}
for name, forged in forgeries.items():
    try:
        read(forged)
    except jwt.InvalidTokenError as error:
        print(f"{name}: {type(error).__name__}: {error}")
