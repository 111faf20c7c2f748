"""Make a JSON Schema safe for constrained generation.

The grammar engine drops the whole constraint, silently, at the first keyword it does not know, and lets a small model
write digits, blanks or letters without end where nothing bounds them. So keywords it does not know are left out (the
host checks the answer against the full schema), and what is unbounded gets a bound.
"""

from __future__ import annotations

from typing import Any

from lumosai_plugins.local.lexicon import words
from lumosai_sdk.errors import InputError

MAX_LENGTH = 200
MAX_ITEMS = 16
MAX_PROPERTIES = 16
_MAX_DEPTH = 32
_MAX_NODES = 2000
_LARGEST = 10**12
_KEPT = frozenset(
    words(
        "type enum const required minItems maxItems minLength maxLength minimum maximum exclusiveMinimum"
        " exclusiveMaximum multipleOf minProperties maxProperties"
    )
)
_FORMATS = frozenset({"date", "date-time", "time", "uuid", "ipv4", "ipv6", "email", "hostname", "duration"})
_STYLE = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}


def constrained(schema: Any) -> dict[str, Any]:
    """Return the bounded subset of ``schema`` to generate by. Raises InputError when it is too large or no schema."""
    try:
        return {"x-guidance": _STYLE, **_Bounder().bound(schema, 0)}
    except (TypeError, AttributeError) as e:
        raise InputError(f"the output schema is no JSON Schema: {e}") from None


class _Bounder:
    def __init__(self) -> None:
        self._nodes = 0

    def bound(self, schema: Any, depth: int) -> dict[str, Any]:
        self._nodes += 1
        if depth > _MAX_DEPTH or self._nodes > _MAX_NODES:
            raise InputError("the output schema is too large for the embedded model", hint="use a smaller schema")
        if schema is True or schema == {}:
            return {"type": "string", "maxLength": MAX_LENGTH}
        if not isinstance(schema, dict):
            raise InputError(f"{schema!r:.60} in the output schema is no JSON Schema")
        out = {k: v for k, v in schema.items() if k in _KEPT}
        self._nested(schema, out, depth + 1)
        _local_ref(schema, out)
        if not {"enum", "const", "$ref"} & out.keys():
            self._by_type(schema, out, depth + 1)
        return out

    def _nested(self, schema: dict[str, Any], out: dict[str, Any], depth: int) -> None:
        for key in ("properties", "$defs", "definitions"):
            if isinstance(schema.get(key), dict):
                out[key] = {name: self.bound(s, depth) for name, s in schema[key].items()}
        for key, kept in (("anyOf", "anyOf"), ("oneOf", "anyOf"), ("allOf", "allOf"), ("prefixItems", "prefixItems")):
            if isinstance(schema.get(key), list):
                out[kept] = [self.bound(s, depth) for s in schema[key]]

    def _by_type(self, schema: dict[str, Any], out: dict[str, Any], depth: int) -> None:
        types = _types(out)
        if "string" in types:
            _string(schema, out)
        if types & {"integer", "number"}:
            _number(types, out)
        if "array" in types:
            self._array(schema, out, depth)
        if "object" in types:
            self._object(schema, out, depth)

    def _array(self, schema: dict[str, Any], out: dict[str, Any], depth: int) -> None:
        items = schema.get("items", True)
        fixed = len(out.get("prefixItems", ()))
        out["items"] = False if items is False or (fixed and "items" not in schema) else self.bound(items, depth)
        out["maxItems"] = min(out.get("maxItems", MAX_ITEMS), fixed if out["items"] is False else 1000)

    def _object(self, schema: dict[str, Any], out: dict[str, Any], depth: int) -> None:
        known = out.setdefault("properties", {})
        more = schema.get("additionalProperties", not known)
        unknown = [name for name in out.get("required", ()) if name not in known]
        if more is False or (known and more is True and not unknown):
            out["additionalProperties"] = False
        else:
            out["additionalProperties"] = self.bound(more, depth)
            out.setdefault("maxProperties", len(known) + len(unknown) + MAX_PROPERTIES)


def _types(out: dict[str, Any]) -> set[str]:
    given = out.get("type")
    if isinstance(given, list):
        return set(given)
    if given is None:
        if {"anyOf", "allOf"} & out.keys():
            return set()
        given = "object" if "properties" in out else "array" if "prefixItems" in out else "string"
        out["type"] = given
    return {given}


def _string(schema: dict[str, Any], out: dict[str, Any]) -> None:
    out.setdefault("maxLength", max(MAX_LENGTH, out.get("minLength", 0)))
    if schema.get("format") in _FORMATS:
        out["format"] = schema["format"]
    elif isinstance(schema.get("pattern"), str):
        out["pattern"] = schema["pattern"]


def _number(types: set[str], out: dict[str, Any]) -> None:
    if not {"minimum", "exclusiveMinimum"} & out.keys():
        out["minimum"] = min(-_LARGEST, *(out[k] for k in ("maximum", "exclusiveMaximum") if k in out), 0)
    if not {"maximum", "exclusiveMaximum"} & out.keys():
        out["maximum"] = max(_LARGEST, *(out[k] for k in ("minimum", "exclusiveMinimum") if k in out), 0)
    if "number" in types and not _pinned(out):
        out.setdefault("multipleOf", 0.0001)


def _pinned(out: dict[str, Any]) -> bool:
    return "minimum" in out and out.get("minimum") == out.get("maximum")


def _local_ref(schema: dict[str, Any], out: dict[str, Any]) -> None:
    ref = schema.get("$ref")
    if ref is None:
        return
    if not isinstance(ref, str) or not ref.startswith("#"):
        raise InputError(f"the output schema refers to {ref!r:.80}; only references within it (#/…) can be followed")
    out["$ref"] = ref
