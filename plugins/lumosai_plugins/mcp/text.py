"""Words of a server, made fit to be shown to a model: nothing in them that people do not see, and not too many."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

MAX_DESCRIPTION = 4096
MAX_SCHEMA = 64 * 1024
MAX_DEPTH = 32
CUT = " […]"
# Letters that are drawn as nothing, though Unicode does not count them to the control and format characters.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})


def clean(text: str, limit: int = MAX_DESCRIPTION) -> str:
    """Return *text* with line breaks, without characters that are not seen, at most *limit* long.

    Tags (U+E0000 …), zero-width and bidirectional characters, variation selectors and controls carry words past those
    who read a description before they accept it.
    """
    kept = "".join(c for c in text[: 4 * limit] if c == "\n" or _is_seen(c)).strip()
    return kept if len(kept) <= limit else kept[: limit - len(CUT)] + CUT


def _is_seen(char: str) -> bool:
    code = ord(char)
    if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:  # noqa: PLR2004 - variation selectors
        return False
    return char not in _BLANKS and unicodedata.category(char) not in _HIDDEN


def clean_json(value: Any, depth: int = 0) -> Any:
    """Return a JSON value with its texts and keys cleaned. Raises ValueError where it is nested too deep."""
    if depth > MAX_DEPTH:
        raise ValueError(f"nested more than {MAX_DEPTH} deep")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_json(v, depth + 1) for v in value]
    if isinstance(value, dict):
        return {_key(k): clean_json(v, depth + 1) for k, v in value.items()}
    return value


def _key(key: str) -> str:
    if clean(key) != key:
        raise ValueError(f"the key {clean(key)!r} has characters in it that are not seen")
    return key


def canonical(value: Any) -> str:
    """Return the one JSON text of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
