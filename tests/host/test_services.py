"""What the host does for plugins, and plain plugins that ask for it by ``lumosai_sdk.host``."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from lumosai import Agent
from lumosai.config.load import Loaded, build
from lumosai.host import Host
from lumosai.services import Services
from lumosai_sdk import Message, ToolCall, native
from lumosai_sdk.errors import InputError, LumosError, PermissionDeniedError, StorageError
from lumosai_sdk.host import bridge, kv
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.caller import NOBODY, Caller
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.models import ModelResponse, Usage

_number = itertools.count()
ME = Caller(chain=("mine",), scopes=NOBODY.scopes)
CODE = """
from typing import Any
from lumosai_sdk import PluginContext, host, tool
from lumosai_sdk.errors import LumosError

@tool
def everything(url: str) -> Any:
    host.kv.set("k", {"n": 1}, ttl=60)
    host.files.write("sub/x.txt", "text")
    host.files.write("sub/x.bin", b"\\xff")
    host.files.write("sub/x.txt", "!", append=True)
    host.events.emit("page.seen", {"a": 1})
    host.log.info("hello", n=1)
    with host.http.stream(url + "/stream") as stream:
        pieces = "".join(stream)
    answer = host.http.fetch(url + "/echo", "POST", {"X-Key": host.secrets.get("key")}, json={"q": 1}, timeout=5)
    return {
        "kv": [host.kv.get("k"), host.kv.keys(), host.kv.delete("k"), host.kv.get("k", "gone")],
        "files": [host.files.read("sub/x.txt"), list(host.files.read_bytes("sub/x.bin"))],
        "folder": host.files.list_folder("sub"),
        "env": [host.env.get("APP_A"), host.env.get("APP_B", "none")],
        "http": [answer.ok, answer.status, answer.json(), answer.headers["x-echo"], pieces],
        "clock": host.clock.now() > 0 and host.clock.monotonic() >= 0,
        "random": len(host.random.bytes(8)),
        "config": host.config.get(),
        "model": host.model.complete("test/m", "hi", temperature=0.5)["text"],
        "tool": host.tools.call("mine.add", {"a": 1}, b=2),
    }

@tool
def add(a: int, b: int) -> int:
    return a + b

@tool
async def on_the_loop() -> str:
    return str(host.kv.get("k"))

@tool
def caught() -> str:
    try:
        host.env.get("PATH")
    except LumosError as e:
        return f"{type(e).__name__}: {e.hint}"
    return "no error"

class Early:
    def __init__(self, context: PluginContext) -> None:
        host.kv.get("k")
"""
MANIFEST = """schema = 1
name = "mine"
version = "1.0.0"
api = ">=1.0,<2"
[permissions]
http = ["* http://*:*/*"]
files = ["write *"]
env = ["APP_*"]
secrets = ["key to *"]
models = ["*"]
tools = ["*"]
kv = true
clock = true
random = true
[settings_schema]
type = "object"
properties = { key = { type = "string", format = "secret" }, region = { type = "string" } }
"""


def write(folder: Path) -> str:
    package = f"lumos_test_native_{next(_number)}"
    root = folder / "plugins" / package
    root.mkdir(parents=True)
    (root / "__init__.py").write_text("", encoding="utf-8")
    (root / "code.py").write_text(CODE, encoding="utf-8")
    tools = {"everything": 1, "add": 1, "on_the_loop": 1, "caught": 1, "early": "Early"}
    listed = [
        f'[[contributes.tool]]\nid = "mine.{t}"\ntarget = "{package}.code:{t if v == 1 else v}"\n'
        for t, v in tools.items()
    ]
    (root / "lumos-plugin.toml").write_text(MANIFEST + "".join(listed), encoding="utf-8")
    return package


@pytest.fixture
async def echo() -> AsyncIterator[str]:
    """A server that tells what it was sent."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/stream":
            return web.Response(text="streamed")
        return web.json_response(await request.json(), headers={"X-Echo": request.headers["X-Key"]})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
