"""The path operations."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm, SecurityScopes
from pydantic import BaseModel

from shop.people import HASHER, PEOPLE, Person, match, save

SCOPES = {"customer": ["me"], "staff": ["me", "accounts"]}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    secret = os.getenv("SECRET_KEY") or ""
    if len(secret) < 32:
        raise RuntimeError("SECRET_KEY is missing or too short")
    app.state.secret = secret
    yield


app = FastAPI(lifespan=lifespan)
oauth2 = OAuth2PasswordBearer(
    tokenUrl="./token", scopes={"me": "See yourself", "accounts": "Manage accounts"}
)


class New(BaseModel):
    username: str
    password: str


class Shown(BaseModel):
    username: str
    role: str
    disabled: bool


async def person(
    request: Request, needed: SecurityScopes, token: Annotated[str, Depends(oauth2)]
) -> Person:
    challenge = {"WWW-Authenticate": f'Bearer scope="{needed.scope_str}"'}
    refused = HTTPException(401, "Could not validate credentials", challenge)
    try:
        claims = jwt.decode(
            token, request.app.state.secret, ["HS256"], {"require": ["exp", "sub", "scope"]}
        )
    except jwt.InvalidTokenError:
        raise refused from None
    found = PEOPLE.get(claims["sub"])
    if not found or found.disabled:
        raise refused
    granted = set(claims["scope"].split()) & set(SCOPES[found.role])
    if not set(needed.scopes) <= granted:
        raise HTTPException(403, "Not enough permissions", challenge)
    return found


@app.post("/token")
async def token(
    request: Request, form: Annotated[OAuth2PasswordRequestForm, Depends()]
) -> dict[str, str]:
    found = await run_in_threadpool(match, form.username, form.password)
    if not found:
        raise HTTPException(401, "No such login", {"WWW-Authenticate": "Bearer"})
    exp = datetime.now().astimezone() + timedelta(seconds=1800)
    claims = {"sub": found.username, "exp": exp, "scope": " ".join(SCOPES[found.role])}
    signed = jwt.encode(claims, request.app.state.secret, algorithm="HS256")
    return {"access_token": signed, "token_type": "bearer"}


@app.get("/me")
async def me(found: Annotated[Person, Security(person, scopes=["me"])]) -> Shown:
    return Shown.model_validate(found.model_dump())


@app.post("/accounts", status_code=201)
async def create(new: New) -> Shown:
    if new.username in PEOPLE:
        raise HTTPException(409, "Taken")
    hashed = await run_in_threadpool(HASHER.hash, new.password)
    PEOPLE[new.username] = Person(username=new.username, password_hash=hashed)
    save()
    return Shown.model_validate(PEOPLE[new.username].model_dump())


@app.get("/accounts", dependencies=[Security(person, scopes=["accounts"])])
async def everybody() -> list[Shown]:
    return [Shown.model_validate(one.model_dump()) for one in PEOPLE.values()]


@app.patch("/accounts/{username}", dependencies=[Security(person, scopes=["accounts"])])
async def change(username: str, changes: dict[str, str | bool]) -> Shown:
    if username not in PEOPLE:
        raise HTTPException(404, "Nobody is called that")
    PEOPLE[username] = Person.model_validate(PEOPLE[username].model_dump() | changes)
    save()
    return Shown.model_validate(PEOPLE[username].model_dump())
