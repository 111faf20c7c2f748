"""JSON Schemas of strangers as people read them: a row for each argument, and the whole below."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

MOST_ROWS: Final = 60
MAX_JSON: Final = 24_000
"""Characters of a schema that are shown."""
_MOST_VALUES, _MAX_VALUE = 8, 60


@dataclass(frozen=True, slots=True)
class Row:
    """A property of an object. ``type`` is in words; ``default`` is JSON, empty where there is none."""

    name: str
    type: str
    required: bool
    description: str
    default: str


def rows(schema: Any) -> tuple[Row, ...]:
    """Return the properties of a schema's object; nothing for what is no object, or says it in another way."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        return ()
    required = schema.get("required")
    needed = required if isinstance(required, list | tuple) else ()
    return tuple(_row(str(name), told, name in needed) for name, told in islice(properties.items(), MOST_ROWS))


def pretty(value: Any) -> str:
    """Return *value* as JSON on lines of its own, cut where it is very long: no more of it is made than is shown."""
    parts, length = [], 0
    try:
        for part in json.JSONEncoder(indent=2, ensure_ascii=False, default=str).iterencode(value):
            parts.append(part)
            length += len(part)
            if length > MAX_JSON:
                break
    except (ValueError, RecursionError):
        return "…"
    text = "".join(parts)
    return text if length <= MAX_JSON else f"{text[:MAX_JSON]}\n…"


def _row(name: str, told: Any, required: bool) -> Row:  # noqa: FBT001 - a field of the row
    if not isinstance(told, Mapping):
        return Row(name, "anything", required, "", "")
    default = _value(told["default"]) if "default" in told else ""
    return Row(name, _type(told), required, str(told.get("description", "")), default)


def _type(told: Mapping[str, Any]) -> str:
    values = told.get("enum")
    if isinstance(values, list | tuple) and values:
        shown = ", ".join(_value(v) for v in values[:_MOST_VALUES])
        return f"one of {shown}{', …' if len(values) > _MOST_VALUES else ''}"
    if "const" in told:
        return _value(told["const"])
    given = told.get("type")
    types = [str(t) for t in given] if isinstance(given, list | tuple) else [str(given)] if given else []
    items = told.get("items")
    if types == ["array"] and isinstance(items, Mapping) and isinstance(items.get("type"), str):
        return f"list of {items['type']}"
    return " or ".join(types) or "anything"


def _value(value: Any) -> str:
    text = pretty(value) if isinstance(value, Mapping | list | tuple) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}…"
