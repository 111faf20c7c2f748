"""A pydantic model's JSON Schema, told as tables of keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from generators.markdown import code, line

Schema = Mapping[str, Any]
_BOUNDS = (("minimum", "≥"), ("maximum", "≤"), ("exclusiveMinimum", ">"), ("exclusiveMaximum", "<"))


def reference(schema: Schema) -> str:
    """Return the name of the model that a schema, its items, values or alternatives refer to, or nothing."""
    for candidate in (schema, schema.get("items"), values(schema), *schema.get("anyOf", ())):
        if candidate is not None and "$ref" in candidate:
            return str(candidate["$ref"]).rpartition("/")[2]
    return ""


def values(schema: Schema) -> Schema | None:
    """Return the schema of the values of a table of named things, or None where it is none."""
    by_pattern = list(schema.get("patternProperties", {}).values())
    found = by_pattern[0] if by_pattern else schema.get("additionalProperties")
    return found if isinstance(found, Mapping) else None


def type_words(schema: Schema) -> str:
    """Return a schema's type in words: ``integer ≥ 1``, ``list of strings``, ``"a"`` or ``"b"``."""
    if "anyOf" in schema:
        return " or ".join(type_words(s) for s in schema["anyOf"] if s.get("type") != "null")
    if "const" in schema or "enum" in schema:
        return " or ".join(code(json.dumps(v)) for v in schema.get("enum", [schema.get("const")]))
    if "$ref" in schema:
        return "table"
    kind = schema.get("type", "any value")
    if kind == "array":
        inner = type_words(schema["items"])
        return f"list of {inner}" if inner.startswith("`") else f"list of {inner}s"
    if kind == "object":
        of = values(schema)
        return f"table of {type_words(of)}s" if of else "table"
    bounds = [f"{sign} {_number(schema[key])}" for key, sign in _BOUNDS if key in schema]
    kind = "path" if schema.get("format") == "path" else kind
    return " ".join([str(kind), *([", ".join(bounds)] if bounds else [])])


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def default_words(schema: Schema, *, required: bool) -> str:
    """Return a key's default as TOML would have it."""
    if required:
        return "required"
    value = schema.get("default")
    if value is None or (isinstance(value, Mapping) and value):
        return ""
    return code(json.dumps(value, ensure_ascii=False))


def rows(model: Schema, more: Mapping[str, str] | None = None) -> Iterator[tuple[str, str, str, str]]:
    """Yield ``(key, type, default, description)`` of each property; *more* has what the model does not describe."""
    for key, schema in model["properties"].items():
        required = key in model.get("required", ())
        told = schema.get("description") or (more or {}).get(key, "")
        yield code(key), type_words(schema), default_words(schema, required=required), line(told)
