"""Right: argon2-cffi by hand, plain dicts and functions, the form's fields one by one, async."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import Body, Depends, FastAPI, Form, HTTPException
from fastapi.security import OAuth2PasswordBearer

KEY = os.environ.get("SECRET_KEY")
if KEY is None or len(KEY) < 32:
    sys.exit("SECRET_KEY must be set, to 32 characters or more.")

hasher = PasswordHasher(memory_cost=32768, time_cost=2, parallelism=2)
FILE = Path("accounts.json")
people: dict[str, dict[str, Any]] = {
    "olga": {
        "password_hash": "$argon2id$v=19$m=19456,t=2,p=1$TJPYdXdvBfglZ5P7BIT2bQ"
        "$TlqzIuGAOY9v3jwSx6hVMk8US5Fbqk+XzUwMRLNEIq4",
        "role": "staff",
        "disabled": False,
    }
}

app = FastAPI()
bearer = OAuth2PasswordBearer("/token", auto_error=False)


def no(detail: str = "No.") -> HTTPException:
    return HTTPException(401, detail, {"WWW-Authenticate": 'Bearer realm="bookshop"'})


def public(name: str) -> dict[str, Any]:
    person = people[name]
    return {"username": name, "role": person["role"], "disabled": person["disabled"]}


def write() -> None:
    FILE.write_text(json.dumps(people))


def fits(hashed: str, password: str) -> bool:
    try:
        return hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


async def who(token: Annotated[str | None, Depends(bearer)]) -> str:
    if not token:
        raise no()
    try:
        claims = jwt.decode(token, KEY, ["HS256"])
        if claims["exp"] < time.time() or people[claims["sub"]]["disabled"]:
            raise no()
    except (jwt.PyJWTError, KeyError):
        raise no() from None
    return str(claims["sub"])


async def staff(name: Annotated[str, Depends(who)]) -> str:
    if people[name]["role"] == "staff":
        return name
    raise HTTPException(403)


@app.post("/accounts", status_code=201)
async def open_account(
    username: Annotated[str, Body()], password: Annotated[str, Body()]
) -> dict[str, Any]:
    if username in people:
        raise HTTPException(409)
    hashed = await asyncio.to_thread(hasher.hash, password)
    people[username] = {"password_hash": hashed, "role": "customer", "disabled": False}
    write()
    return public(username)


@app.post("/token")
async def token(
    username: Annotated[str, Form()], password: Annotated[str, Form()]
) -> dict[str, str]:
    person = people.get(username)
    if person is None or person["disabled"]:
        raise no()
    if not await asyncio.to_thread(fits, person["password_hash"], password):
        raise no()
    claims = {"sub": username, "exp": int(time.time()) + 1800, "iat": int(time.time())}
    return {"access_token": jwt.encode(claims, KEY), "token_type": "bearer"}


@app.get("/me")
async def me(name: Annotated[str, Depends(who)]) -> dict[str, Any]:
    return public(name)


@app.get("/accounts")
async def everybody(_: Annotated[str, Depends(staff)]) -> list[dict[str, Any]]:
    return [public(name) for name in people]


@app.patch("/accounts/{username}")
async def change(
    username: str, changes: dict[str, Any], _: Annotated[str, Depends(staff)]
) -> dict[str, Any]:
    if username not in people:
        raise HTTPException(404)
    people[username] |= {name: changes[name] for name in ("role", "disabled") if name in changes}
    write()
    return public(username)
