"""The calculator and the clock as an agent has them: listed from the manifest, called through the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumosai import Agent
from lumosai_sdk import ToolCall

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost
    from lumosai_sdk.testing.scripted import ScriptedModel

HELPER = Agent("helper", model="test/any", tools=["calculator.*", "time.*"])


async def test_an_agent_calculates(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script([ToolCall("c1", "calculator_evaluate", '{"expression": "17 x 23"}'), "It is 391."])
    async with lumos_host(agents=[HELPER]) as host:
        assert (await host.run("helper", "What is 17 x 23?")).text == "It is 391."
    assert scripted_model.last.messages[-1].text == "391"


async def test_a_mistake_is_told_to_the_model(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script([ToolCall("c1", "calculator_evaluate", '{"expression": "1/0"}'), "I cannot."])
    async with lumos_host(agents=[HELPER]) as host:
        assert (await host.run("helper", "What is 1/0?")).status == "completed"
        assert host.plugins.get("calculator").to_json()["failures"] == 0
    assert "division by zero" in scripted_model.last.messages[-1].text


async def test_the_owners_time_zone(lumos_host: OpenHost) -> None:
    async with lumos_host(plugins={"time": {"settings": {"timezone": "Asia/Tokyo"}}}) as host:
        assert (await host.call_tool("time.now", {}))["timezone"] == "Asia/Tokyo"
        assert (await host.call_tool("time.now", {"timezone": "UTC"}))["timezone"] == "UTC"
