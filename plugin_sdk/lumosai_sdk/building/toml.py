"""Writing TOML: what a manifest is made of, and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def dumps(data: Mapping[str, Any]) -> str:
    """Return *data* as TOML, tables below their keys in the order given. Raises TypeError for what TOML has not."""
    return "\n".join(_table(data, ())).strip() + "\n"


def _table(data: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    later: list[tuple[str, Any]] = []
    for key, value in data.items():
        if isinstance(value, Mapping) or _tables(value):
            later.append((key, value))
        else:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in later:
        here = (*path, key)
        name = ".".join(map(_key, here))
        if isinstance(value, Mapping):
            if _needs_header(value):
                yield f"\n[{name}]"
            yield from _table(value, here)
        else:
            for item in value:
                yield f"\n[[{name}]]"
                yield from _table(item, here)


def _tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(v, Mapping) for v in value)


def _needs_header(value: Mapping[str, Any]) -> bool:
    """Tell whether a table has values of its own, or nothing at all; else its name stands before what is in it."""
    return not value or any(not isinstance(v, Mapping) and not _tables(v) for v in value.values())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    raise TypeError(f"{type(value).__name__} is not TOML")


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    """Return a basic string (TOML 1.0): JSON's escapes, but DEL is one too, and characters stand as themselves."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
