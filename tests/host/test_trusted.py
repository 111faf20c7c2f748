"""The host's services for plugins in its process: on behalf of somebody, with that one's rights."""

from __future__ import annotations

import pytest

from lumosai import Agent
from lumosai_sdk import Principal, RunRequest, ToolCall
from lumosai_sdk.errors import NotFoundError, PermissionDeniedError
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.auth import LOCAL, Allowance
from lumosai_sdk.types.runs import Decision

ADA = Principal("ada", scopes=frozenset({"agent.run", "run.read"}))
BOB = Principal("bob", scopes=frozenset({"run.read", "run.resume", "run.cancel"}))


def wipe(disk: str) -> str:
    return f"wiped {disk}"


def agents() -> list[Agent]:
    return [Agent("a", model="test/m", tools=[wipe], approve=["wipe"], description="wipes")]


async def test_agents_and_tools_are_listed(lumos_host: OpenHost) -> None:
    async with lumos_host(agents=agents()) as host:
        assert {"a", "assistant"} >= {str(a["id"]) for a in host.services.agents()}
        assert host.services.agents(["a"])[0]["model"] == "test/m"
        named = Principal("eve", scopes=frozenset({"agent.run"}), allowance=Allowance(models=("b*",)))
        assert [len(host.services.agents(["a"], who)) for who in (LOCAL, BOB, named)] == [1, 0, 0]
        assert [t.id for t in host.services.tools(["time.n*"])] == ["time.now"]
        assert await host.services.use_tool("calculator.evaluate", {"expression": "6*7"}) == "42"
        with pytest.raises(NotFoundError, match="sqlite-nothing"):
            host.services.vectors("sqlite-nothing")


async def test_an_agent_without_a_model_is_listed_with_the_default_one(lumos_host: OpenHost) -> None:
    async with lumos_host(agents=[Agent("b")], models={"default": "scripted/echo"}) as host:
        assert [a["model"] for a in host.services.agents(["b"])] == ["scripted/echo"]


async def test_runs_are_those_of_their_principal(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script([ToolCall("c", "wipe", '{"disk": "b"}'), "done"])
    async with lumos_host(agents=agents()) as host:
        with pytest.raises(PermissionDeniedError):
            await host.services.run(RunRequest("a", "wipe b", principal=BOB))
        result = await host.services.run(RunRequest("a", "wipe b", principal=ADA))
        assert result.status == "suspended"
        assert (await host.services.find_run(result.run_id, ADA)).status == "suspended"
        with pytest.raises(NotFoundError):
            await host.services.find_run(result.run_id, BOB)
        with pytest.raises(NotFoundError):
            await host.services.resume(result.run_id, {"c": Decision()}, BOB)
        with pytest.raises(PermissionDeniedError):
            await host.services.resume(result.run_id, {"c": Decision()}, ADA)
        ada = Principal("ada", scopes=frozenset({"*"}))
        events = [e async for e in host.services.stream_resumed(result.run_id, {"c": Decision()}, ada)]
        assert events[-1].type == "run.completed"
