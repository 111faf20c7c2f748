"""Leave that depends on what a tool is called with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from lumosai import Agent, Leave
from lumosai.config.load import build
from lumosai_sdk import ToolCall
from lumosai_sdk.errors import ConfigError
from lumosai_sdk.types.runs import Decision

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost
    from lumosai_sdk.testing.scripted import ScriptedModel

LIMIT = 100
sent: list[float] = []
LARGE: Mapping[str, Any] = {"properties": {"amount": {"exclusiveMinimum": 100}}, "required": ["amount"]}


async def send(amount: float) -> str:
    """Send money."""
    sent.append(amount)
    return f"sent {amount:g}"


def broken(arguments: Mapping[str, Any]) -> bool:
    raise KeyError("currency")


@pytest.mark.parametrize(
    ("when", "waiting"),
    [
        (LARGE, ["2"]),
        (lambda a: a["amount"] > LIMIT, ["2"]),
        (lambda _: False, []),
        (broken, ["1", "2"]),
    ],
)
async def test_some_calls_need_leave(
    lumos_host: OpenHost,
    scripted_model: ScriptedModel,
    when: Mapping[str, Any] | Callable[[Mapping[str, Any]], bool],
    waiting: list[str],
) -> None:
    sent.clear()
    calls = (ToolCall("1", "send", '{"amount": 5}'), ToolCall("2", "send", '{"amount": 500}'))
    scripted_model.script([calls, "Done."])
    agent = Agent("a", model="test/m", tools=[send], approve=[Leave("sen*", when)])
    async with lumos_host(agents=[agent]) as host:
        run = await host.run("a", "Pay")
        assert [p.call_id for p in run.pending] == waiting
        assert sorted(sent) == [amount for call, amount in (("1", 5), ("2", 500)) if call not in waiting]
        if waiting:
            result = await host.resume(run.run_id, {call: Decision() for call in waiting})
            assert (result.text, sorted(sent)) == ("Done.", [5, 500])


async def test_rules_stand_in_the_configuration(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    told = {
        "model": "test/m",
        "tools": ["calculator.*"],
        "approve": [{"tool": "calculator.*", "when": {"required": ["x"]}}],
    }
    agent = Agent.from_config("a", build({"agents": {"a": told}}).agents["a"])
    assert agent.to_json()["approve"] == ['calculator.* when {"required":["x"]}']
    scripted_model.script([ToolCall("1", "calculator_evaluate", '{"expression": "6*7"}'), "42"])
    async with lumos_host(agents=[agent]) as host:
        assert (await host.run("a", "?")).text == "42"


async def test_a_schema_that_is_none_is_an_error_before_anything_is_called(lumos_host: OpenHost) -> None:
    agent = Agent("a", model="test/m", tools=[send], approve=[Leave("send", {"type": "sum"})])
    async with lumos_host(agents=[agent]) as host:
        with pytest.raises(ConfigError, match="agent 'a': approve 'send'"):
            await host.run("a", "Pay")


async def test_a_rule_that_fits_no_tool_is_an_error(lumos_host: OpenHost) -> None:
    agent = Agent("a", model="test/m", tools=[send], approve=[Leave("sned", LARGE)])
    async with lumos_host(agents=[agent]) as host:
        with pytest.raises(ConfigError, match="approve 'sned' fits none"):
            await host.run("a", "Pay")
