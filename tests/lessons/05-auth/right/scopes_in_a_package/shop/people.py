"""The accounts and their passwords."""

import json
from pathlib import Path
from typing import Literal

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import BaseModel, Field, TypeAdapter

FILE = Path(__file__).parent.parent / "accounts.json"
HASHER = PasswordHash([Argon2Hasher(memory_cost=19456, time_cost=2, parallelism=1)])
DUMMY = HASHER.hash("a password that nobody has")


class Person(BaseModel):
    username: str
    password_hash: str = Field(repr=False)
    role: Literal["customer", "staff"] = "customer"
    disabled: bool = False


PEOPLE = {
    "olga": Person(
        username="olga",
        password_hash="$argon2id$v=19$m=19456,t=2,p=1$TJPYdXdvBfglZ5P7BIT2bQ"
        "$TlqzIuGAOY9v3jwSx6hVMk8US5Fbqk+XzUwMRLNEIq4",
        role="staff",
    )
}


def save() -> None:
    adapter = TypeAdapter(dict[str, Person])
    FILE.write_text(json.dumps(adapter.dump_python(PEOPLE, mode="json")), encoding="utf-8")


def match(username: str, password: str) -> Person | None:
    person = PEOPLE.get(username)
    good = HASHER.verify(password, person.password_hash if person else DUMMY)
    return person if good and person and not person.disabled else None