def opened(lumos_host: OpenHost, tmp_path: Path) -> Callable[..., Any]:
    """Open a host with the plugin ``mine``, granted what a test says."""

    def open_(settings: dict[str, Any] | None = None, *, sections: dict[str, Any] | None = None, **grant: Any) -> Any:
        write(tmp_path)
        plugins = {"mine": {"grant": grant, "settings": settings or {}}}
        return lumos_host(host={"plugin_paths": [str(tmp_path / "plugins")]}, plugins=plugins, **(sections or {}))

    return open_


async def test_a_plain_plugin_asks_its_host_for_all_there_is(
    opened: Callable[..., Any],
    echo: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scripted_model: ScriptedModel,
    seen: Callable[[Any], list[Event]],
) -> None:
    monkeypatch.setenv("APP_A", "a")
    monkeypatch.setenv("LUMOS_TEST_SECRET", "the-key-itself")
    scripted_model.script("hello")
    rights: dict[str, Any] = {
        "http": [f"* {echo}/*"],
        "files": ["write ./out"],
        "env": ["APP_*"],
        "secrets": ["key to 127.0.0.1"],
        "models": ["test/*"],
        "tools": ["mine.add"],
        **dict.fromkeys(("kv", "clock", "random"), True),
    }
    async with opened({"key": "env:LUMOS_TEST_SECRET", "region": "eu"}, **rights) as host:
        events = seen(host)
        with pytest.raises(PermissionDeniedError, match="circle"):
            await host.call_tool("mine.everything", {"url": echo})
        monkeypatch.setattr(host.services, "call_tool", _added)
        told = await host.call_tool("mine.everything", {"url": echo})
    assert told == {
        "kv": [{"n": 1}, ["k"], True, "gone"],
        "files": ["text!", [255]],
        "folder": [{"name": "x.bin", "kind": "file", "size": 1}, {"name": "x.txt", "kind": "file", "size": 5}],
        "env": ["a", "none"],
        "http": [True, 200, {"q": 1}, "[secret]", "streamed"],
        "clock": True,
        "random": 8,
        "config": {"region": "eu"},
        "model": "hello",
        "tool": 3,
    }
    assert (tmp_path / "out" / "sub" / "x.txt").read_text(encoding="utf-8") == "text!"
    assert [e.to_json()["data"] for e in events if e.type == "plugin.message"] == [{"a": 1}] * 2


async def _added(_: str, arguments: dict[str, Any], __: Caller) -> int:
    return int(arguments["a"]) + int(arguments["b"])


async def test_a_plain_plugin_is_held_to_its_rights_and_may_catch_the_refusal(opened: Callable[..., Any]) -> None:
    async with opened(env=["APP_*"]) as host:
        told = await host.call_tool("mine.caught", {})
    assert told == 'PermissionDeniedError: in lumos.toml, under [plugins.mine.grant]: env = ["PATH"]'


async def test_on_the_loop_it_is_told_to_use_a_plain_function(opened: Callable[..., Any]) -> None:
    async with opened(kv=True) as host:
        for tool in ("mine.on_the_loop", "mine.early"):
            with pytest.raises(LumosError) as caught:
                await host.call_tool(tool, {})
            assert 'from a plain "def"' in str(caught.value.hint)


async def test_outside_of_a_plugins_call_there_is_no_host(opened: Callable[..., Any]) -> None:
    async with opened(kv=True):
        with pytest.raises(LumosError, match="no plugin is being called"):
            await asyncio.to_thread(kv.get, "k")


def test_without_any_host_it_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "bridge", None)
    bridge.install(None)
    with pytest.raises(LumosError, match="no host here"):
        kv.get("k")


def test_a_bridge_of_ones_own_is_asked_instead() -> None:
    asked = []

    def answer(function: str, texts: tuple[str, ...]) -> str:
        asked.append((function, texts))
        return "null"

    bridge.install(answer)
    try:
        assert kv.get("k", 3) == 3
    finally:
        bridge.install(None)
    assert asked == [("kv.get", ("k",))]
    with pytest.raises(InputError):
        bridge.text({1, 2})


