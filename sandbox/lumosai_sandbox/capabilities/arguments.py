"""Reading what a plugin sends: anything at all, until it is checked."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping
from typing import Any

from lumosai_sdk.errors import InputError
from lumosai_sdk.jsontext import check_depth, check_weight, strict_json
from lumosai_sdk.wireerrors import FarError

MAX_DEPTH = 200
"""Of lists and objects in each other: others must be able to write what was read here."""
LARGE = 64 * 1024
MAX_WEIGHT = 60_000
"""Of the values in what a plugin sends, where it has more than LARGE characters: it is read on the event loop."""


def limit(message: str) -> FarError:
    """Return the error for what is over one of the host's limits."""
    return FarError("limit", message)


def value(text: str, what: str) -> Any:
    """Return the value of a JSON text that is text all through. Raises InputError."""
    try:
        _check_form(text, what)
        out = strict_json(text)
        if "\\u" in text:
            json.dumps(out, ensure_ascii=False).encode()  # half a surrogate pair is no character
    except UnicodeEncodeError:
        raise InputError(f"{what} holds half a character (a lone surrogate)") from None
    except (ValueError, RecursionError):
        raise InputError(f"{what} is no JSON that can be worked with") from None
    return out


def _check_form(text: str, what: str) -> None:
    try:
        if len(text) > LARGE:
            check_weight(text, MAX_WEIGHT)
        check_depth(text, MAX_DEPTH)
    except ValueError as e:
        raise InputError(f"{what}: {e}") from None


def fields(text: str, what: str, known: frozenset[str], *, may_be_empty: bool = False) -> dict[str, Any]:
    """Return a JSON object that has none but *known* keys. Raises InputError."""
    if may_be_empty and not text:
        return {}
    out = value(text, what)
    if not isinstance(out, dict):
        raise InputError(f"{what} must be a JSON object")
    if unknown := out.keys() - known:
        raise InputError(f"{what} has an unknown key {min(unknown)[:80]!r}; known: {', '.join(sorted(known))}")
    return out


def text(data: Mapping[str, Any], key: str, default: str | None = None) -> str:
    """Return a string of an object. Raises InputError; so does a missing one without a default."""
    out = data.get(key, default)
    if not isinstance(out, str):
        raise InputError(f"{key!r} must be a string")
    return out


def number(data: Mapping[str, Any], key: str, default: float | None, least: float, most: float) -> float | None:
    """Return a number within bounds, or the default. Raises InputError."""
    out = data.get(key)
    if out is None:
        return default
    if isinstance(out, bool) or not isinstance(out, int | float) or not _within(out, least, most):
        raise InputError(f"{key!r} must be a number from {least:g} to {most:g}")
    return float(out)


def whole(data: Mapping[str, Any], key: str, default: int, least: int, most: int) -> int:
    """Return a whole number within bounds, or the default. Raises InputError."""
    out = data.get(key, default)
    if isinstance(out, bool) or not isinstance(out, int) or not least <= out <= most:
        raise InputError(f"{key!r} must be a whole number from {least} to {most}")
    return out


def truth(data: Mapping[str, Any], key: str) -> bool:
    """Return true or false, false if missing. Raises InputError."""
    out = data.get(key, False)
    if not isinstance(out, bool):
        raise InputError(f"{key!r} must be true or false")
    return out


def unpacked(packed: str, what: str) -> bytes:
    """Return the bytes of a base64 text. Raises InputError."""
    try:
        return base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise InputError(f"{what} is no base64") from None


def _within(number: float, least: float, most: float) -> bool:
    try:
        return math.isfinite(number) and least <= number <= most
    except OverflowError:  # an integer no float can hold
        return False
