from __future__ import annotations

from typing import Any

import pytest

from lumosai_plugins.openai.strict import allows_strict


def closed(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    required = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False, **more}


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = closed({"a": schema})
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        closed({}),
        closed({"a": {"type": "string"}, "b": {"type": ["integer", "null"], "minimum": 0}}),
        closed({"a": {"type": "array", "items": closed({"b": {"enum": [1, 2]}})}}),
        closed({"a": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}}),
        closed({"a": {"$ref": "#/$defs/b"}}, **{"$defs": {"b": closed({"c": {"const": 1}})}}),
        closed({"a": {"$ref": "#"}}),
        nested(9),
    ],
    ids=str,
)
def test_what_the_vendor_guarantees(schema: dict[str, Any]) -> None:
    assert allows_strict(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "array", "items": {"type": "string"}},
        {"anyOf": [closed({})]},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {**closed({"a": {"type": "string"}}), "required": []},
        closed({"a": {}}),
        closed({"a": {"type": "string", "minLength": 1}}),
        closed({"a": {"type": "string", "format": "uri"}}),
        closed({"a": {"type": "string", "default": "x"}}),
        closed({"a": {"type": "object"}}),
        closed({"a": {"type": "array", "items": {"type": "object"}}}),
        closed({"a": {"$ref": "https://example.org/x"}}),
        closed({"a": {"$ref": "#/$defs/b"}}, **{"$defs": {"b": {"type": "object"}}}),
        closed({"a": True}),
        closed({f"p{i}": {"type": "string"} for i in range(5001)}),
        nested(12),
    ],
    ids=lambda s: str(s)[:80],
)
def test_what_it_refuses(schema: dict[str, Any]) -> None:
    assert not allows_strict(schema)
