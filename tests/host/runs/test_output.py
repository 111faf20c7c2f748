from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from lumosai import Agent
from lumosai_sdk.errors import LumosError, OutputInvalidError
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
GOOD = '{"city": "Oslo", "days": 3}'
VALUE = {"city": "Oslo", "days": 3}


@dataclass
class Trip:
    city: str
    days: int


@pytest.mark.parametrize("answer", [GOOD, f"```json\n{GOOD}\n```", f"  ```\n{GOOD}```  ", f"\n{GOOD}\n"])
async def test_an_answer_that_fits_is_parsed(lumos_host: OpenHost, scripted_model: ScriptedModel, answer: str) -> None:
    scripted_model.script(answer)
    async with lumos_host(agents=[Agent("a", model="test/m", output=SCHEMA)]) as host:
        result = await host.run("a", "?")
        assert (result.output, result.text, result.steps) == (VALUE, answer, 1)
        assert scripted_model.last.output is not None
        assert scripted_model.last.output.schema == SCHEMA


async def test_a_type_asked_for_with_the_request_wins(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(GOOD)
    async with lumos_host(agents=[Agent("a", model="test/m", output={"type": "string"})]) as host:
        assert (await host.run("a", "?", output=Trip)).output == VALUE
        assert scripted_model.last.output is not None
        assert scripted_model.last.output.name == "trip"


async def test_an_answer_that_misses_is_sent_back_with_the_reasons(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    scripted_model.script(['{"city": "Oslo"}', "It is Oslo, three days.", GOOD])
    async with lumos_host(agents=[Agent("a", model="test/m", output=SCHEMA)]) as host:
        result = await host.run("a", "?")
        assert (result.output, result.steps) == (VALUE, 3)
        said = [m.text for m in scripted_model.last.messages if m.role == "user"]
        assert '- "days" is a required property' in said[1]
        assert "- not JSON: " in said[2]
        assert result.messages[-1].text == GOOD


@pytest.mark.parametrize("repairs", [0, 1])
async def test_repairs_come_to_an_end(lumos_host: OpenHost, scripted_model: ScriptedModel, repairs: int) -> None:
    scripted_model.script('{"city": 1, "days": 0}')
    async with lumos_host(agents=[Agent("a", model="test/m", output=SCHEMA)], limits={"repairs": repairs}) as host:
        with pytest.raises(OutputInvalidError, match=f"does not satisfy its schema after {repairs} repairs") as e:
            await host.run("a", "?")
        assert 'city: 1 is not of type "string"; days: 0 is less than the minimum of 1' in str(e.value)
        assert len(scripted_model.requests) == repairs + 1


@pytest.mark.parametrize("answer", ["[" * 100_000, "9" * 5000, "NaN", "", '{"city": "\\ud800", "days": NaN}'])
async def test_an_answer_made_to_choke_the_reader_is_only_invalid(
    lumos_host: OpenHost, scripted_model: ScriptedModel, answer: str
) -> None:
    scripted_model.script(answer)
    async with lumos_host(agents=[Agent("a", model="test/m", output=SCHEMA)], limits={"repairs": 0}) as host:
        with pytest.raises(OutputInvalidError):
            await host.run("a", "?")


async def test_a_schema_that_is_none_is_told(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(GOOD)
    async with lumos_host(agents=[Agent("a", model="test/m")]) as host:
        with pytest.raises(LumosError, match="not a JSON Schema"):
            await host.run("a", "?", output={"type": "nonsense"})


async def test_tools_and_a_schema_go_together(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    from lumosai_sdk import ToolCall

    async def days() -> int:
        return 3

    scripted_model.script([ToolCall("c", "days", "{}"), GOOD])
    async with lumos_host(agents=[Agent("a", model="test/m", tools=[days], output=SCHEMA)]) as host:
        result = await host.run("a", "?")
        assert result.output == VALUE
        assert result.to_json()["output"] == VALUE


@pytest.mark.parametrize("value", [0, False, "", []])
async def test_an_output_that_counts_as_nothing_is_still_one(
    lumos_host: OpenHost, scripted_model: ScriptedModel, value: Any
) -> None:
    import json

    scripted_model.script(json.dumps(value))
    async with lumos_host(agents=[Agent("a", model="test/m", output={})]) as host:
        result = await host.run("a", "?")
        assert result.output == value
        assert result.to_json()["output"] == value
