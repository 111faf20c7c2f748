"""Runs that go beyond what an agent may use, by way of another one."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from lumosai import Agent
from lumosai_sdk import ToolCall
from lumosai_sdk.errors import LimitExceededError
from lumosai_sdk.testing.hosts import contribute, open_host
from lumosai_sdk.testing.scripted import Answer, ScriptedModel
from lumosai_sdk.types.runs import Decision, Limits

if TYPE_CHECKING:
    from pathlib import Path

    from lumosai_sdk.types.models import ModelRequest

PATIENCE = 20.0
HANDOFFS = {"team": {"settings": {"handoffs": ["billing", "clerk"]}}}


def to(agent: str) -> ToolCall:
    return ToolCall("1", f"team_handoff_to_{agent}", "{}")


def wipe(disk: str) -> str:
    """Wipe a disk."""
    return f"wiped {disk}"


@pytest.mark.parametrize("seconds", [None, 300.0])
async def test_the_time_of_the_agent_that_goes_on_holds(tmp_path: Path, seconds: float | None) -> None:
    """A deadline was set when the run began, as the first agent's: the narrower one of the next was never kept."""

    async def answer(request: ModelRequest) -> Answer:
        if request.model == "triage":
            return to("billing")
        await asyncio.Event().wait()
        raise AssertionError

    agents = [
        Agent("triage", model="test/triage", tools=["team.*"], limits=Limits(seconds=seconds)),
        Agent("billing", model="test/billing", limits=Limits(seconds=0.1)),
    ]
    sections: dict[str, Any] = {"plugins": HANDOFFS, "limits": {"seconds": 300}}
    async with open_host(tmp_path, ScriptedModel(answer), agents=agents, **sections) as host:
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(LimitExceededError, match="seconds"):
                await host.run("triage", "pay")
    async with open_host(tmp_path, ScriptedModel([to("billing"), "hi"]), agents=agents, **sections) as host:
        await host.run("triage", "hello", thread="t")
        contribute(host, "provider", "test", ScriptedModel(answer))
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(LimitExceededError, match="seconds"):
                await host.run("triage", "pay", thread="t")


async def test_limits_of_an_agent_in_between_outlast_a_wait(tmp_path: Path) -> None:
    """A run that waited for a person went on with the limits of its first and its last agent alone."""
    agents = [
        Agent("triage", model="test/triage", tools=["team.*"]),
        Agent("billing", model="test/billing", tools=["team.*"], limits=Limits(steps=4)),
        Agent("clerk", model="test/clerk", tools=[wipe], approve=["wipe"]),
    ]

    def answer(request: ModelRequest) -> Answer:
        following = {"triage": "billing", "billing": "clerk"}.get(request.model)
        return to(following) if following else ToolCall("2", "wipe", json.dumps({"disk": "b"}))

    async with open_host(tmp_path, ScriptedModel(answer), agents=agents, plugins=HANDOFFS) as host:
        run = await host.run("triage", "wipe")
        for _ in range(4 - run.steps):
            run = await host.resume(run.run_id, {p.call_id: Decision() for p in run.pending})
        decisions = {p.call_id: Decision() for p in run.pending}
        with pytest.raises(LimitExceededError, match="steps"):
            await host.resume(run.run_id, decisions)
