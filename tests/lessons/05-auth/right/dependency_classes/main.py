"""The bookshop's accounts: who asks is found out by classes that FastAPI builds per request."""

import json
import os
import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import jwt
from fastapi import Depends, FastAPI, HTTPException, status
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import BaseModel, Field

SHORTEST_SECRET = 32

Role = Literal["customer", "staff"]

PASSWORDS = PasswordHash((Argon2Hasher(memory_cost=19 * 1024, time_cost=2, parallelism=1),))
"""The least that OWASP advises for argon2id, so that checks are quick."""

NOBODYS_HASH = PASSWORDS.hash(secrets.token_hex())
"""Verified when the username is unknown, so that the answer takes as long as for a known one."""


class Account(BaseModel):
    """An account as it is kept."""

    username: str
    password_hash: str
    role: Role = "customer"
    disabled: bool = False


class NewAccount(BaseModel):
    """What a visitor sends to get an account."""

    username: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{2,29}$")]
    password: Annotated[str, Field(min_length=8, max_length=128)]


class ShownAccount(BaseModel):
    """What others may see of an account."""

    username: str
    role: Role
    disabled: bool


class AccountChange(BaseModel):
    """What staff may change of an account."""

    role: Role | None = None
    disabled: bool | None = None


class Token(BaseModel):
    """The answer to a login."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"


OLGA = Account(
    username="olga",
    password_hash="$argon2id$v=19$m=19456,t=2,p=1$TJPYdXdvBfglZ5P7BIT2bQ"
    "$TlqzIuGAOY9v3jwSx6hVMk8US5Fbqk+XzUwMRLNEIq4",
    role="staff",
)
"""The first of the staff. Her password is in the task."""


class AccountBook:
    """The accounts, kept in a JSON file."""

    def __init__(self, path: Path) -> None:
        """Read the accounts of earlier runs, if there are any. Olga is always there."""
        self._path = path
        self._lock = threading.Lock()
        stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self._accounts = {name: Account.model_validate(value) for name, value in stored.items()}
        self._accounts[OLGA.username] = OLGA

    def __iter__(self) -> Iterator[Account]:
        """Go through the accounts that there are now."""
        return iter(list(self._accounts.values()))

    def find(self, username: str) -> Account | None:
        """Return the account of that name, or None."""
        return self._accounts.get(username)

    def add(self, account: Account) -> bool:
        """Keep a new account. Returns False if the name is taken."""
        with self._lock:
            if account.username in self._accounts:
                return False
            self._write(account)
            return True

    def change(self, username: str, values: dict[str, Any]) -> Account | None:
        """Change some fields of an account and return it, or None if there is no such account."""
        with self._lock:
            account = self._accounts.get(username)
            if account is None:
                return None
            changed = account.model_copy(update=values)
            self._write(changed)
            return changed

    def _write(self, account: Account) -> None:
        self._accounts[account.username] = account
        values = {name: kept.model_dump() for name, kept in self._accounts.items()}
        draft = self._path.with_suffix(".tmp")
        draft.write_text(json.dumps(values, indent=2), encoding="utf-8")
        draft.replace(self._path)


class TokenMint:
    """Makes tokens, and tells the good ones from all others."""

    lifetime = timedelta(minutes=30)
    algorithm = "HS256"

    def __init__(self, secret: str) -> None:
        """Refuse to work with a secret that could be guessed."""
        if len(secret) < SHORTEST_SECRET:
            raise RuntimeError(f"Set SECRET_KEY to {SHORTEST_SECRET} random characters or more")
        self._secret = secret

    def issue(self, account: Account) -> str:
        """Make a token for the account."""
        claims = {"sub": account.username, "exp": datetime.now(UTC) + self.lifetime}
        return jwt.encode(claims, self._secret, algorithm=self.algorithm)

    def claims_of(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a token, or None if we did not make it or its time is up."""
        try:
            return jwt.decode(
                token,
                self._secret,
                algorithms=[self.algorithm],
                options={"require": ["sub", "exp"]},
            )
        except jwt.InvalidTokenError:
            return None


MINT = TokenMint(os.environ.get("SECRET_KEY", ""))
ACCOUNTS = AccountBook(Path(__file__).with_name("accounts.json"))

app = FastAPI(title="Bookshop API")

bearer_token = OAuth2PasswordBearer(tokenUrl="token")


def unauthorized(detail: str) -> HTTPException:
    """Return the answer to somebody whom we don't know."""
    return HTTPException(
        status.HTTP_401_UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"}
    )


class Login:
    """A dependency: the account of whoever sent the right password."""

    def __init__(self, form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> None:
        """Refuse whoever has no account, the wrong password, or a closed account."""
        account = ACCOUNTS.find(form.username)
        known_hash = NOBODYS_HASH if account is None else account.password_hash
        matches = PASSWORDS.verify(form.password, known_hash)
        if account is None or not matches or account.disabled:
            raise unauthorized("Wrong username or password")
        self.account = account


class Visitor:
    """A dependency: the account of whoever sent a good token."""

    def __init__(self, token: Annotated[str, Depends(bearer_token)]) -> None:
        """Refuse bad tokens, and those of accounts that are gone or closed."""
        claims = MINT.claims_of(token)
        account = ACCOUNTS.find(claims["sub"]) if claims else None
        if account is None or account.disabled:
            raise unauthorized("The token is not valid")
        self.account = account


class StaffMember(Visitor):
    """A dependency: a visitor who is one of the staff."""

    def __init__(self, token: Annotated[str, Depends(bearer_token)]) -> None:
        """Refuse customers."""
        super().__init__(token)
        if self.account.role != "staff":
            raise HTTPException(status.HTTP_403_FORBIDDEN, "This is for staff only")


@app.post("/token")
def log_in(login: Annotated[Login, Depends()]) -> Token:
    """Exchange a password for a token."""
    return Token(access_token=MINT.issue(login.account))


@app.get("/me", response_model=ShownAccount)
def show_me(visitor: Annotated[Visitor, Depends()]) -> Account:
    """Show the account that the token was made for."""
    return visitor.account


@app.post("/accounts", status_code=status.HTTP_201_CREATED, response_model=ShownAccount)
def create_account(new: NewAccount) -> Account:
    """Open an account for a customer."""
    account = Account(username=new.username, password_hash=PASSWORDS.hash(new.password))
    if not ACCOUNTS.add(account):
        raise HTTPException(status.HTTP_409_CONFLICT, "This username is taken")
    return account


@app.get("/accounts", response_model=list[ShownAccount], dependencies=[Depends(StaffMember)])
def list_accounts() -> list[Account]:
    """List all accounts."""
    return list(ACCOUNTS)


@app.patch("/accounts/{username}", response_model=ShownAccount, dependencies=[Depends(StaffMember)])
def change_account(username: str, change: AccountChange) -> Account:
    """Change the role of an account, or disable it."""
    changed = ACCOUNTS.change(username, change.model_dump(exclude_none=True))
    if changed is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no account {username}")
    return changed
