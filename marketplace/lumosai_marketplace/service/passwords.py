"""Passwords, kept as scrypt hashes (RFC 7914)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
from base64 import b64decode, b64encode

from lumosai_sdk.errors import InputError

LOG_N, R, P = 15, 8, 1
SHORTEST, LONGEST = 12, 1024
_MEMORY = 128 * 1024 * 1024
_AT_ONCE = asyncio.Semaphore(2)
"""Each takes 32 MiB and a twentieth of a second: many at once would be an attack of its own."""


def check(password: str) -> None:
    """Raise InputError for a password that is too short, or long enough to be no password."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"a password has {SHORTEST} to {LONGEST} characters")


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    salt = os.urandom(16)
    digest = _scrypt(password, salt, LOG_N, R, P)
    return f"scrypt${LOG_N}${R}${P}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def matches(password: str, kept: str) -> bool:
    """Tell whether it is the password. For an empty *kept*, which nobody has, it takes as long."""
    if len(password) > LONGEST:
        return False
    _, log_n, r, p, salt, digest = (kept or _NOBODY).split("$")
    found = _scrypt(password, b64decode(salt), int(log_n), int(r), int(p))
    return hmac.compare_digest(found, b64decode(digest)) and bool(kept)


async def is_right(password: str, kept: str) -> bool:
    """Do ``matches`` in a thread, few at a time."""
    async with _AT_ONCE:
        return await asyncio.to_thread(matches, password, kept)


def _scrypt(password: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=1 << log_n, r=r, p=p, maxmem=_MEMORY, dklen=32)


_NOBODY = f"scrypt${LOG_N}${R}${P}${b64encode(bytes(16)).decode()}${b64encode(bytes(32)).decode()}"
