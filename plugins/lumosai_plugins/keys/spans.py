"""Spans of time as people write them, and times as they read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lumosai_sdk.errors import InputError

_SPAN = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_SECONDS = {"m": 60.0, "h": 3600.0, "d": 86_400.0}


def seconds(text: str) -> float | None:
    """Return the seconds of ``30m``, ``24h`` or ``90d``, 0 for ``0`` and None for ``never``. Raises InputError."""
    if text == "never":
        return None
    if text == "0":
        return 0.0
    if match := _SPAN.fullmatch(text):
        return int(match[1]) * _SECONDS[match[2]]
    raise InputError(f"{text!r} is no span of time", hint="write it as 30m, 24h or 90d")


def day(at: float | None, otherwise: str) -> str:
    """Return a time as a date (UTC)."""
    return otherwise if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def minute(at: float | None) -> str | None:
    """Return a time to the minute (UTC, RFC 3339)."""
    return None if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%MZ}"
