"""The bookshop's accounts. The task is in README.md, beside this file."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException, status
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import BaseModel, Field

# 05.1: read SECRET_KEY from the environment, and refuse to start without a good one.

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

app = FastAPI(title="Bookshop API")

# 05.3 and 05.4: a function that answers POST /token. Later: 05.5 and 05.11.

# 05.6: a dependency that finds the account of a token, and a function that answers GET /me.
# Later: 05.7, 05.8, 05.9 and 05.11.


@app.post("/accounts", status_code=status.HTTP_201_CREATED, response_model=ShownAccount)
def create_account(new: NewAccount) -> Account:
    """Open an account for a customer."""
    # 05.2: whoever reads the file accounts.json reads this password.
    account = Account(username=new.username, password_hash=new.password)
    if not ACCOUNTS.add(account):
        raise HTTPException(status.HTTP_409_CONFLICT, "This username is taken")
    return account


# 05.10: these two are open to everybody. They should be for staff only.


@app.get("/accounts", response_model=list[ShownAccount])
def list_accounts() -> list[Account]:
    """List all accounts."""
    return list(ACCOUNTS)


@app.patch("/accounts/{username}", response_model=ShownAccount)
def change_account(username: str, change: AccountChange) -> Account:
    """Change the role of an account, or disable it."""
    account = ACCOUNTS.find(username)
    if account is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no account {username}")
    changed = account.model_copy(update=change.model_dump(exclude_none=True))
    ACCOUNTS.replace(changed)
    return changed
