"""The bookshop's accounts: the reference for lesson 05."""

import json
import os
import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import jwt
from fastapi import Depends, FastAPI, HTTPException, status
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import BaseModel, Field

MIN_SECRET_LENGTH = 32
ALGORITHM = "HS256"
TOKEN_LIFETIME = timedelta(minutes=30)

Role = Literal["customer", "staff"]

PASSWORDS = PasswordHash((Argon2Hasher(memory_cost=19 * 1024, time_cost=2, parallelism=1),))
"""The least that OWASP advises for argon2id, so that checks are quick.

On a server of your own, `PasswordHash.recommended()` takes more time and memory.
"""


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


OLGA = Account(
    username="olga",
    password_hash="$argon2id$v=19$m=19456,t=2,p=1$TJPYdXdvBfglZ5P7BIT2bQ"
    "$TlqzIuGAOY9v3jwSx6hVMk8US5Fbqk+XzUwMRLNEIq4",
    role="staff",
)
"""The first of the staff. Her password is in the task."""


class Token(BaseModel):
    """What a login answers, as OAuth2 names it."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"


class AccountBook:
    """The accounts, kept in a JSON file until lesson 08 brings a database."""

    def __init__(self, path: Path) -> None:
        """Read the accounts of earlier runs, if there are any. Olga is always there."""
        self._path = path
        self._lock = threading.Lock()
        stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self._accounts = {name: Account.model_validate(value) for name, value in stored.items()}
        self._accounts[OLGA.username] = OLGA

    def __iter__(self) -> Iterator[Account]:
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

    def replace(self, account: Account) -> None:
        """Keep the account in the place of the one with its name."""
        with self._lock:
            self._write(account)

    def _write(self, account: Account) -> None:
        self._accounts[account.username] = account
        values = {name: kept.model_dump() for name, kept in self._accounts.items()}
        draft = self._path.with_suffix(".tmp")
        draft.write_text(json.dumps(values, indent=2), encoding="utf-8")
        draft.replace(self._path)


ACCOUNTS = AccountBook(Path(__file__).with_name("accounts.json"))


def read_secret() -> str:
    """Return the secret that signs tokens. Raises RuntimeError if there is no good one."""
    secret = os.environ.get("SECRET_KEY", "")
    if len(secret) < MIN_SECRET_LENGTH:
        raise RuntimeError(
            f"Set SECRET_KEY to a random text of at least {MIN_SECRET_LENGTH} characters: "
            'python -c "import secrets; print(secrets.token_hex(32))"'
        )
    return secret


SECRET_KEY = read_secret()

NOBODYS_HASH = PASSWORDS.hash(secrets.token_hex())
"""Verified when there is no account, so that an unknown name takes as long as a known one."""

app = FastAPI(title="Bookshop API")
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")


def unauthorized(detail: str) -> HTTPException:
    """Return the refusal of somebody who has not shown who they are."""
    return HTTPException(
        status.HTTP_401_UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"}
    )


def authenticate(username: str, password: str) -> Account | None:
    """Return the account if the password is right and it may be used, else None."""
    account = ACCOUNTS.find(username)
    known_hash = account.password_hash if account else NOBODYS_HASH
    matches = PASSWORDS.verify(password, known_hash)
    return account if account and matches and not account.disabled else None


def issue_token(account: Account) -> str:
    """Return a signed token that names the account, and ends by itself."""
    claims = {"sub": account.username, "exp": datetime.now(UTC) + TOKEN_LIFETIME}
    return jwt.encode(claims, SECRET_KEY, algorithm=ALGORITHM)


def current_account(token: Annotated[str, Depends(oauth2_scheme)]) -> Account:
    """Return the account that a good token names, or answer 401."""
    try:
        claims = jwt.decode(
            token, SECRET_KEY, algorithms=[ALGORITHM], options={"require": ["sub", "exp"]}
        )
    except jwt.InvalidTokenError:
        raise unauthorized("The token is not valid") from None
    account = ACCOUNTS.find(claims["sub"])
    if account is None or account.disabled:
        raise unauthorized("The token is not valid")
    return account


CurrentAccount = Annotated[Account, Depends(current_account)]


def require_staff(account: CurrentAccount) -> None:
    """Let staff pass, and answer 403 to everybody else who is logged in."""
    if account.role != "staff":
        raise HTTPException(status.HTTP_403_FORBIDDEN, "This is for staff only")


@app.post("/token")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    """Answer a username and a password with a token."""
    account = authenticate(form.username, form.password)
    if account is None:
        raise unauthorized("Wrong username or password")
    return Token(access_token=issue_token(account))


@app.get("/me", response_model=ShownAccount)
def show_me(account: CurrentAccount) -> Account:
    """Show the account that the token belongs to."""
    return account


@app.post("/accounts", status_code=status.HTTP_201_CREATED, response_model=ShownAccount)
def create_account(new: NewAccount) -> Account:
    """Open an account for a customer."""
    account = Account(username=new.username, password_hash=PASSWORDS.hash(new.password))
    if not ACCOUNTS.add(account):
        raise HTTPException(status.HTTP_409_CONFLICT, "This username is taken")
    return account


@app.get("/accounts", response_model=list[ShownAccount], dependencies=[Depends(require_staff)])
def list_accounts() -> list[Account]:
    """List all accounts."""
    return list(ACCOUNTS)


@app.patch(
    "/accounts/{username}",
    response_model=ShownAccount,
    dependencies=[Depends(require_staff)],
)
def change_account(username: str, change: AccountChange) -> Account:
    """Change the role of an account, or disable it."""
    account = ACCOUNTS.find(username)
    if account is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no account {username}")
    changed = account.model_copy(update=change.model_dump(exclude_none=True))
    ACCOUNTS.replace(changed)
    return changed
