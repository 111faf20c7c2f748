"""Cursors: where a list goes on. They are opaque to clients, and checked like anything else that a client sends."""

from __future__ import annotations

import base64
import json
from typing import Annotated, Any, Final

from fastapi import Query

from lumosai_sdk.errors import InputError

MAX_CURSOR: Final = 300
Cursor = Annotated[str, Query(max_length=MAX_CURSOR, description="Where to go on: `next` of the answer before.")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many at most.")]


def encode(*place: str | float) -> str:
    """Return a cursor for a place in a list."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).rstrip(b"=").decode()


def decode(cursor: str, *kinds: type) -> list[Any]:
    """Return the place that a cursor stands for, of the *kinds* that ``encode`` was given. Raises InputError."""
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        place = None
    texts = (p for p in place if isinstance(p, str)) if isinstance(place, list) else ()
    if (
        not isinstance(place, list)
        or not all(t.isascii() and t.isprintable() for t in texts)
        or [type(p) for p in place] != list(kinds)
    ):
        raise InputError("the cursor is none that this list gave", hint="begin without a cursor")
    return place
