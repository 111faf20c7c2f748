"""The document of ``/v1/ws``: whole, and every example is what its schema says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import ValidationError, validator_for

from lumosai.gateway.asyncapi import document
from lumosai.gateway.ws.commands import HANDLERS
from lumosai.gateway.ws.frames import CLIENT, SERVER

DOCUMENT: dict[str, Any] = json.loads(json.dumps(document()))


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        place: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["messages"]))
def test_an_example_is_what_its_schema_says(name: str) -> None:
    message = DOCUMENT["components"]["messages"][name]
    schema = {**message["payload"], "components": DOCUMENT["components"]}
    assert message["summary"]
    [example] = message["examples"]
    validator = validator_for(schema)
    validator.validate(example["payload"])
    with pytest.raises(ValidationError, match=r"no\.such"):
        validator.validate({**example["payload"], "type": "no.such"})


def test_what_is_taken_and_sent_is_what_is_documented() -> None:
    assert set(HANDLERS) == set(CLIENT)
    assert set(DOCUMENT["components"]["messages"]) == {f"client.{k}" for k in CLIENT} | {f"server.{k}" for k in SERVER}
    assert [o["action"] for o in DOCUMENT["operations"].values()] == ["receive", "send"]
    assert DOCUMENT["channels"]["ws"]["address"] == "/v1/ws"
