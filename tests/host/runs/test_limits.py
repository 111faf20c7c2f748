# ruff: noqa: PLR2004, RUF043 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lumosai import Agent
from lumosai.agents.limits import narrowed
from lumosai.config.model import LimitsConfig, PriceConfig
from lumosai.runs.limits import priced
from lumosai_sdk import Limits, Message, ToolCall
from lumosai_sdk.errors import ConfigError, LimitExceededError
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.models import ModelRequest, ModelResponse, Usage
from lumosai_sdk.types.storage import RunFilter


async def again() -> str:
    return "again"


def looping(request: ModelRequest) -> ModelResponse:
    """Call the tool for ever, at 60 tokens and, if asked for, ten cents a step."""
    call = ToolCall(f"c{len(request.messages)}", "again", "{}")
    cost = 0.1 if request.model == "dear" else None
    return ModelResponse(Message.assistant("", (call,)), "tool_calls", Usage(50, 10, cost=cost))


def agent(model: str = "test/m", **limits: Any) -> Agent:
    return Agent("a", model=model, tools=[again], limits=Limits(**limits))


@pytest.mark.parametrize(
    ("host_limits", "agent_limits", "request_limits", "steps"),
    [
        ({"steps": 3}, {}, None, 3),
        ({"steps": 3}, {"steps": 2}, None, 2),
        ({"steps": 2}, {"steps": 5}, None, 2),
        ({"steps": 9}, {"steps": 5}, Limits(steps=1), 1),
        ({"steps": 2}, {}, Limits(steps=100), 2),
        ({"steps": 20}, {}, Limits(tokens=100_000), 20),
    ],
)
async def test_the_narrowest_limit_of_steps_holds(
    lumos_host: OpenHost,
    scripted_model: ScriptedModel,
    host_limits: Any,
    agent_limits: Any,
    request_limits: Limits | None,
    steps: int,
) -> None:
    scripted_model.script(looping)
    async with lumos_host(agents=[agent(**agent_limits)], limits=host_limits) as host:
        with pytest.raises(LimitExceededError, match=f"the run reached its limit of {steps} steps") as e:
            await host.run("a", "?", limits=request_limits)
        assert "limits.steps" in str(e.value.hint)
        assert len(scripted_model.requests) == steps
        (record,) = await host.storage.list_runs(RunFilter())
        assert (record.status, record.error["code"], record.steps) == ("failed", "limit_exceeded", steps)


async def test_tokens_stop_a_run_before_the_next_step(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(looping)
    async with lumos_host(agents=[agent(tokens=100)]) as host:
        with pytest.raises(LimitExceededError, match="its limit of 100 tokens"):
            await host.run("a", "?")
        assert len(scripted_model.requests) == 2


async def test_seconds_stop_a_model_and_a_tool_in_the_middle(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    async def slow(request: ModelRequest) -> str:
        await asyncio.Event().wait()
        return "never"

    async def endless() -> None:
        await asyncio.Event().wait()

    async with lumos_host(limits={"seconds": 0.05}) as host:
        for script in (slow, ToolCall("c", "endless", "{}")):
            scripted_model.script(script)
            with pytest.raises(LimitExceededError, match="its limit of 0.05 seconds"):
                await host.run(Agent("a", model="test/m", tools=[endless]), "?")
        assert {r.status for r in await host.storage.list_runs(RunFilter())} == {"failed"}
        assert host.plugins.get("memory").failures == 0


async def test_a_timeout_of_the_callers_own_is_the_callers(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    async def slow(request: ModelRequest) -> str:
        await asyncio.Event().wait()
        return "never"

    scripted_model.script(slow)
    async with lumos_host(agents=[agent()]) as host:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await host.run("a", "?")
        (record,) = await host.storage.list_runs(RunFilter())
        assert record.status == "cancelled"


async def test_cost_told_by_the_provider_is_limited(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(looping)
    async with lumos_host(agents=[agent("test/dear", cost=0.25)]) as host:
        with pytest.raises(LimitExceededError, match="its limit of 0.25 dollars"):
            await host.run("a", "?")
        assert len(scripted_model.requests) == 3


async def test_cost_by_the_configured_price_is_limited(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(looping)
    prices = {"test/m": {"input": 1000, "output": 5000}}  # ten cents a step
    async with lumos_host(agents=[agent()], limits={"cost": 0.25}, models={"prices": prices}) as host:
        with pytest.raises(LimitExceededError, match="dollars"):
            await host.run("a", "?")
        assert len(scripted_model.requests) == 3


async def test_a_cost_that_cannot_be_known_is_not_spent_on(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(looping)
    async with lumos_host(agents=[agent(cost=0.25)]) as host:
        with pytest.raises(ConfigError, match="a cost limit is set, but the price of 'test/m' is not known") as e:
            await host.run("a", "?")
        assert '[models.prices."test/m"]' in str(e.value.hint)


def test_limits_that_are_not_given_do_not_widen_or_narrow() -> None:
    wide = LimitsConfig(steps=8, tokens=None, seconds=None, cost=2.0).narrow()
    assert narrowed(wide, Limits()) == Limits(8, None, None, 2.0)
    assert narrowed(wide, Limits(tokens=5, seconds=1.5, cost=3.0)) == Limits(8, 5, 1.5, 2.0)


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        (Usage(1_000_000, 0), 2.0),
        (Usage(0, 1_000_000), 8.0),
        (Usage(1_000_000, 0, 1_000_000), 0.5),
        (Usage(1, 1, cost=99.0), 99.0),
    ],
)
def test_what_tokens_cost(usage: Usage, cost: float) -> None:
    prices = {"p/m": PriceConfig(input=2, output=8, cached=0.5)}
    assert priced(usage, "p/m", prices, required=True).cost == pytest.approx(cost)


def test_cached_tokens_cost_the_same_unless_told_and_unpriced_models_nothing() -> None:
    prices = {"p/m": PriceConfig(input=2, output=8)}
    assert priced(Usage(1_000_000, 0, 500_000), "p/m", prices, required=False).cost == pytest.approx(2.0)
    assert priced(Usage(1, 1), "p/other", prices, required=False).cost is None
    assert priced(Usage(1, 1), "p/m", {}, required=False) == Usage(1, 1)
