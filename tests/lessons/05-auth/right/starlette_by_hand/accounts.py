"""The accounts: what is kept of them, what is shown, and what may be sent."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, Field

Role = Literal["customer", "staff"]


class Account(NamedTuple):
    """An account as it is kept."""

    username: str
    password_hash: str
    role: Role = "customer"
    disabled: bool = False


class ShownAccount(BaseModel, from_attributes=True):
    """What others may see of an account."""

    username: str
    role: Role
    disabled: bool


class NewAccount(BaseModel):
    """What a visitor sends to get an account."""

    username: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{2,29}$")]
    password: Annotated[str, Field(min_length=8, max_length=128)]


class AccountChange(BaseModel):
    """What staff may change of an account."""

    role: Role | None = None
    disabled: bool | None = None


class LoginForm(BaseModel):
    """The fields of an OAuth2 password login that the shop needs."""

    grant_type: Literal["password"]
    username: Annotated[str, Field(min_length=1)]
    password: Annotated[str, Field(min_length=1, json_schema_extra={"format": "password"})]


OLGA = Account(
    username="olga",
    password_hash="$argon2id$v=19$m=19456,t=2,p=1$TJPYdXdvBfglZ5P7BIT2bQ"
    "$TlqzIuGAOY9v3jwSx6hVMk8US5Fbqk+XzUwMRLNEIq4",
    role="staff",
)
"""The first of the staff. Her password is in the task."""


class Accounts:
    """All accounts, by their names. Each change goes to a JSON file before it counts."""

    def __init__(self, path: Path) -> None:
        """Read the accounts of earlier runs, if there are any. Olga is always there."""
        self._path = path
        self._changing = threading.Lock()
        stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self._by_name = {name: Account(**values) for name, values in stored.items()}
        self._by_name[OLGA.username] = OLGA

    def __iter__(self) -> Iterator[Account]:
        """Go through the accounts that there are now, the oldest first."""
        return iter(self._by_name.values())

    def find(self, username: str) -> Account | None:
        """Return the account of that name, or None."""
        return self._by_name.get(username)

    def add(self, account: Account) -> bool:
        """Keep a new account. Returns False if its name is taken."""
        with self._changing:
            if account.username in self._by_name:
                return False
            self._keep(account)
            return True

    def change(self, username: str, change: AccountChange) -> Account | None:
        """Change an account and return it, or None if there is none of that name."""
        with self._changing:
            account = self._by_name.get(username)
            if account is None:
                return None
            changed = account._replace(**change.model_dump(exclude_none=True))
            self._keep(changed)
            return changed

    def _keep(self, account: Account) -> None:
        """Write a new file and put it, and a new dict, in the place of the old ones."""
        by_name = {**self._by_name, account.username: account}
        values = {name: kept._asdict() for name, kept in by_name.items()}
        draft = self._path.with_suffix(".tmp")
        draft.write_text(json.dumps(values, indent=2), encoding="utf-8")
        draft.replace(self._path)
        self._by_name = by_name
