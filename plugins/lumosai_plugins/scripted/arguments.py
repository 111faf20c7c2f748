"""The least arguments a JSON Schema (draft 2020-12) accepts, for calling a tool one knows nothing of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DEPTH = 16
_BY_FORMAT = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "email": "someone@example.org",
    "time": "00:00:00Z",
    "uri": "https://example.org/",
    "url": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def least_value(schema: Mapping[str, Any], text: str = "") -> Any:
    """Return a small value that satisfies *schema*; its plain strings say *text*.

    ``pattern``, ``not`` and conditions are not looked at. References are followed within the schema, to a depth.
    """
    return _value(schema, schema, text, 0)


def _value(schema: Any, root: Mapping[str, Any], text: str, depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > _DEPTH:
        return None
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        if schema.get(key):
            return schema[key][0]
    for inner in (_reference(schema, root), *schema.get("anyOf", ())[:1], *schema.get("oneOf", ())[:1]):
        if inner is not None:
            return _value(inner, root, text, depth + 1)
    return _of_type(schema, root, text, depth)


def _reference(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    node: Any = root
    for step in reference[2:].split("/"):
        if not isinstance(node, Mapping):
            return None
        node = node.get(step.replace("~1", "/").replace("~0", "~"))
    return node


def _of_type(schema: Mapping[str, Any], root: Mapping[str, Any], text: str, depth: int) -> Any:
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object" or (kind is None and "properties" in schema):
        return _object(schema, root, text, depth)
    if kind == "array":
        items = [_value(s, root, text, depth + 1) for s in schema.get("prefixItems", ())]
        missing = schema.get("minItems", 0) - len(items)
        return items + [_value(schema.get("items", {}), root, text, depth + 1) for _ in range(min(missing, 100))]
    if kind == "string":
        return _string(schema, text)
    if kind in {"integer", "number"}:
        return _number(schema)
    return False if kind == "boolean" else None


def _object(schema: Mapping[str, Any], root: Mapping[str, Any], text: str, depth: int) -> dict[str, Any]:
    properties = schema.get("properties", {})
    return {name: _value(properties.get(name, {}), root, text, depth + 1) for name in schema.get("required", ())}


def _string(schema: Mapping[str, Any], text: str) -> str:
    if known := _BY_FORMAT.get(schema.get("format", "")):
        return known
    return text[: schema.get("maxLength", len(text))].ljust(min(schema.get("minLength", 0), 10_000), "x")


def _number(schema: Mapping[str, Any]) -> float:
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    value = max(low, 0)
    if schema.get("exclusiveMinimum") == value:
        value += 1
    return float(high) if high is not None and high < value else value
