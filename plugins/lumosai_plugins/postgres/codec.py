"""Between records and rows. PostgreSQL's text holds every character but NUL (its documentation, section 8.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import orjson

from lumosai_sdk.errors import InputError, StorageError
from lumosai_sdk.storing import check_size

_STRICT: Final = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def _default(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def encode(value: Any, what: str) -> str:
    """Return *value* as JSON, whose text has no NUL in it. Raises InputError naming *what*."""
    try:
        return orjson.dumps(value, _default, _STRICT).decode()
    except TypeError:
        pass
    try:
        # What orjson leaves to others: keys that are numbers, huge integers, half a surrogate pair.
        return json.dumps(value, separators=(",", ":"), default=_default)
    except (TypeError, ValueError, RecursionError) as e:
        raise InputError(f"{what} cannot be stored as JSON: {e}") from None


def encode_within(value: Any, what: str, limit: int) -> str:
    """Return *value* as JSON. Raises StorageError when that is over *limit* bytes, InputError when it is not JSON."""
    text = encode(value, what)
    check_size(text, what, limit, "postgres")
    return text


def key(text: str) -> str:
    """Return an id as a key, with nothing in it that PostgreSQL's text cannot hold."""
    if "\0" not in text and "\\" not in text:
        return text
    return text.replace("\\", "\\\\").replace("\0", "\\0")


def key_or_none(text: str | None) -> str | None:
    """Return an id that may be none as a key."""
    return None if text is None else key(text)


def unkeyed(stored: str) -> str:
    """Return the id behind a key."""
    if "\\" not in stored:
        return stored
    return "\\".join(part.replace("\\0", "\0") for part in stored.split("\\\\"))


def decode(text: str, what: str) -> Any:
    """Return what was stored. Raises StorageError when somebody else has written it."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as e:
        raise StorageError(f"the stored {what} is not JSON: {e}", hint="was the table changed by hand?") from None
