"""Plugins that have others do for them what they may not: laundering, circles, chains; with real plugins in a host.

They are plain Python here: the chain and the rights are the same for sandboxed ones, who come by the same services.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from lumosai import Agent
from lumosai_sdk import Principal, ToolCall
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.events import Event

_number = itertools.count()
CODE = """
from typing import Any
from lumosai_sdk import ToolContext, tool
from lumosai_sdk.host import bridge, tools

@tool
def ask(function: str, texts: list[str]) -> Any:
    return bridge.call(function, *texts)

@tool
def who(context: ToolContext) -> Any:
    return {"callers": list(context.callers), "tenant": context.principal.tenant, "run": bool(context.run_id)}

@tool
async def wait(context: ToolContext) -> Any:
    return await context.ask("may I?")

@tool
def danger() -> str:
    return "done"
"""
MANIFEST = """schema = 1
name = "{name}"
version = "1.0.0"
api = ">=1.0,<2"
{asks}
"""
TOOL = """
[[contributes.tool]]
id = "{name}.{tool}"
target = "{package}.code:{tool}"
{more}
"""
ASK = 'input_schema = { type = "object", properties = { function = {}, texts = { type = "array" } } }'
EMPTY = 'input_schema = { type = "object", additionalProperties = false }'
Grants = dict[str, dict[str, Any]]
Open = Callable[..., Awaitable[Any]]


def write(folder: Path, name: str) -> None:
    package = f"lumos_test_rights_{next(_number)}"
    root = folder / package
    root.mkdir(parents=True)
    (root / "__init__.py").write_text("", encoding="utf-8")
    (root / "code.py").write_text(CODE, encoding="utf-8")
    asks = '[permissions]\nkv = true\ntools = ["*"]\nmodels = ["*"]\n'
    tools = {"ask": ASK, "who": EMPTY, "wait": EMPTY, "danger": EMPTY + '\napproval = "always"'}
    text = MANIFEST.format(name=name, asks=asks)
    text += "".join(TOOL.format(name=name, tool=t, package=package, more=m) for t, m in tools.items())
    (root / "lumos-plugin.toml").write_text(text, encoding="utf-8")


@pytest.fixture
async def opened(lumos_host: OpenHost, tmp_path: Path) -> AsyncIterator[Open]:
    """Open a host with plugins of those names, granted what a test says."""
    async with AsyncExitStack() as stack:

        async def open_(grants: Grants, **sections: Any) -> Any:
            for name in grants:
                write(tmp_path / "plugins", name)
            plugins = {name: {"grant": grant} for name, grant in grants.items()}
            host = {"plugin_paths": [str(tmp_path / "plugins")]}
            return await stack.enter_async_context(lumos_host(host=host, plugins=plugins, **sections))

        yield open_


def call(tool: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a plugin's tool ``ask`` is called with to call another tool."""
    return {"function": "tools.call", "texts": [tool, json.dumps(arguments or {})]}


async def test_a_plugin_calls_what_it_was_granted_and_is_known_to_have(opened: Open) -> None:
    host = await opened({"a": {"tools": ["b.who"]}, "b": {}})
    told = await host.call_tool("a.ask", call("b.who"), principal=Principal("x", "t1", frozenset({"*"})))
    assert told == {"callers": ["a"], "tenant": "t1", "run": True}


async def test_what_was_not_granted_is_denied_and_told(opened: Open) -> None:
    host = await opened({"a": {"tools": ["b.ask"]}, "b": {}})
    events: list[Event] = []
    host.bus.listen(events.append)
    with pytest.raises(PermissionDeniedError) as caught:
        await host.call_tool("a.ask", call("b.who"))
    assert caught.value.hint == 'in lumos.toml, under [plugins.a.grant]: tools = ["b.who"]'
    assert [(e.type, getattr(e, "plugin", "")) for e in events if e.type == "plugin.denied"] == [("plugin.denied", "a")]


async def test_a_plugin_does_not_get_another_to_call_for_it(opened: Open) -> None:
    """A may call B, B may call C; through B, A would call what it may not."""
    grants: Grants = {"a": {"tools": ["b.*"]}, "b": {"tools": ["c.*"]}, "c": {}}
    host = await opened(grants)
    with pytest.raises(PermissionDeniedError, match="'a' may not call it"):
        await host.call_tool("a.ask", call("b.ask", call("c.who")))
    assert (await host.call_tool("b.ask", call("c.who")))["callers"] == ["b"]


async def test_where_all_of_a_chain_may_it_goes_through(opened: Open) -> None:
    host = await opened({"a": {"tools": ["b.*", "c.*"]}, "b": {"tools": ["c.*"]}, "c": {}})
    assert (await host.call_tool("a.ask", call("b.ask", call("c.who"))))["callers"] == ["a", "b"]


async def test_plugins_do_not_call_each_other_in_circles(opened: Open) -> None:
    host = await opened({"a": {"tools": ["*"]}, "b": {"tools": ["*"]}})
    for arguments in (call("b.ask", call("a.who")), call("a.who"), call("b.ask", call("b.who"))):
        with pytest.raises(PermissionDeniedError, match="circle"):
            await host.call_tool("a.ask", arguments)


