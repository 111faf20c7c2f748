"""Each kind of break of the HTTP contract is found, what breaks nobody is not, and the present document breaks none."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
TOOL = ROOT / "tools" / "api_break.py"
REFERENCE = ROOT / "docs" / "reference"
_spec = importlib.util.spec_from_file_location("api_break", TOOL)
assert _spec is not None
assert _spec.loader is not None
api_break = importlib.util.module_from_spec(_spec)
sys.modules["api_break"] = api_break
_spec.loader.exec_module(api_break)

RELEASED: dict[str, Any] = {
    "paths": {
        "/things": {
            "post": {
                "operationId": "makeThing",
                "x-lumos-action": "thing.write",
                "parameters": [
                    {"name": "dry", "in": "query", "schema": {"type": "boolean"}},
                    {"name": "kind", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingIn"}}},
                },
                "responses": {
                    "201": {
                        "headers": {"Location": {"schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    },
                    "409": {"$ref": "#/components/responses/Problem409"},
                },
            }
        },
        "/old": {
            "get": {
                "operationId": "getOld",
                "deprecated": True,
                "x-lumos-sunset": "2027-01-01T00:00:00+00:00",
                "responses": {"204": {}},
            }
        },
    },
    "components": {
        "responses": {"Problem409": {"content": {"application/problem+json": {"schema": {"type": "object"}}}}},
        "schemas": {
            "ThingIn": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string", "maxLength": 64},
                    "size": {"anyOf": [{"type": "number"}, {"type": "null"}]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/ThingIn"}},
                },
                "required": ["name"],
            },
            "Thing": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "state": {"type": "string", "enum": ["on", "off"]},
                    "size": {"type": ["number", "null"]},
                    "inner": {"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]},
                },
                "required": ["id", "state"],
            },
        },
    },
}
Edit = Callable[[dict[str, Any]], Any]


def post(document: dict[str, Any]) -> Any:
    return document["paths"]["/things"]["post"]


def taken(document: dict[str, Any]) -> Any:
    return document["components"]["schemas"]["ThingIn"]


def answered(document: dict[str, Any]) -> Any:
    return document["components"]["schemas"]["Thing"]


def changed(edit: Edit) -> dict[str, Any]:
    document = deepcopy(RELEASED)
    edit(document)
    return document


BREAKS: dict[str, tuple[Edit, str]] = {
    "path": (lambda d: d["paths"].pop("/things"), "POST /things: it is gone"),
    "method": (lambda d: d["paths"].update({"/things": {"get": post(d)}}), "POST /things: it is gone"),
    "operation id": (lambda d: post(d).update(operationId="createThing"), "operationId was 'makeThing'"),
    "scope": (lambda d: post(d).update({"x-lumos-action": "thing.manage"}), "the scope it needs was 'thing.write'"),
    "parameter": (lambda d: post(d)["parameters"].pop(0), "query parameter 'dry' is gone"),
    "parameter required": (lambda d: post(d)["parameters"][0].update(required=True), "'dry' is required now"),
    "new required parameter": (
        lambda d: post(d)["parameters"].append({"name": "x", "in": "header", "required": True, "schema": {}}),
        "header parameter 'x' is required now",
    ),
    "parameter's values": (lambda d: post(d)["parameters"][1]["schema"].update(enum=["a"]), "no longer takes b"),
    "body's media type": (
        lambda d: post(d)["requestBody"].update(content={"text/plain": {}}),
        "body: application/json is gone",
    ),
    "new required field": (
        lambda d: (taken(d)["properties"].update(more={}), taken(d)["required"].append("more")),
        "the field 'more' is required now",
    ),
    "field refused": (lambda d: taken(d)["properties"].pop("size"), "the field 'size' is refused now"),
    "type narrowed": (lambda d: taken(d)["properties"]["name"].update(type="integer"), ".name: no longer takes string"),
    "null refused": (lambda d: taken(d)["properties"].update(size={"type": "number"}), "null is not taken any more"),
    "bound": (lambda d: taken(d)["properties"]["name"].update(maxLength=32), "maxLength was 64 and is 32"),
    "new bound": (lambda d: taken(d)["properties"]["name"].update(minLength=1), "minLength was not there"),
    "pattern": (lambda d: taken(d)["properties"]["name"].update(pattern="^x"), "pattern was None"),
    "new enumeration": (lambda d: taken(d)["properties"]["name"].update(enum=["x"]), "no longer takes other values"),
    "deeper": (
        lambda d: taken(d)["properties"]["parts"].update(items={"type": "string"}),
        ".parts[]: no longer takes object",
    ),
    "status": (lambda d: post(d)["responses"].pop("409"), "409: this answer is gone"),
    "answer's media type": (
        lambda d: d["components"]["responses"]["Problem409"].update(content={"application/json": {}}),
        "409: application/problem+json is gone",
    ),
    "header": (lambda d: post(d)["responses"]["201"].pop("headers"), "the header Location is gone"),
    "answer field": (lambda d: answered(d)["properties"].pop("state"), "the field 'state' is gone"),
    "no longer always": (lambda d: answered(d)["required"].remove("state"), "'state' is no longer always there"),
    "type widened": (
        lambda d: answered(d)["properties"]["id"].update(type=["string", "null"]),
        ".id: null is answered now",
    ),
    "other type": (lambda d: answered(d)["properties"]["id"].update(type="integer"), ".id: may now be integer"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_is_found(name: str) -> None:
    edit, told = BREAKS[name]
    found = api_break.breaks(RELEASED, changed(edit))
    assert any(told in line for line in found), found


HARMLESS: dict[str, Edit] = {
    "nothing": lambda d: None,
    "new path": lambda d: d["paths"].update({"/new": {"get": {"operationId": "n", "responses": {}}}}),
    "new method": lambda d: d["paths"]["/things"].update(get={"operationId": "n", "responses": {}}),
    "new parameter": lambda d: post(d)["parameters"].append({"name": "x", "in": "query", "schema": {}}),
    "parameter's new value": lambda d: post(d)["parameters"][1]["schema"]["enum"].append("c"),
    "new field to send": lambda d: taken(d)["properties"].update(more={"type": "string"}),
    "field that may be left out": lambda d: taken(d)["required"].clear(),
    "wider bound": lambda d: taken(d)["properties"]["name"].update(maxLength=128),
    "wider type": lambda d: taken(d)["properties"]["name"].update(type=["string", "null"]),
    "new field in the answer": lambda d: answered(d)["properties"].update(more={"type": "string"}),
    "field that is always there now": lambda d: answered(d)["required"].append("size"),
    "narrower answer": lambda d: answered(d)["properties"].update(size={"type": "integer"}),
    "new value in the answer": lambda d: answered(d)["properties"]["state"]["enum"].append("dozing"),
    "new status": lambda d: post(d)["responses"].update({"404": {}}),
    "renamed schema": lambda d: (
        d["components"]["schemas"].update(Item=answered(d)),
        post(d)["responses"]["201"]["content"]["application/json"].update(schema={"$ref": "#/components/schemas/Item"}),
    ),
    "deprecated": lambda d: post(d).update(deprecated=True),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_breaks_nobody_is_not_told(name: str) -> None:
    assert api_break.breaks(RELEASED, changed(HARMLESS[name])) == []


def test_what_was_announced_may_go_once_its_time_has_come() -> None:
    without = changed(lambda d: d["paths"].pop("/old"))
    assert api_break.breaks(RELEASED, without, datetime(2026, 12, 31, tzinfo=UTC)) == ["GET /old: it is gone"]
    assert api_break.breaks(RELEASED, without, datetime(2027, 1, 1, tzinfo=UTC)) == []


def test_the_present_document_breaks_nothing_that_was_released() -> None:
    released = json.loads((REFERENCE / "released" / "openapi-v1.json").read_text(encoding="utf-8"))
    present = json.loads((REFERENCE / "openapi.json").read_text(encoding="utf-8"))
    assert api_break.breaks(released, present) == []
    for path in ("/v1/runs", "/v1/config", "/v1/agents/{agent_id}/runs"):
        less = deepcopy(present)
        del less["paths"][path]
        assert api_break.breaks(released, less), path


def test_the_check_fails_and_says_what_to_do(tmp_path: Path) -> None:
    released, present = tmp_path / "released.json", tmp_path / "present.json"
    released.write_text(json.dumps(RELEASED), encoding="utf-8")
    present.write_text(json.dumps(changed(BREAKS["status"][0])), encoding="utf-8")
    done = subprocess.run([sys.executable, TOOL, released, present], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "POST /things: 409: this answer is gone" in done.stdout
    assert "Operation.deprecated" in done.stdout
    assert "api_break.py docs/reference/released/openapi-v1.json" in (ROOT / "Makefile").read_text(encoding="utf-8")
