"""Identifiers that sort by time: append-only indexes stay cheap, listings need no other order."""

from __future__ import annotations

import os
import time

_DRAWN = 512
_tokens: list[str] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_tokens.clear)  # a child must not give out what its parent will


def new_id(prefix: str) -> str:
    """Return ``<prefix>_`` and 27 hex digits: milliseconds since the epoch, then 64 random bits."""
    return f"{prefix}_{int(time.time() * 1000):011x}{token()}"


def token() -> str:
    """Return 64 random bits as 16 hex digits. The system is asked for many at a time: each question is a call of it."""
    try:
        return _tokens.pop()
    except IndexError:
        drawn = os.urandom(8 * _DRAWN).hex()
        _tokens.extend(drawn[i : i + 16] for i in range(16, len(drawn), 16))
        return drawn[:16]


class MadeId(str):
    """An id this process has just made: nothing else can have it, so nobody need look whether it is taken."""

    __slots__ = ()
