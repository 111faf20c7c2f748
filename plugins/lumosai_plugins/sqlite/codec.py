"""Between records and rows. Everything that could make SQLite refuse a row is refused here, before it is taken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import orjson

from lumosai_sdk.errors import InputError
from lumosai_sdk.storing import check_size, is_utf8


def _default(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


_STRICT: Final = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False, default=_default).encode
_ascii = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=_default).encode


def encode(value: Any, what: str) -> str:
    """Return *value* as JSON that SQLite can hold. Raises InputError naming *what*."""
    try:
        return orjson.dumps(value, _default, _STRICT).decode()
    except TypeError:
        return _encode_odd(value, what)


def _encode_odd(value: Any, what: str) -> str:
    """Encode what orjson leaves to others: keys that are numbers, huge integers, half a surrogate pair."""
    try:
        text = _compact(value)
        return text if text.isascii() or is_utf8(text) else _ascii(value)
    except (TypeError, ValueError, RecursionError) as e:
        raise InputError(f"{what} cannot be stored as JSON: {e}") from None


def encode_within(value: Any, what: str, limit: int) -> str:
    """Return *value* as JSON. Raises StorageError when that is over *limit* bytes, InputError when it is not JSON."""
    text = encode(value, what)
    check_size(text, what, limit, "sqlite")
    return text
