"""Right: classes as dependencies, settings by pydantic-settings, a router for the staff."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import jwt
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, status
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestFormStrict
from pwdlib import PasswordHash
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(hide_input_in_errors=True)

    secret_key: SecretStr = Field(min_length=32)


settings = Settings.model_validate({})


class Unauthenticated(Exception):
    pass


@dataclass(frozen=True)
class User:
    username: str
    password_hash: str
    role: str = "customer"
    disabled: bool = False


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    username: str
    role: str
    disabled: bool


class Credentials(BaseModel):
    username: str = Field(min_length=3)
    password: SecretStr = Field(min_length=8)


class Change(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: str | None = Field(None, pattern="^(customer|staff)$")
    disabled: bool | None = None


class Users:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.by_name: dict[str, User] = {}
        self.put(
            User(
                "olga",
                "$argon2id$v=19$m=19456,t=2,p=1$TJPYdXdvBfglZ5P7BIT2bQ"
                "$TlqzIuGAOY9v3jwSx6hVMk8US5Fbqk+XzUwMRLNEIq4",
                "staff",
            )
        )

    def put(self, user: User) -> User:
        self.by_name[user.username] = user
        self.path.write_text(json.dumps({u.username: asdict(u) for u in self.by_name.values()}))
        return user


users = Users(Path(__file__).parent / "accounts.json")


class Login:
    hasher = PasswordHash.recommended()

    @cached_property
    def nobody(self) -> User:
        return User("", self.hasher.hash("nobody's password"))

    def check(self, username: str, password: str) -> User:
        user = users.by_name.get(username, self.nobody)
        right, better = self.hasher.verify_and_update(password, user.password_hash)
        if not right or user.disabled or not user.username:
            raise Unauthenticated
        return users.put(replace(user, password_hash=better)) if better else user


login = Login()


class Tokens:
    common = {"iss": "bookshop", "aud": "bookshop"}

    def write(self, user: User) -> str:
        now = datetime.now(UTC)
        claims: dict[str, Any] = {
            **self.common, "sub": user.username, "iat": now, "exp": now + timedelta(minutes=30)
        }  # fmt: skip
        return jwt.encode(claims, settings.secret_key.get_secret_value(), "HS256")

    def read(self, token: str) -> User:
        try:
            claims = jwt.decode(
                token,
                settings.secret_key.get_secret_value(),
                algorithms=["HS256"],
                issuer=self.common["iss"],
                audience=self.common["aud"],
                options={"require": ["exp", "sub", "iat"]},
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated from error
        user = users.by_name.get(claims["sub"])
        if user is None or user.disabled:
            raise Unauthenticated
        return user


tokens = Tokens()


class Signed:
    """A dependency: the user of the request's token, who has one of these roles."""

    def __init__(self, *roles: str) -> None:
        self.roles = roles

    def __call__(
        self, token: Annotated[str, Depends(OAuth2PasswordBearer(tokenUrl="token"))]
    ) -> User:
        user = tokens.read(token)
        if self.roles and user.role not in self.roles:
            raise HTTPException(status.HTTP_403_FORBIDDEN)
        return user


app = FastAPI()
staff = APIRouter(prefix="/accounts", dependencies=[Depends(Signed("staff"))])


@app.exception_handler(Unauthenticated)
async def refuse(_: Request, __: Unauthenticated) -> JSONResponse:
    return JSONResponse({"error": "log in"}, 401, {"WWW-Authenticate": "Bearer"})


@app.post("/token")
def sign_in(form: Annotated[OAuth2PasswordRequestFormStrict, Depends()]) -> dict[str, str]:
    user = login.check(form.username, form.password)
    return {"access_token": tokens.write(user), "token_type": "bearer"}


@app.get("/me")
def me(user: Annotated[User, Depends(Signed())]) -> UserOut:
    return UserOut.model_validate(user)


@app.post("/accounts", status_code=201, response_model=UserOut)
def sign_up(new: Credentials) -> User:
    if new.username in users.by_name:
        raise HTTPException(409)
    hashed = login.hasher.hash(new.password.get_secret_value())
    return users.put(User(new.username, hashed))


@staff.get("", response_model=list[UserOut])
def show_all() -> list[User]:
    return list(users.by_name.values())


@staff.patch("/{username}", response_model=UserOut)
def change(username: str, wanted: Change) -> User:
    if username not in users.by_name:
        raise HTTPException(404)
    changes = wanted.model_dump(exclude_none=True)
    return users.put(replace(users.by_name[username], **changes))


app.include_router(staff)
