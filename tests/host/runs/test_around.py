"""The interception hooks, by real plugins with real hooks modules."""

# ruff: noqa: PLR2004, RUF043 - a test says what it expects where it expects it
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumosai import Agent
from lumosai_sdk import Decision, Principal, ToolCall, ToolContext
from lumosai_sdk.errors import BlockedError, ModelError, PermissionDeniedError, PluginError
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.storage import RunFilter

if TYPE_CHECKING:
    from tests.host.conftest import Site

HEAD = """
from dataclasses import replace
from lumosai_sdk import BlockedError, Message, RunResult, hookimpl
"""
CALL = ToolCall("c1", "echo", '{"x": "in"}')


async def echo(x: str) -> str:
    return f"<{x}>"


AGENT = Agent("a", model="test/m", tools=[echo])


def plug(site: Site, hook: str, code: str, name: str = "guard") -> None:
    site.install(name, head=f'hooks = ["{hook}"]\n', manifest="", files={"hooks.py": HEAD + code})


def around(hook: str, arguments: str, body: str) -> str:
    lines = "\n".join(f"        {line}" for line in body.strip().splitlines())
    return (
        f"@hookimpl\ndef {hook}({arguments}):\n    async def middleware(it, proceed):\n{lines}\n    return middleware\n"
    )