# --- models


def _asked(text: str = "hi", **more: Any) -> dict[str, Any]:
    return {"model": "test/m", "messages": [{"role": "user", "content": text}], **more}


async def test_models_answer_in_the_contracts_form(opened: Callable[..., Any], scripted_model: ScriptedModel) -> None:
    scripted_model.script(ModelResponse(Message.assistant("yes"), "length", Usage(3, 4)))
    async with opened() as host:
        told = await host.services.complete(_asked(max_tokens=9, output_schema={"type": "object"}), ME)
    assert told == {
        "text": "yes",
        "finish_reason": "length",
        "usage": {"input_tokens": 3, "output_tokens": 4, "cached_tokens": 0},
        "model": "test/m",
    }
    assert scripted_model.last.max_tokens == 9
    assert scripted_model.last.output is not None


async def test_what_a_plugins_model_costs_is_counted_against_the_run(
    opened: Callable[..., Any], scripted_model: ScriptedModel
) -> None:
    answers = iter(
        [
            ModelResponse(Message.assistant("", (ToolCall("1", "asks", "{}"),)), "tool_calls", Usage(1, 1)),
            ModelResponse(Message.assistant("inner"), "stop", Usage(100, 10)),
            ModelResponse(Message.assistant("over"), "stop", Usage(1, 1)),
        ]
    )
    scripted_model.script(lambda _: next(answers))
    async with opened() as host:

        async def asks() -> str:
            run_id = next(iter(host.runs._active))
            told = await host.services.complete(_asked(), Caller(run_id=run_id, chain=("mine",)))
            return str(told["text"])

        result = await host.run(Agent("x", model="test/m", tools=[asks]), "go")
    assert result.usage == Usage(102, 12)


async def test_a_run_without_tokens_left_has_none_for_its_plugins(
    opened: Callable[..., Any], scripted_model: ScriptedModel
) -> None:
    spent = ModelResponse(Message.assistant("", (ToolCall("1", "asks", "{}"),)), "tool_calls", Usage(60, 60))
    scripted_model.script([spent, "over"])
    async with opened(sections={"limits": {"tokens": 100}}) as host:

        async def asks() -> str:
            run_id = next(iter(host.runs._active))
            await host.services.complete(_asked(), Caller(run_id=run_id, chain=("mine",)))
            return "was told"

        with pytest.raises(LumosError, match="limit of 100 tokens"):
            await host.run(Agent("x", model="test/m", tools=[asks]), "go")
    assert len(scripted_model.requests) == 1


async def test_too_much_and_malformed_input_is_refused(opened: Callable[..., Any]) -> None:
    async with opened(sections={"limits": {"input": 10}}) as host:
        for request in (_asked("x" * 11), {"model": "test/m", "messages": [{"role": "king"}]}):
            with pytest.raises(InputError):
                await host.services.complete(request, ME)
        with pytest.raises(InputError):
            await host.services.embed({"model": "test/m", "inputs": ["x" * 11]}, ME)


# --- what plugins are handed


async def test_a_plugins_context_has_the_services_the_owners_grant_and_how_it_is_held(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    sections = {"sandbox": {"tier": "process", "cache": "compiled"}}
    async with opened(kv=True, files=["write ./out"], sections=sections) as host:
        context = host.plugins.get("mine").generation.context
    assert context.services is host.services
    assert context.permissions.kv
    assert not context.permissions.clock
    assert context.granted.files == (f"write {tmp_path / 'out'}",)
    assert (context.sandbox.tier, context.sandbox.cache) == ("process", tmp_path / "compiled")


async def test_services_are_there_before_the_storage_is() -> None:
    services = Services(Host(Loaded(build({"agents": {}}), None)))
    with pytest.raises(StorageError):
        services.kv()
