"""Passwords. Hashing is slow on purpose, so it happens in a thread, away from the event loop."""

import secrets

from fastapi.concurrency import run_in_threadpool
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_HASHER = PasswordHash((Argon2Hasher(memory_cost=19 * 1024, time_cost=2, parallelism=1),))
_NOBODYS_HASH = _HASHER.hash(secrets.token_hex())


async def hash_password(password: str) -> str:
    """Return what may be stored of the password."""
    return await run_in_threadpool(_HASHER.hash, password)


async def fits(password: str, known_hash: str | None) -> bool:
    """Tell if the password fits. Without a hash it never does, which takes as long to find out."""
    matches = await run_in_threadpool(_HASHER.verify, password, known_hash or _NOBODYS_HASH)
    return matches and known_hash is not None
