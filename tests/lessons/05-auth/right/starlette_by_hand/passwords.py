"""Passwords, hashed with argon2-cffi itself. Both functions take their time: use a thread."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

_HASHER = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)


def hash_password(password: str) -> str:
    """Return an argon2id hash of the password, with a salt of its own."""
    return _HASHER.hash(password)


def fits(password: str, known_hash: str) -> bool:
    """Tell if the hash was made from the password."""
    try:
        return _HASHER.verify(known_hash, password)
    except VerifyMismatchError:
        return False


NOBODYS_HASH = hash_password(secrets.token_hex())
"""For logins with unknown names, so that they take as long as the others."""
