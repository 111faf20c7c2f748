from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from lumosai_plugins.scripted.arguments import least_value

SCHEMAS: list[dict[str, Any]] = [
    {"type": "object", "properties": {"a": {"type": "integer", "minimum": 3}}, "required": ["a"]},
    {"type": "object", "properties": {"a": {"type": "string", "minLength": 9}, "b": {}}, "required": ["a"]},
    {"type": "string", "maxLength": 2},
    {"type": "string", "format": "date-time"},
    {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}, "minItems": 2},
    {"type": "array", "prefixItems": [{"type": "boolean"}, {"type": "null"}], "minItems": 2},
    {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    {"oneOf": [{"const": 5}]},
    {"enum": ["x", "y"]},
    {"type": ["string", "null"]},
    {"type": "integer", "maximum": -4},
    {
        "$defs": {"p": {"type": "object", "properties": {"q": {"type": "boolean"}}, "required": ["q"]}},
        "$ref": "#/$defs/p",
    },
    {"properties": {"a": {"default": 7}}, "required": ["a"]},
    {"type": "string", "examples": ["so"]},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_the_value_satisfies_the_schema(schema: dict[str, Any]) -> None:
    jsonschema_rs.validator_for(schema).validate(least_value(schema, "some words"))


def test_optional_properties_are_left_out_and_strings_say_the_text() -> None:
    schema = {"type": "object", "properties": {"q": {"type": "string"}, "n": {"type": "integer"}}, "required": ["q"]}
    assert least_value(schema, "2 + 2") == {"q": "2 + 2"}


@pytest.mark.parametrize("reference", ["#", "#/$defs/loop", "#/nowhere/at/all", "https://example.org/schema"])
def test_references_that_loop_or_lead_nowhere_end(reference: str) -> None:
    schema: dict[str, Any] = {
        "$defs": {"loop": {"type": "object", "properties": {"a": {"$ref": "#/$defs/loop"}}, "required": ["a"]}},
        "type": "object",
        "properties": {"a": {"$ref": reference}},
        "required": ["a"],
    }
    assert "a" in least_value(schema)


def test_a_greedy_schema_does_not_take_the_memory() -> None:
    schema = {"type": "array", "minItems": 10**12, "items": {"type": "string", "minLength": 10**12}}
    value = least_value(schema)
    assert len(value) <= 100  # noqa: PLR2004
    assert len(value[0]) <= 10_000  # noqa: PLR2004
