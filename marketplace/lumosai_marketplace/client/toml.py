"""TOML for the lock: the same text each time, and no more of the language than the lock needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
MAX_DOTS = 256


def dumps(data: Mapping[str, Any]) -> str:
    """Return TOML: plain values first, then tables and arrays of tables, in the order given. Empty values are kept."""
    return "\n".join(_table(data, ())).strip("\n") + "\n"


def _table(data: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    for key, value in data.items():
        if not _is_table(value) and not _is_tables(value):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in data.items():
        inner = (*path, key)
        name = ".".join(map(_key, inner))
        if _is_table(value):
            yield from ("", f"[{name}]", *_table(value, inner))
        elif _is_tables(value):
            for item in value:
                yield from ("", f"[[{name}]]", *_table(item, inner))


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(v, Mapping) for v in value)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, str):
        return _text(value)
    return f"[{', '.join(_value(v) for v in value)}]"


def _text(text: str) -> str:
    # A JSON string is a TOML basic string, but for what JSON leaves as it is and TOML does not.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def loads(text: str) -> dict[str, Any]:
    """Return parsed TOML. Raises ValueError, also for what would keep the parser busy for very long."""
    import tomllib

    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MAX_DOTS:
            raise ValueError(f"line {number} has more than {MAX_DOTS} dots in it")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("tables or arrays stand too deep in each other") from None
