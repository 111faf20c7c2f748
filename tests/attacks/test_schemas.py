"""Attacks by JSON Schema: each in a process of its own, bounded in time, because they stop an event loop."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lumosai import Agent
from lumosai.gateway.resources.run_start import MAX_SCHEMA, checked_output
from lumosai.validation import Validator
from lumosai_sdk.errors import InputError
from lumosai_sdk.testing.hosts import open_host
from lumosai_sdk.testing.scripted import ScriptedModel

_CHECK = """
import json, sys, resource
resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
from lumosai.validation import Validator
from lumosai_sdk.errors import InputError
schema, value = json.load(sys.stdin)
try:
    validator = Validator(schema)
    validator.is_valid(value)
    validator.errors(value)
except InputError:
    pass
"""


def _doubling(depth: int) -> dict[str, Any]:
    defs: dict[str, Any] = {f"a{i}": {"allOf": [{"$ref": f"#/$defs/a{i + 1}"}] * 2} for i in range(depth)}
    return {"$ref": "#/$defs/a0", "$defs": {**defs, f"a{depth}": {"type": "object"}}}


def _nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"c": value}
    return value


_NODE = {"$ref": "#/$defs/n"}
_BELOW = {"properties": {"c": _NODE}}
_TWICE = {**_NODE, "$defs": {"n": {"allOf": [{**_BELOW, "minProperties": 0}, {**_BELOW, "maxProperties": 9}]}}}
_THRICE = {**_NODE, "$defs": {"n": {**_BELOW, "patternProperties": {"^c": _NODE, "c$": _NODE}}}}
_ANCHORED = {"$dynamicAnchor": "n", "allOf": [{"properties": {"c": {"$dynamicRef": "#n"}}}] * 2}
_UNEVALUATED = {
    **_NODE,
    "$defs": {"n": {"anyOf": [{**_BELOW, "oneOf": [_BELOW, {"not": _BELOW}]}] * 3, "unevaluatedProperties": _NODE}},
}
_BACKTRACKING = {"anyOf": [{"pattern": f"^(a*)*\\1b{i}$"} for i in range(400)]}
_SEARCHED = {"items": {"anyOf": [*({"pattern": f"^(a*)*\\1b{i}$"} for i in range(49)), True]}}
_LARGE = {"properties": {f"p{i}": {"pattern": f"^[a-z]{{1,20}}${i}"} for i in range(150_000)}}
_CHAIN = {"$ref": "#/$defs/a0", "$defs": {f"a{i}": {"$ref": f"#/$defs/a{i + 1}"} for i in range(60_000)}}
# Read from the document's root the reference is harmless, read from the schema within it, it doubles.
_WITHIN = {"$ref": "#/$defs/e/$defs/x", "$defs": {"a0": True, "e": {"$id": "http://e/", "$defs": {"x": {}}}}}
_WITHIN["$defs"]["e"]["$defs"] = {**_doubling(40)["$defs"], "x": {"$ref": "#/$defs/a0"}}  # type: ignore[index]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (_doubling(40), {}),
        (_TWICE, _nested(40)),
        (_TWICE, {"c": _nested(40), "bad": 1}),
        (_THRICE, _nested(40)),
        (_ANCHORED, _nested(40)),
        (_UNEVALUATED, _nested(60)),
        (_BACKTRACKING, "a" * 40 + "!"),
        (_SEARCHED, ["a" * 40] * 500),
        (_LARGE, {}),
        (_CHAIN, {}),
        (_WITHIN, {}),
    ],
    ids=[
        "references that double",
        "recursion that doubles",
        "recursion that doubles and fails",
        "recursion by patterns",
        "recursion by anchors",
        "recursion over what is left",
        "backtracking",
        "backtracking in every item",
        "large",
        "a long chain",
        "a schema within a schema",
    ],
)
def test_a_schema_costs_little_or_is_refused(schema: Any, value: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CHECK], input=json.dumps([schema, value]), text=True, timeout=60, check=False
    )
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (_doubling(40), "over 10000 parts"),
        (_CHAIN, "deeper than 200 levels"),
        (_WITHIN, "has another within it"),
        (_UNEVALUATED, "more than once"),
        ({"$ref": "https://example.org/schema"}, "references to other documents are not followed"),
        ({"$ref": "#/$defs/nowhere"}, "'#/\\$defs/nowhere', which it does not have"),
        ({"$ref": "#nowhere"}, "'#nowhere', which it does not have"),
        ({"$ref": "#a", "$defs": {"x": {"$anchor": "a"}, "y": {"$anchor": "a", "type": "null"}}}, "two anchors"),
    ],
)
def test_what_is_refused_is_refused_in_words(schema: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Validator(schema)


_TREE: dict[str, Any] = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "left": {"$ref": "#/$defs/node"},
                "right": {"$ref": "#/$defs/node"},
            },
        }
    },
}


def test_a_tree_is_checked_and_its_faults_are_named() -> None:
    validator = Validator(_TREE)
    good: dict[str, Any] = {"value": 1, "left": {"value": 2}, "right": {"left": {"value": 3}}}
    assert validator.errors(good) == []
    assert validator.errors({**good, "right": {"value": "x"}}) == ['right.value: "x" is not of type "integer"']


def test_a_tree_too_deep_for_its_faults_to_be_found_is_still_checked() -> None:
    deep: dict[str, Any] = {"value": "x"}
    for _ in range(40):
        deep = {"value": 1, "left": deep}
    assert Validator(_TREE).errors(deep) == ["it does not fit the schema"]
    assert not Validator(_TREE).is_valid(deep)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"$id": "urn:x", "$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}}}, "x"),
        ({"$id": "https://e.org/s", "$ref": "s#/$defs/a", "$defs": {"a": {"type": "string"}}}, "x"),
        ({"$ref": "#name", "$defs": {"a": {"$anchor": "name", "type": "string"}}}, "x"),
        ({"$ref": "https://json-schema.org/draft/2020-12/schema"}, {"type": "object"}),
        ({"properties": {"$id": {"type": "string"}, "$ref": {"type": "string"}}}, {"$id": "x", "$ref": "y"}),
        ({"const": {"$ref": "nowhere", "$id": "x"}}, {"$ref": "nowhere", "$id": "x"}),
        ({"items": {"pattern": r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$"}}, ["1.50"]),
        ({"properties": {f"p{i}": {"pattern": r"^\d{4}-\d{2}-\d{2}$"} for i in range(90)}}, {"p1": "2026-01-01"}),
        ({"unevaluatedProperties": False, "allOf": [{"properties": {"a": True}}]}, {"a": 1}),
    ],
)
def test_what_schemas_honestly_hold_is_taken(schema: Any, value: Any) -> None:
    assert Validator(schema).errors(value) == []


def test_a_schema_of_a_client_has_a_size() -> None:
    small = {"enum": ["x" * 100]}
    assert checked_output(small) is not None
    with pytest.raises(InputError, match="at most 64 KiB"):
        checked_output({"enum": ["x" * MAX_SCHEMA]})


async def test_a_schema_of_a_plugin_does_not_stop_the_host(tmp_path: Path) -> None:
    from lumosai_sdk.functions import FunctionTool

    def look(what: str) -> str:
        """Look."""
        return what

    tool = FunctionTool.of(look, id="test.look")
    bad = FunctionTool(tool.fn, _with_schema(tool.spec, _doubling(40)), tool.signature)
    async with open_host(tmp_path, ScriptedModel("ok"), agents=[Agent("a", model="test/x", tools=[bad])]) as host:
        assert (await host.run("a", "hello")).text == "ok"


def _with_schema(spec: Any, schema: dict[str, Any]) -> Any:
    from dataclasses import replace

    return replace(spec, input_schema=schema)