async def test_a_run_can_be_changed_going_in_and_coming_out(
    site: Site, lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    body = """
result = await proceed(replace(it, input=it.input + " please", thread_id="t-" + run.agent))
return replace(result, text=result.text + "!")
"""
    plug(site, "lumos_around_run", around("lumos_around_run", "run", body))
    scripted_model.script("done")
    async with lumos_host(agents=[AGENT]) as host:
        result = await host.run("a", "tea")
        assert (result.text, result.thread_id) == ("done!", "t-a")
        assert scripted_model.last.messages[-1].text == "tea please"
        assert [m.text for m in await host.storage.messages("t-a")] == ["tea please", "done"]


async def test_a_run_can_be_refused_and_answered_without_a_model(
    site: Site, lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    body = """
if "forbidden" in it.input:
    raise BlockedError("not that")
return RunResult(run.run_id, run.agent, "completed", "from the cache")
"""
    plug(site, "lumos_around_run", around("lumos_around_run", "run", body))
    async with lumos_host(agents=[AGENT]) as host:
        with pytest.raises(BlockedError, match="not that"):
            await host.run("a", "the forbidden thing")
        assert (await host.run("a", "tea")).text == "from the cache"
        assert scripted_model.requests == []


async def test_a_run_can_be_tried_again(site: Site, lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    body = """
try:
    return await proceed(it)
except Exception:
    return await proceed(it)
"""
    plug(site, "lumos_around_run", around("lumos_around_run", "run", body))
    scripted_model.script([CALL, ModelError("down"), CALL, "second time lucky"])
    async with lumos_host(agents=[AGENT]) as host:
        events = [e async for e in host.stream("a", "?")]
        assert [e.seq for e in events] == list(range(1, len(events) + 1))
        result = events[-1].to_json()
        assert (result["text"], result["steps"]) == ("second time lucky", 2)
        assert [m.role for m in scripted_model.last.messages] == ["user", "assistant", "tool"]
        (record,) = await host.storage.list_runs(RunFilter())
        assert record.status == "completed"
        seqs = [e["seq"] for e in await host.storage.events(record.id)]
        assert len(seqs) == len(set(seqs))


async def test_a_model_call_can_be_changed_both_ways(
    site: Site, lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    body = """
response = await proceed(replace(it, temperature=0.1, messages=(Message.system(model), *it.messages)))
return replace(response, message=Message.assistant(response.message.text.upper()))
"""
    plug(site, "lumos_around_model_call", around("lumos_around_model_call", "run, model", body))
    scripted_model.script("quiet")
    async with lumos_host(agents=[AGENT]) as host:
        assert (await host.run("a", "?")).text == "QUIET"
        assert scripted_model.last.temperature == 0.1
        assert scripted_model.last.messages[0].text == "test/m"


async def test_a_tool_call_can_be_changed_both_ways_and_stays_within_its_schema(
    site: Site, lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    body = """
text = await proceed(replace(it, arguments='{"x": "%s"}' % tool if run.agent == "a" else '{"x": 3}'))
return text + " checked"
"""
    plug(site, "lumos_around_tool_call", around("lumos_around_tool_call", "run, tool", body))
    scripted_model.script([CALL, "ok", CALL, "ok"])
    other = Agent("b", model="test/m", tools=[echo])
    async with lumos_host(agents=[AGENT, other]) as host:
        await host.run("a", "?")
        assert scripted_model.last.messages[-1].text == "<echo> checked"
        await host.run("b", "?")
        assert 'x: 3 is not of type "string"' in scripted_model.last.messages[-1].text


@pytest.mark.parametrize("hook", ["lumos_around_run", "lumos_around_model_call"])
@pytest.mark.parametrize(
    "body", ["raise ValueError('oh')", "return None", "return await proceed(None)", "return 1 / 0"]
)
async def test_a_guard_that_fails_ends_the_run(
    site: Site, lumos_host: OpenHost, scripted_model: ScriptedModel, hook: str, body: str
) -> None:
    arguments = "run" if hook == "lumos_around_run" else "run, model"
    plug(site, hook, around(hook, arguments, body))
    scripted_model.script("unguarded")
    async with lumos_host(agents=[AGENT], limits={"retries": 0}) as host:
        with pytest.raises(PluginError, match=f"plugin 'guard': {hook}"):
            await host.run("a", "?")
        assert scripted_model.requests == []
        await host.plugins.disable("guard")
        assert (await host.run("a", "?")).text == "unguarded"


@pytest.mark.parametrize("body", ["raise ValueError('oh')", "return None", "return await proceed('{}')"])
async def test_a_guard_of_tools_that_fails_keeps_the_tool_from_being_called(
    site: Site, lumos_host: OpenHost, scripted_model: ScriptedModel, body: str
) -> None:
    called: list[str] = []

    async def look() -> str:
        called.append("look")
        return "a secret"

    plug(site, "lumos_around_tool_call", around("lumos_around_tool_call", "tool", body))
    scripted_model.script([ToolCall("c", "look", "{}"), "ok"])
    async with lumos_host(agents=[Agent("a", model="test/m", tools=[look])]) as host:
        await host.run("a", "?")
        assert called == []
        assert "plugin 'guard': lumos_around_tool_call" in scripted_model.last.messages[-1].text


async def test_a_question_passes_through_a_guard(
    site: Site, lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    body = """
try:
    return await proceed(it)
except Exception:
    return "swallowed"
"""

    async def ask(context: ToolContext) -> str:
        return await context.ask("which?")

    plug(site, "lumos_around_tool_call", around("lumos_around_tool_call", "tool", body))
    scripted_model.script([ToolCall("c", "ask", "{}"), "ok"])
    async with lumos_host(agents=[Agent("a", model="test/m", tools=[ask])]) as host:
        waiting = await host.run("a", "?")
        assert [p.kind for p in waiting.pending] == ["question"]
        done = await host.resume(waiting.run_id, {"c": Decision(answer="red")})
        assert done.messages[-2].text == "red"
        assert host.plugins.get("guard").failures == 0


# --- authorize

AUTHORIZE = """
@hookimpl
def lumos_authorize(principal, action, resource):
    {body}
"""


def bob(*scopes: str) -> Principal:
    return Principal("bob", scopes=frozenset(scopes))


@pytest.mark.parametrize(
    ("body", "scopes", "allowed"),
    [
        (None, {"tool.call"}, True),
        (None, set(), False),
        ("return None", {"tool.call"}, True),
        ("return None", set(), False),
        ("return principal.id == 'bob' and action == 'tool.call' and resource == 'echo'", set(), True),
        ("return False", {"*"}, False),
        ("raise ValueError('oh')", {"*"}, False),
        ("raise SystemExit", {"*"}, False),
        ("return 0", {"*"}, False),
    ],
)
async def test_who_may_call_a_tool(
    site: Site, lumos_host: OpenHost, scripted_model: ScriptedModel, body: str | None, scopes: set[str], allowed: bool
) -> None:
    if body is not None:
        plug(site, "lumos_authorize", AUTHORIZE.format(body=body))
    scripted_model.script([CALL, "ok"])
    async with lumos_host(agents=[AGENT]) as host:
        await host.run("a", "?", principal=bob(*scopes))
        told = scripted_model.last.messages[-1].text
        assert (told == "<in>") == allowed
        if not allowed:
            assert told.startswith("Error: ")
            assert "tool.call" in told


async def test_a_direct_call_is_authorized_too(site: Site, lumos_host: OpenHost) -> None:
    site.install("swap")
    async with lumos_host() as host:
        assert await host.call_tool("swap.which", {}, principal=bob("tool.call")) == "1.0.0"
        with pytest.raises(PermissionDeniedError, match="'bob' may not tool.call 'swap.which'") as e:
            await host.call_tool("swap.which", {}, principal=bob())
        assert e.value.hint == "give it the scope 'tool.call'"
