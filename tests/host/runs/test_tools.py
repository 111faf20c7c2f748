# ruff: noqa: PLR2004, RUF043 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from lumosai import Agent
from lumosai_sdk import Message, ToolCall, ToolContext, ToolError, ToolSpec, tool
from lumosai_sdk.errors import ConfigError, ConflictError, InputError, PermissionDeniedError, PluginError
from lumosai_sdk.testing.hosts import OpenHost, contribute
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.events import ToolReturned
from lumosai_sdk.types.models import ModelRequest


def call(name: str, arguments: str = "{}", id: str = "c1") -> ToolCall:  # noqa: A002
    return ToolCall(id, name, arguments)


def results(model: ScriptedModel) -> list[str]:
    """Return what the model was told by tools."""
    return [m.text for m in model.last.messages if m.role == "tool"]


def agent(*tools: Any, **more: Any) -> Agent:
    return Agent("a", model="test/m", tools=tools, **more)


class Raw:
    """A tool that is no function: its spec and what it does are given."""

    def __init__(self, spec: ToolSpec, do: Any) -> None:
        self.spec = spec
        self.do = do

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        value = self.do(arguments) if callable(self.do) else self.do
        return await value if asyncio.iscoroutine(value) else value


async def test_one_tool_call_and_its_answer(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    async def add(a: int, b: int = 10) -> int:
        """Add two numbers."""
        return a + b

    scripted_model.script([call("add", '{"a": 1}'), "eleven"])
    async with lumos_host(agents=[agent(add)]) as host:
        result = await host.run("a", "1+10?")
        assert (result.text, result.steps) == ("eleven", 2)
        assert results(scripted_model) == ["11"]
        assert [m.role for m in result.messages] == ["user", "assistant", "tool", "assistant"]
        assert result.messages[2] == Message.tool("c1", "11")
        (spec,) = scripted_model.last.tools
        assert (spec.id, spec.description) == ("add", "Add two numbers.")


async def test_parallel_calls_run_at_once_and_answer_in_order(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    meeting = asyncio.Barrier(3)

    async def meet(name: str) -> str:
        async with asyncio.timeout(5):
            await meeting.wait()
        await asyncio.sleep({"a": 0.02, "b": 0.01, "c": 0}[name])
        return name

    def calls(names: str) -> tuple[ToolCall, ...]:
        return tuple(call("meet", json.dumps({"name": n}), n) for n in names)

    scripted_model.script([calls("abc"), "done"])
    async with lumos_host(agents=[agent(meet)]) as host:
        await host.run("a", "?")
        assert results(scripted_model) == ["a", "b", "c"]
        assert [m.tool_call_id for m in scripted_model.last.messages if m.role == "tool"] == ["a", "b", "c"]


async def test_plain_functions_run_in_threads_at_once(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    meeting = threading.Barrier(2, timeout=5)

    def meet() -> str:
        meeting.wait()
        return threading.current_thread().name

    scripted_model.script([(call("meet", id="1"), call("meet", id="2")), "done"])
    async with lumos_host(agents=[agent(meet)]) as host:
        await host.run("a", "?")
        assert "MainThread" not in results(scripted_model)


async def none() -> None:
    return None


async def takes(n: int, tags: list[str] | None = None) -> str:
    return f"{n} {tags}"


async def says_no(city: str) -> str:
    raise ToolError(f"there is no city {city}")


async def fails() -> str:
    raise ZeroDivisionError("a bug in the tool")


async def exits() -> str:
    raise SystemExit(1)


async def cancels() -> str:
    raise asyncio.CancelledError


def cycle() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            call("no_such"),
            "Error: there is no tool 'no_such'; there are: none, takes, says_no, fails, exits, cancels, raw",
        ),
        (call("takes", "{"), "Error: the arguments of takes are not JSON"),
        (call("takes", "[1]"), "Error: the arguments of takes must be a JSON object, not list"),
        (call("takes", "null"), "must be a JSON object, not NoneType"),
        (call("takes", ""), 'Error: the arguments of takes do not fit: "n" is a required property'),
        (call("takes", '{"n": "one"}'), 'n: "one" is not of type "integer"'),
        (call("takes", '{"n": 1, "x": 2}'), "Error: the arguments of takes do not fit"),
        (call("takes", '{"n": 1, "tags": ["a", 2]}'), 'tags: ["a",2] is not valid'),
        (call("takes", '{"n": NaN}'), "Error: the arguments of takes are not JSON: NaN is no JSON number"),
        (call("takes", '{"n": 1e999}'), "Error: the arguments of takes are not JSON: 1e999 is too large a number"),
        (call("takes", '{"n": ' + "9" * 5000 + "}"), "Error: the arguments of takes are not JSON"),
        (call("takes", '{"n":' + "[" * 100_000), "Error: the arguments of takes are not JSON"),
        (call("takes", '{"n": 1, "tags": ["\\ud800"]}'), ""),
        (call("none"), "null"),
        (call("says_no", '{"city": "X"}'), "Error: there is no city X"),
        (call("fails"), "Error: plugin 'app': tool 'fails': ZeroDivisionError: a bug in the tool"),
        (call("exits"), "Error: plugin 'app': tool 'exits': SystemExit: 1"),
        (call("cancels"), "Error: plugin 'app': tool 'cancels': CancelledError"),
    ],
)
async def test_whatever_a_model_or_a_tool_does_wrong_the_model_is_told(
    lumos_host: OpenHost, scripted_model: ScriptedModel, made: ToolCall, said: str, seen: Any
) -> None:
    raw = Raw(ToolSpec("raw"), 1)
    scripted_model.script([made, "sorry"])
    async with lumos_host(agents=[agent(none, takes, says_no, fails, exits, cancels, raw)]) as host:
        events = seen(host)
        assert (await host.run("a", "?")).text == "sorry"
        (told,) = results(scripted_model)
        assert said in told
        (returned,) = [e for e in events if isinstance(e, ToolReturned)]
        assert returned.error == told.startswith("Error: ")


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}, cycle(), {("a",): 1}])
async def test_a_result_that_is_no_json_is_the_plugins_failure(
    lumos_host: OpenHost, scripted_model: ScriptedModel, value: object
) -> None:
    scripted_model.script([call("raw"), "sorry"])
    async with lumos_host(agents=[agent(Raw(ToolSpec("raw"), lambda _: value))]) as host:
        await host.run("a", "?")
        assert "plugin 'app': tool 'raw' returned what is not JSON" in results(scripted_model)[0]


