"""Identifiers that sort by time: append-only indexes stay cheap, listings need no other order."""

from __future__ import annotations

import os
import time


def new_id(prefix: str) -> str:
    """Return ``<prefix>_`` and 27 hex digits: milliseconds since the epoch, then 64 random bits."""
    return f"{prefix}_{int(time.time() * 1000):011x}{os.urandom(8).hex()}"


class MadeId(str):
    """An id this process has just made: nothing else can have it, so nobody need look whether it is taken."""

    __slots__ = ()