async def test_chains_have_an_end(opened: Open) -> None:
    host = await opened({n: {"tools": ["*"]} for n in "abcde"})
    arguments = call("d.who")
    for name in "cb":
        arguments = call(f"{name}.ask", arguments)
    assert (await host.call_tool("a.ask", arguments))["callers"] == ["a", "b", "c"]
    arguments = call("e.who")
    for name in "dcb":
        arguments = call(f"{name}.ask", arguments)
    with pytest.raises(PermissionDeniedError, match="at most 4 deep"):
        await host.call_tool("a.ask", arguments)


async def test_what_a_person_must_allow_is_not_called_by_a_plugin(opened: Open, scripted_model: ScriptedModel) -> None:
    host = await opened({"a": {"tools": ["*"]}, "b": {}})
    with pytest.raises(PermissionDeniedError, match="leave"):
        await host.call_tool("a.ask", call("b.danger"))
    with pytest.raises(ConflictError, match="asks a person"):
        await host.call_tool("a.ask", call("b.wait"))
    # What the agent's owner wants to be asked about is not called behind their back either.
    scripted_model.script([(ToolCall("1", "a_ask", json.dumps(call("b.who"))),), "over"])
    agent = Agent("careful", model="test/m", tools=["a.ask", "b.who"], approve=["b.*"])
    result = await host.run(agent, "go")
    assert "leave" in result.messages[2].text


async def test_arguments_are_held_against_the_tools_schema(opened: Open) -> None:
    host = await opened({"a": {"tools": ["*"]}, "b": {}})
    with pytest.raises(InputError, match="do not fit"):
        await host.call_tool("a.ask", call("b.who", {"x": 1}))
    with pytest.raises(InputError, match="object"):
        await host.call_tool("a.ask", {"function": "tools.call", "texts": ["b.who", "[]"]})


async def test_a_person_without_the_scope_gets_it_through_no_plugin(opened: Open) -> None:
    host = await opened({"a": {"tools": ["*"]}, "b": {}})
    caller = Caller(subject="x", chain=("a",))
    with pytest.raises(PermissionDeniedError, match=r"tool\.call"):
        await host.services.call_tool("b.who", {}, caller)
    with pytest.raises(PermissionDeniedError, match=r"model\.call"):
        await host.services.complete({"model": "test/m", "messages": [{"role": "user", "content": "x"}]}, caller)
    with pytest.raises(PermissionDeniedError, match="none is named"):
        await host.services.call_tool("b.who", {}, Caller(scopes=frozenset({"*"})))


async def test_a_run_is_not_borrowed_by_naming_it(opened: Open, scripted_model: ScriptedModel) -> None:
    """Only the run of the same person lends its rights, whatever id a caller comes with."""
    host = await opened({"a": {"tools": ["*"]}, "b": {}})
    ids: list[str] = []

    async def borrow(_: Any) -> str:
        run_id = next(iter(host.runs._active))
        ids.append(run_id)
        with pytest.raises(PermissionDeniedError):
            await host.services.call_tool("b.who", {}, Caller("t2", "eve", run_id, chain=("a",)))
        return "x"

    scripted_model.script(borrow)
    await host.run(Agent("x", model="test/m"), "go")
    assert ids


async def test_a_right_that_was_taken_is_gone_at_once(opened: Open) -> None:
    host = await opened({"a": {"tools": ["*"]}, "b": {}})
    await host.plugins.disable("a")
    with pytest.raises(PermissionDeniedError, match="'a' may not call it"):
        await host.services.call_tool("b.who", {}, Caller(chain=("a",), scopes=frozenset({"*"})))


async def test_a_call_in_a_run_is_told_and_processed(opened: Open, scripted_model: ScriptedModel) -> None:
    host = await opened({"a": {"tools": ["*"]}, "b": {}})
    scripted_model.script([(ToolCall("1", "a_ask", json.dumps(call("b.who"))),), "over"])
    events = [e async for e in host.stream(Agent("x", model="test/m", tools=["a.ask"]), "go")]
    called = [(e.type, e.tool) for e in events if e.type in {"tool.call", "tool.result"}]
    assert called == [
        ("tool.call", "a.ask"),
        ("tool.call", "b.who"),
        ("tool.result", "b.who"),
        ("tool.result", "a.ask"),
    ]


async def test_values_are_kept_for_the_tenant_of_the_call(opened: Open) -> None:
    host = await opened({"a": {"kv": True}, "b": {"kv": True}})
    one, two = (Principal("x", t, frozenset({"*"})) for t in ("t1", "t2"))
    await host.call_tool("a.ask", {"function": "kv.set", "texts": ["k", '"mine"', ""]}, principal=one)
    get = {"function": "kv.get", "texts": ["k"]}
    assert await host.call_tool("a.ask", get, principal=one) == "mine"
    assert await host.call_tool("a.ask", get, principal=two) is None
    assert await host.call_tool("b.ask", get, principal=one) is None


async def test_a_tool_that_is_not_there_is_said_so(opened: Open) -> None:
    host = await opened({"a": {"tools": ["*"]}})
    with pytest.raises(NotFoundError):
        await host.services.call_tool("z.z", {}, Caller(chain=("a",), scopes=frozenset({"*"})))
