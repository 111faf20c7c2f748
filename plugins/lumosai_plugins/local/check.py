"""Check a value against the parts of JSON Schema that tool parameters use; the rest is left to the host.

``pattern`` is left to it too: a tool's author writes it, and Python's engine can be kept busy for hours by a bad one.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Tell whether ``value`` satisfies ``schema``, as far as this looks."""
    try:
        return _fits(value, schema)
    except (TypeError, AttributeError, RecursionError):  # what stands there is no schema
        return False


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    for key in ("anyOf", "oneOf"):
        if key in schema and not any(_fits(value, s) for s in schema[key]):
            return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "const" in schema and value != schema["const"]:
        return False
    return _has_type(value, schema.get("type")) and _within(value, schema)


def _has_type(value: Any, kind: Any) -> bool:
    if kind is None:
        return True
    if isinstance(kind, list):
        return any(_has_type(value, k) for k in kind)
    if isinstance(value, bool):
        return bool(kind == "boolean")
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(str(kind), (object,)))


def _within(value: Any, schema: Mapping[str, Any]) -> bool:
    if isinstance(value, str):
        return _length(len(value), schema, "Length") and _shaped(value, schema)
    if isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return _sized(value, schema)
    if isinstance(value, list):
        items = schema.get("items")
        return _length(len(value), schema, "Items") and (
            not isinstance(items, dict) or all(_fits(v, items) for v in value)
        )
    return not isinstance(value, dict) or _members(value, schema)


def _length(length: int, schema: Mapping[str, Any], what: str) -> bool:
    return bool(schema.get(f"min{what}", 0) <= length <= schema.get(f"max{what}", length))


def _sized(value: float, schema: Mapping[str, Any]) -> bool:
    return bool(
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
    )


def _shaped(value: str, schema: Mapping[str, Any]) -> bool:
    try:
        if schema.get("format") == "date":
            date.fromisoformat(value)
        elif schema.get("format") == "date-time":
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _members(value: dict[str, Any], schema: Mapping[str, Any]) -> bool:
    known = schema.get("properties") or {}
    if any(name not in value for name in schema.get("required") or ()):
        return False
    if schema.get("additionalProperties") is False and not value.keys() <= known.keys():
        return False
    return all(_fits(v, known[k]) for k, v in value.items() if isinstance(known.get(k), dict))
