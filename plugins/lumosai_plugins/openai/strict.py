"""Whether a JSON Schema may be sent with ``strict``, which makes the vendor guarantee it but refuses most schemas.

The rules are those of OpenAI's guide "Structured model outputs", section "Supported schemas".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SHAPE = {"$ref", "additionalProperties", "anyOf", "const", "enum", "items", "properties", "required", "type"}
_BOUNDS = {"exclusiveMaximum", "exclusiveMinimum", "maxItems", "maximum", "minItems", "minimum", "multipleOf"}
_KNOWN = frozenset({*_SHAPE, *_BOUNDS, "$defs", "description", "format", "pattern", "title"})
_FORMATS = frozenset(["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"])
_DEPTH = 10
_PROPERTIES = 5000


def allows_strict(schema: Mapping[str, Any]) -> bool:
    """Tell whether *schema* stays within the subset: closed objects, every property required, known keywords only."""
    if schema.get("type") != "object" or "anyOf" in schema:
        return False
    left = [_PROPERTIES]
    return all(_fits(s, 0, left) for s in (schema, *_values(schema.get("$defs"))))


def _fits(schema: Any, depth: int, left: list[int]) -> bool:
    if not isinstance(schema, Mapping) or depth > _DEPTH or not _KNOWN.issuperset(schema):
        return False
    if schema.get("format", "date") not in _FORMATS or not _reference_fits(schema):
        return False
    properties = schema.get("properties", {})
    if _is_object(schema) and not _closed(schema, properties):
        return False
    left[0] -= len(properties)
    inner = [*_values(properties), *schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())]
    return left[0] >= 0 and _says_something(schema) and all(_fits(s, depth + 1, left) for s in inner)


def _is_object(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema


def _closed(schema: Mapping[str, Any], properties: Mapping[str, Any]) -> bool:
    return schema.get("additionalProperties") is False and set(schema.get("required", ())) == set(properties)


def _reference_fits(schema: Mapping[str, Any]) -> bool:
    reference = schema.get("$ref")
    return reference is None or reference == "#" or str(reference).startswith("#/$defs/")


def _says_something(schema: Mapping[str, Any]) -> bool:
    return any(k in schema for k in ("type", "$ref", "anyOf", "enum", "const"))


def _values(table: Any) -> list[Any]:
    return list(table.values()) if isinstance(table, Mapping) else []
