"""JSON Schemas as people read them: ``sum(a: integer, b?: integer) -> integer``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_MAX_CHOICES = 6
_MAX_DEPTH = 4


def signature(name: str, given: Mapping[str, Any] | None, result: Mapping[str, Any] | None = None) -> str:
    """Return a function's name, arguments and result on one line; what is not known is ``…``."""
    if given is None:
        return f"{name}(…)"
    required = set(given.get("required", ()))
    parts = [
        f"{n}{'' if n in required else '?'}: {shape(about)}" for n, about in dict(given.get("properties", {})).items()
    ]
    told = "" if result is None else f" -> {shape(result)}"
    return f"{name}({', '.join(parts)}){told}"


def shape(schema: Any, depth: int = 0) -> str:
    """Return a schema's type in a few words."""
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return "any"
    if "enum" in schema:
        return _choices(schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " | ".join(dict.fromkeys(shape(s, depth + 1) for s in schema[key]))
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " | ".join(kind)
    return {"array": _array, "object": _object}.get(kind, _plain)(schema, depth)


def _plain(schema: Mapping[str, Any], _: int) -> str:
    return "base64" if schema.get("contentEncoding") == "base64" else str(schema.get("type", "any"))


def _choices(values: list[Any]) -> str:
    shown = [json.dumps(v, ensure_ascii=False) for v in values[:_MAX_CHOICES]]
    return " | ".join([*shown, "…"] if len(values) > _MAX_CHOICES else shown) or "nothing"


def _array(schema: Mapping[str, Any], depth: int) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(shape(s, depth + 1) for s in schema['prefixItems'])}]"
    inner = shape(schema.get("items"), depth + 1)
    return f"({inner})[]" if " | " in inner else f"{inner}[]"


def _object(schema: Mapping[str, Any], depth: int) -> str:
    properties = schema.get("properties")
    if not properties:
        return "object"
    required = set(schema.get("required", ()))
    parts = (f"{n}{'' if n in required else '?'}: {shape(s, depth + 1)}" for n, s in properties.items())
    return f"{{{', '.join(parts)}}}"


def example(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of the right types, to be filled in."""
    empty: dict[str, Any] = {"string": "…", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}
    properties = schema.get("properties", {})
    return {n: empty.get(shape(properties.get(n)).partition(" ")[0], "…") for n in schema.get("required", ())}
