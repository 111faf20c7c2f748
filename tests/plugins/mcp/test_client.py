"""Servers' tools in the hands of agents: calls, questions, models, progress, and servers that die."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.plugins.mcp.conftest import Open, crooked

from lumosai import Agent
from lumosai_sdk import Principal, RunRequest, ToolCall
from lumosai_sdk.errors import ToolError
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.runs import Decision, Pending

if TYPE_CHECKING:
    from lumosai_sdk.testing.scripted import ScriptedModel

SEAT = {"type": "object", "properties": {"seat": {"type": "string", "enum": ["window", "aisle"]}}, "required": ["seat"]}


def calling(model: ScriptedModel, tool: str, **arguments: Any) -> None:
    model.script([ToolCall("c", f"mcp_x_{tool}", json.dumps(arguments)), "done"])


async def called(host: Any, tool: str, **arguments: Any) -> Any:
    return await host.call_tool(f"mcp.x.{tool}", arguments)


def results(host: Any) -> list[str]:
    """Return what tools answer from now on."""
    found: list[str] = []
    host.bus.listen(lambda e: found.append(e.content) if isinstance(e, ev.ToolReturned) else None)
    return found


async def test_an_agent_uses_a_server(with_servers: Open, scripted_model: ScriptedModel) -> None:
    calling(scripted_model, "echo", text="hello")
    async with with_servers() as host:
        said = results(host)
        result = await host.run("a", "say hello")
        assert (result.status, said) == ("completed", ["hello"])
        spec = next(t for t in host.services.tools(["mcp.x.echo"]))
        assert (spec.side_effects, spec.approval) == (True, "never"), "what is not known is taken for the worst"


async def test_resources_and_prompts_are_tools(with_servers: Open) -> None:
    async with with_servers() as host:
        assert [r["uri"] for r in await called(host, "list_resources")] == ["note://one"]
        assert await called(host, "read_resource", uri="note://one") == "a note"
        assert [p["name"] for p in await called(host, "list_prompts")] == ["greet"]
        assert await called(host, "get_prompt", name="greet", arguments={"who": "Ada"}) == "user: Greet Ada"


async def test_what_the_owner_denies_is_not_there(with_servers: Open) -> None:
    settings = crooked(allow=["e*", "list_*"], deny=["env"], approve=["echo"], read_only=["list_resources"])
    async with with_servers({"x": settings}) as host:
        specs = {t.id: t for t in host.services.tools(["mcp.*"])}
        assert sorted(specs) == ["mcp.x.echo", "mcp.x.list_prompts", "mcp.x.list_resources"]
        assert specs["mcp.x.echo"].approval == "always"
        assert not specs["mcp.x.list_resources"].side_effects


async def test_one_that_is_killed_is_started_again(with_servers: Open) -> None:
    async with with_servers() as host:
        first = json.loads(await called(host, "pid"))[0]
        os.kill(first, signal.SIGKILL)
        await gone(first)
        second = json.loads(await called(host, "pid"))[0]
        assert second != first
        with pytest.raises(ToolError, match="whether the call was done is not known"):
            await called(host, "die")
        assert json.loads(await called(host, "pid"))[0] not in {first, second}


async def gone(pid: int) -> None:
    """Wait until a process is no more, and its end has been heard of."""
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)


async def test_one_that_does_not_come_back_is_tried_less_and_less(with_servers: Open) -> None:
    settings = crooked(env={"NEVER_STARTS": "1"}, start_timeout=0.2)
    async with with_servers({"x": settings}) as host:
        assert host.services.tools(["mcp.*"]) == []
        connection = hub(host).servers["x"].connection
        assert (connection.state, "within 0.2 s" in connection.error) == ("down", True)
        waits: list[float] = []
        for _ in range(9):
            connection._note_failure("it is still down")
            waits.append(connection._not_before - asyncio.get_running_loop().time())
        assert all(0.5 * w <= got <= w for got, w in zip(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60], strict=True))
        with pytest.raises(ToolError, match=r"is down \(it is still down\); it is tried again in \d+ s"):
            await connection.open()


async def test_its_end_ends_all_it_started(with_servers: Open) -> None:
    async with with_servers() as host:
        child = int(await called(host, "spawn"))
        os.kill(child, 0)
        parent = json.loads(await called(host, "pid"))
        assert parent[0] == parent[1], "it leads a group of its own"
    await gone(child)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


async def test_a_call_has_its_time(with_servers: Open) -> None:
    async with with_servers({"x": crooked(timeout=0.3)}) as host:
        with pytest.raises(ToolError, match=r"mcp\.x\.slow: no answer in 0\.3 s"):
            await called(host, "slow")


async def test_an_error_is_told_to_the_model(with_servers: Open, scripted_model: ScriptedModel) -> None:
    calling(scripted_model, "fail")
    async with with_servers() as host:
        said = results(host)
        await host.run("a", "go")
        assert said == ["Error: it did not work"]


async def test_its_question_goes_to_the_person(with_servers: Open, scripted_model: ScriptedModel) -> None:
    calling(scripted_model, "form", schema=SEAT)
    asked: list[Pending] = []

    async def person(pending: Pending) -> Decision:
        asked.append(pending)
        return Decision(answer="window")

    async with with_servers() as host:
        said = results(host)
        await host.run("a", "book", on_pending=person)
        assert json.loads(said[0]) == {"action": "accept", "content": {"seat": "window"}}
        assert asked[0].question.startswith("The MCP server 'x' asks: Which seat?")


async def test_where_nobody_is_the_run_waits(with_servers: Open, scripted_model: ScriptedModel) -> None:
    calling(scripted_model, "form", schema=SEAT)
    async with with_servers() as host:
        said = results(host)
        result = await host.run("a", "book")
        assert result.status == "suspended"
        await host.resume(result.run_id, {"c": Decision(answer="aisle")})
        assert json.loads(said[0])["content"] == {"seat": "aisle"}


@pytest.mark.parametrize("answer", ["the best one", "no", ""])
async def test_an_answer_that_does_not_fit_is_none(
    with_servers: Open, scripted_model: ScriptedModel, answer: str
) -> None:
    calling(scripted_model, "form", schema=SEAT)

    async def person(_: Pending) -> Decision:
        return Decision(answer=answer)

    async with with_servers() as host:
        said = results(host)
        await host.run("a", "book", on_pending=person)
        assert json.loads(said[0])["action"] == "decline"


async def test_a_page_is_shown_with_its_host(with_servers: Open, scripted_model: ScriptedModel) -> None:
    calling(scripted_model, "link")
    asked: list[str] = []

    async def person(pending: Pending) -> Decision:
        asked.append(pending.question)
        return Decision(answer="yes")

    async with with_servers() as host:
        said = results(host)
        await host.run("a", "pay", on_pending=person)
        assert json.loads(said[0])["action"] == "accept"
        assert "open a page of pay.example" in asked[0]


async def test_it_asks_nobody_where_the_owner_says_so(with_servers: Open, scripted_model: ScriptedModel) -> None:
    calling(scripted_model, "form", schema=SEAT)
    async with with_servers({"x": crooked(elicitation=False)}) as host:
        said = results(host)
        assert (await host.run("a", "book")).status == "completed"
        assert said == ["refused"]


async def test_a_model_is_asked_only_where_it_is_granted(with_servers: Open) -> None:
    async with with_servers() as host:
        assert "not supported" in await called(host, "sample")
    async with with_servers({"x": crooked(sampling="scripted/echo")}) as host:
        assert await called(host, "sample") == "hi"


async def test_a_model_is_asked_with_the_callers_rights(with_servers: Open) -> None:
    async with with_servers({"x": crooked(sampling="scripted/echo")}) as host:
        poor = Principal("poor", scopes=frozenset({"tool.call"}))
        assert "may not model.call" in await host.call_tool("mcp.x.sample", {}, principal=poor)


async def test_progress_is_told(with_servers: Open, scripted_model: ScriptedModel) -> None:
    calling(scripted_model, "steps")
    async with with_servers() as host:
        told: list[Any] = []
        host.bus.listen(lambda e: told.append(e) if isinstance(e, ev.PluginMessage) else None)
        result = await host.run("a", "go")
        assert [(e.name, e.data["progress"], e.data["total"], e.data["run_id"]) for e in told] == [
            ("progress", 1.0, 2.0, result.run_id)
        ]


async def test_two_servers_do_not_meet(with_servers: Open) -> None:
    async with with_servers({"x": crooked(), "y": crooked()}) as host:
        x, y = [json.loads(await host.call_tool(f"mcp.{s}.pid", {})) for s in "xy"]
        assert x[0] != y[0]
        assert Path(x[2]).name == "x"
        assert Path(y[2]).name == "y"


async def test_it_is_started_when_it_is_needed(with_servers: Open, tmp_path: Path) -> None:
    async with with_servers():
        pass
    assert (tmp_path / "mcp.lock.json").is_file()
    script = tmp_path / "gone.py"
    settings = crooked(args=[str(script)])
    async with with_servers({"x": settings}) as host:
        assert [t.id for t in host.services.tools(["mcp.x.echo"])] == ["mcp.x.echo"], "its tools are known without it"
        with pytest.raises(ToolError, match="'x' cannot be had"):
            await called(host, "echo", text="a")


async def test_what_is_accepted_meanwhile_is_taken_up(
    with_servers: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lumosai_plugins.mcp.hub.LOOK_AGAIN", 0.01)
    async with with_servers():
        pass
    lock = tmp_path / "mcp.lock.json"
    kept = lock.read_text()
    lock.unlink()
    async with with_servers({"x": crooked(trust_on_first_use=False)}) as host:
        assert host.services.tools(["mcp.*"]) == []
        lock.write_text(kept)
        for _ in range(200):
            if host.services.tools(["mcp.*"]):
                break
            await asyncio.sleep(0.01)
        assert await called(host, "echo", text="a") == "a"


async def test_a_swap_lets_a_call_end(with_servers: Open) -> None:
    async with with_servers() as host:
        call = asyncio.create_task(called(host, "slow", seconds=0.3))
        await asyncio.sleep(0.1)
        await host.plugins.reload("mcp")
        assert await call == "at last"
        assert await called(host, "echo", text="new") == "new"


async def test_the_run_of_one_is_not_asked_for_another(with_servers: Open, scripted_model: ScriptedModel) -> None:
    """A server that is busy for two people and asks something is told nothing: it might be the other's answer."""

    async def person(_: Pending) -> Decision:
        return Decision(answer="window")

    async with with_servers() as host:
        await called(host, "echo", text="warm")
        connection = hub(host).servers["x"].connection
        calling(scripted_model, "form", schema=SEAT)
        said = results(host)
        async with connection.calls.making(other_call()):
            await host.run("a", "book", on_pending=person)
        assert json.loads(said[0])["action"] == "cancel"


def hub(host: Any) -> Any:
    module = host.plugins.hooks._manager.get_plugin("mcp")
    return module._hub


def other_call() -> Any:
    from lumosai_plugins.mcp.calls import Call
    from lumosai_sdk.types.caller import NOBODY
    from lumosai_sdk.types.tools import ToolContext

    return Call(ToolContext(), NOBODY, "another")


async def test_a_run_can_be_cancelled_in_a_call(with_servers: Open, scripted_model: ScriptedModel) -> None:
    calling(scripted_model, "slow")
    async with with_servers() as host:
        events = host.services.stream(RunRequest("a", "wait"))
        async for event in events:
            if isinstance(event, ev.ToolCalled):
                break
        await events.aclose()
        async with asyncio.timeout(10):
            await hub(host).servers["x"].connection.calls.idle.wait()


async def test_an_agent_that_names_a_tool_nobody_accepted_is_told_so(with_servers: Open) -> None:
    agents = [Agent("a", model="test/m", tools=["mcp.x.echo"])]
    async with with_servers({"x": crooked(trust_on_first_use=False)}, agents=agents) as host:
        with pytest.raises(Exception, match=r"mcp\.x\.echo"):
            await host.run("a", "hello")
