"""The accounts: how they are kept, and in which form they come and go."""

import dataclasses
import threading
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter

from bookshop.errors import NoSuchAccountError, UsernameTakenError

Role = Literal["customer", "staff"]


@dataclasses.dataclass(frozen=True, slots=True)
class ShownAccount:
    """What others may see of an account."""

    username: str
    role: Role
    disabled: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """An account as it is kept."""

    username: str
    password_hash: str
    role: Role = "customer"
    disabled: bool = False

    def shown(self) -> ShownAccount:
        """Return the account without what is nobody's business."""
        return ShownAccount(self.username, self.role, self.disabled)


class NewAccount(BaseModel):
    """What a visitor sends to get an account."""

    username: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{2,29}$")]
    password: Annotated[str, Field(min_length=8, max_length=128)]


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

ON_DISK = TypeAdapter(dict[str, Account])


class AccountBook:
    """The accounts, kept in a JSON file.

    `get` and `all` are quick. `add` and `change` wait for the disk: call them in a thread.
    """

    def __init__(self, path: Path) -> None:
        """Read the accounts of earlier runs, if there are any. Olga is always there."""
        self._path = path
        self._lock = threading.Lock()
        earlier = ON_DISK.validate_json(path.read_bytes()) if path.exists() else {}
        self._accounts = earlier | {OLGA.username: OLGA}

    def all(self) -> list[Account]:
        """Return all accounts, the oldest first."""
        return list(self._accounts.values())

    def get(self, username: str) -> Account | None:
        """Return the account of that name, or None."""
        return self._accounts.get(username)

    def add(self, account: Account) -> None:
        """Keep a new account, unless its name is taken."""
        with self._lock:
            if account.username in self._accounts:
                raise UsernameTakenError("This username is taken")
            self._keep(account)

    def change(self, username: str, change: AccountChange) -> Account:
        """Change what the change names of an account, and return it as it is now."""
        with self._lock:
            if username not in self._accounts:
                raise NoSuchAccountError(f"There is no account {username}")
            changed = dataclasses.replace(
                self._accounts[username], **change.model_dump(exclude_none=True)
            )
            self._keep(changed)
            return changed

    def _keep(self, account: Account) -> None:
        accounts = self._accounts | {account.username: account}
        draft = self._path.with_suffix(".tmp")
        draft.write_bytes(ON_DISK.dump_json(accounts, indent=2))
        draft.replace(self._path)
        self._accounts = accounts