async def test_deep_results_are_the_plugins_failure(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    scripted_model.script([call("raw"), "sorry"])
    async with lumos_host(agents=[agent(Raw(ToolSpec("raw"), lambda _: deep))]) as host:
        assert (await host.run("a", "?")).text == "sorry"
    while deep:
        deep = deep[0]


async def test_a_tool_that_never_returns_is_given_up(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    release = threading.Event()

    async def asleep() -> None:
        await asyncio.Event().wait()

    def blocked() -> None:
        release.wait(30)

    @tool(timeout=0.02)
    async def own_limit() -> None:
        await asyncio.Event().wait()

    calls = (call("asleep", id="1"), call("blocked", id="2"), call("own_limit", id="3"))
    scripted_model.script([calls, "gave up"])
    try:
        async with lumos_host(agents=[agent(asleep, blocked, own_limit)], limits={"tool_timeout": 0.05}) as host:
            assert (await host.run("a", "?")).text == "gave up"
            told = results(scripted_model)
            assert "tool 'asleep': no answer in 0.05 s" in told[0]
            assert "tool 'blocked': no answer in 0.05 s" in told[1]
            assert "tool 'own_limit': no answer in 0.02 s" in told[2]
    finally:
        release.set()


async def test_a_huge_result_is_cut_and_says_so(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    async def long() -> str:
        return "x" * 1_000_000

    scripted_model.script([call("long"), "ok"])
    async with lumos_host(agents=[agent(long)], limits={"tool_result": 100}) as host:
        await host.run("a", "?")
        assert results(scripted_model) == ["x" * 100 + "\n[cut here: 1000000 characters, the limit is 100]"]


async def test_a_huge_error_is_cut_too(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    async def shouts() -> str:
        raise ToolError("x" * 1_000_000)

    scripted_model.script([call("shouts"), "ok"])
    async with lumos_host(agents=[agent(shouts)], limits={"tool_result": 100}) as host:
        await host.run("a", "?")
        assert len(results(scripted_model)[0]) < 200


async def test_calls_of_one_id_are_told_apart(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    async def echo(x: int) -> int:
        return x

    scripted_model.script([(call("echo", '{"x": 1}', "same"), call("echo", '{"x": 2}', "same")), "ok"])
    async with lumos_host(agents=[agent(echo)]) as host:
        await host.run("a", "?")
        assert results(scripted_model) == ["1", "2"]
        ids = [m.tool_call_id for m in scripted_model.last.messages if m.role == "tool"]
        assert len(set(ids)) == 2


async def test_a_schema_that_is_none_is_told_as_such(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script([call("raw"), "ok"])
    broken = Raw(ToolSpec("raw", input_schema={"type": "nonsense"}), 1)
    async with lumos_host(agents=[agent(broken)]) as host:
        await host.run("a", "?")
        assert results(scripted_model)[0].startswith("Error: the schema of 'raw' is broken")


@pytest.mark.parametrize("ref", ["https://attacker.example/schema", "file:///etc/passwd", "other.json"])
async def test_no_schema_reference_is_followed(lumos_host: OpenHost, scripted_model: ScriptedModel, ref: str) -> None:
    scripted_model.script([call("raw", '{"a": 1}'), "ok"])
    remote = Raw(ToolSpec("raw", input_schema={"type": "object", "properties": {"a": {"$ref": ref}}}), 1)
    async with lumos_host(agents=[agent(remote)]) as host:
        await host.run("a", "?")
        assert results(scripted_model)[0].startswith("Error: ")


async def test_two_tools_of_one_name_for_models_are_refused(lumos_host: OpenHost) -> None:
    tools = [Raw(ToolSpec("x.a_b"), 1), Raw(ToolSpec("x_a.b"), 2)]
    async with lumos_host(agents=[agent(*tools)]) as host:
        with pytest.raises(ConfigError, match="agent 'a': the tools 'x.a_b' and 'x_a.b' have one name for models"):
            await host.run("a", "?")


async def test_what_is_no_tool_is_refused(lumos_host: OpenHost) -> None:
    async with lumos_host(agents=[agent(object())]) as host:
        with pytest.raises(InputError, match="is no tool: give an id, a function, or an object with spec and call"):
            await host.run("a", "?")


async def test_a_tool_that_was_denied_something_is_told_to_model_and_operator(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    denied = PermissionDeniedError("no http to x", hint="grant it")

    async def refuse(_: Any) -> None:
        raise denied

    scripted_model.script([call("net_get"), "ok"])
    async with lumos_host(agents=[agent("net.get")]) as host:
        contribute(host, "tool", "net.get", Raw(ToolSpec("net.get"), refuse))
        events = [e async for e in host.stream("a", "?")]
        assert results(scripted_model) == ["Error: no http to x"]
        (told,) = [e for e in events if e.type == "plugin.denied"]
        assert (told.plugin, told.detail) == ("net", str(denied))
        assert [e.seq for e in events] == list(range(1, len(events) + 1))


async def test_a_tool_whose_plugin_is_removed_in_the_run_is_told_as_gone(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    async with lumos_host(agents=[agent("net.get")]) as host:
        contribute(host, "tool", "net.get", Raw(ToolSpec("net.get"), 1))

        def remove(request: ModelRequest) -> ToolCall:
            host.registry.withdraw("net", "the plugin is disabled")
            return call("net_get")

        scripted_model.script([remove, "ok"])
        assert (await host.run("a", "?")).text == "ok"
        assert results(scripted_model) == ["Error: plugin 'net': tool 'net.get': the plugin is disabled"]


async def test_a_tool_sees_the_run_it_is_called_in(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    contexts: list[ToolContext] = []

    async def look(context: ToolContext) -> None:
        contexts.append(context)

    scripted_model.script([call("look"), "ok"])
    async with lumos_host(agents=[agent(look)]) as host:
        result = await host.run("a", "?", thread="t1")
        (context,) = contexts
        assert (context.run_id, context.agent, context.call_id) == (result.run_id, "a", "c1")
        assert (context.thread_id, context.principal.id) == ("t1", "local")
        assert not context.permissions


# --- called directly


async def test_a_direct_call(lumos_host: OpenHost) -> None:
    async def ask(context: ToolContext) -> str:
        return await context.ask("which?")

    async with lumos_host() as host:
        contribute(host, "tool", "t.takes", tool(takes))
        contribute(host, "tool", "t.fails", tool(fails))
        contribute(host, "tool", "t.ask", tool(ask))
        assert await host.call_tool("t.takes", {"n": 1}) == "1 None"
        with pytest.raises(InputError, match="the arguments of 't.takes' do not fit") as e:
            await host.call_tool("t.takes", {"n": "x"})
        assert e.value.hint == "lumos tools t.takes"
        with pytest.raises(PluginError, match="ZeroDivisionError"):
            await host.call_tool("t.fails", {})
        with pytest.raises(ConflictError, match="the tool 't.ask' asks: which?"):
            await host.call_tool("t.ask", {})


async def test_a_manifest_without_a_schema_is_completed_by_the_code(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    @tool(approval="always", side_effects=True)
    async def danger(n: int) -> int:
        """As the code says."""
        return n

    scripted_model.script("ok")
    async with lumos_host(agents=[agent("t.danger")]) as host:
        contribute(host, "tool", "t.danger", danger, approval="never", side_effects=False, description="As declared")
        await host.run("a", "?")
        (spec,) = scripted_model.last.tools
        assert (spec.description, spec.approval, spec.side_effects) == ("As declared", "always", True)
        assert spec.input_schema["required"] == ["n"]
