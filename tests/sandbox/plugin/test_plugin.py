"""A sandboxed plugin from its manifest to its end, in both tiers."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.sandbox.inprocess.guests import component

from lumosai_sandbox import plugin as plugins
from lumosai_sandbox.files import MAX_COMPONENT
from lumosai_sandbox.jail.lock import supported
from lumosai_sandbox.plugin import SandboxedPlugin, contributed
from lumosai_sdk import wire
from lumosai_sdk.errors import PermissionDeniedError, PluginLoadError, PluginUnavailableError, ToolError
from lumosai_sdk.permissions import Permissions
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.events import Event, HostWarning
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.sandbox import SandboxPolicy
from lumosai_sdk.types.tools import ToolContext

needs_jail = pytest.mark.skipif(not supported(), reason="no jail on this machine")
TIERS = [pytest.param("jail", marks=needs_jail), "process"]
TOOL = {"id": "p.echo", "target": "p.echo", "description": "Echo", "input_schema": {"type": "object"}}
PLAIN = """(component
  (core module $m (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $i "add"))))
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled code, kept for all tests here."""
    return tmp_path_factory.mktemp("cache")


class Folder:
    """A plugin's package, and objects made from it."""

    def __init__(self, root: Path, cache: Path) -> None:
        self.root = root
        self.cache = cache
        self.told: list[Event] = []
        self.made: list[SandboxedPlugin] = []

    def tool(
        self, wasm: bytes | None = None, tool: Mapping[str, Any] = TOOL, tier: Any = "process", **more: Any
    ) -> Any:
        """Return the tool of a plugin whose component is *wasm*; *more* of the manifest."""
        if wasm is not None:
            (self.root / "p.wasm").write_bytes(wasm)
        permissions = {"kv": True, "tools": ["*"]}
        record = {"name": "p", "module": "p.wasm", "permissions": permissions, "contributes": {"tool": [tool]}, **more}
        policy = SandboxPolicy(tier=tier, cache=self.cache, limits={"cpu": "100ms", "time": "5s"})
        rights = Permissions.from_json({"kv": True})
        context = PluginContext("p", root=self.root, emit=self.told.append, sandbox=policy, permissions=rights)
        made = contributed(record, "tool", tool, context)
        self.made.append(made.plugin)
        return made


@pytest.fixture
async def folder(tmp_path: Path, cache: Path) -> AsyncIterator[Folder]:
    found = Folder(tmp_path, cache)
    yield found
    for plugin in found.made:
        await plugin.aclose()


def arguments(text: str) -> Any:
    """Return arguments whose JSON begins with *text*: the guest goes by the first letter."""
    return _Raw(text)


class _Raw(dict[str, Any]):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


@pytest.fixture(autouse=True)
def raw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``arguments`` through as they are: real ones all begin with a brace."""
    real = wire.dumps
    monkeypatch.setattr(wire, "dumps", lambda v: v.text if isinstance(v, _Raw) else real(v))


# --- from the manifest to the first call


async def test_nothing_is_read_before_the_first_call_and_the_spec_is_the_manifests(folder: Folder) -> None:
    tool = folder.tool()
    assert tool.spec.input_schema == {"type": "object"}
    assert tool.spec.description == "Echo"
    assert not (folder.root / "p.wasm").exists()
    with pytest.raises(PluginLoadError, match=r"p\.wasm.*No such file"):
        await tool.call({}, ToolContext())


@pytest.mark.parametrize("tier", TIERS)
async def test_answers_in_both_tiers_and_tells_which(folder: Folder, tier: str) -> None:
    tool = folder.tool(component(), tier=tier)
    calls = [tool.call({"a": i}, ToolContext(principal=Principal("ann", "acme"))) for i in range(5)]
    assert await asyncio.gather(*calls) == [{"a": i} for i in range(5)]
    metrics = tool.plugin.metrics()
    assert metrics["tier"] == tier
    assert metrics["calls"] == 5
    assert metrics["interfaces"] == {"imports": ["kv", "tools"], "exports": ["tool.call"]}
    assert metrics["limits"]["cpu"] == 0.1
    assert metrics["why"]
    assert json.dumps(metrics)


@pytest.mark.parametrize("tier", TIERS)
async def test_state_is_shared_as_the_manifest_says(folder: Folder, tier: str) -> None:
    tool = folder.tool(component(), tier=tier, state="session")

    async def count(thread: str | None, tenant: str = "t") -> Any:
        return await tool.call(arguments("c"), ToolContext(thread_id=thread, principal=Principal("ann", tenant)))

    assert [await count("one"), await count("one"), await count("two"), await count("one", "other")] == [1, 2, 1, 1]
    assert [await count(None), await count(None)] == [1, 1]


@pytest.mark.parametrize("tier", TIERS)
async def test_what_is_not_granted_is_denied_in_words_and_told(folder: Folder, tier: str) -> None:
    tool = folder.tool(component(), tier=tier)
    with pytest.raises(PermissionDeniedError, match="not granted") as denied:
        await tool.call(arguments("n"), ToolContext())
    assert "[plugins.p.grant]" in str(denied.value.hint)
    assert [e.type for e in folder.told] == ["plugin.denied"]
    assert tool.plugin.metrics()["denied"] == 1


async def test_concurrent_first_calls_share_one_preparation_and_one_may_be_cancelled(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = 0
    real = SandboxedPlugin._start

    async def counted(self: SandboxedPlugin) -> Any:
        nonlocal starts
        starts += 1
        return await real(self)

    monkeypatch.setattr(SandboxedPlugin, "_start", counted)
    tool = folder.tool(component())
    tasks = [asyncio.ensure_future(tool.call({}, ToolContext())) for _ in range(4)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1:] == [{}, {}, {}]
    assert starts == 1


async def test_objects_of_one_context_share_a_runner_and_the_last_one_ends_it(folder: Folder) -> None:
    first = folder.tool(component())
    record, context = first.plugin.record, first.plugin.context
    second = contributed(record, "tool", {**TOOL, "id": "p.other"}, context)
    assert second.plugin is first.plugin
    await first.call({}, ToolContext())
    await first.aclose()
    assert await second.call({}, ToolContext()) == {}
    await second.aclose()
    with pytest.raises(PluginUnavailableError):
        await second.call({}, ToolContext())
    again = contributed(record, "tool", TOOL, context)
    assert await again.call({}, ToolContext()) == {}
    await again.aclose()


async def test_a_plugin_that_is_closed_while_it_starts_starts_nothing(folder: Folder) -> None:
    tool = folder.tool(component())
    task = asyncio.ensure_future(tool.call({}, ToolContext()))
    await asyncio.sleep(0)
    await tool.plugin.aclose()
    with pytest.raises(PluginUnavailableError):
        await task
    assert not tool.plugin.metrics()["loaded"]


def test_a_thousand_plugins_that_nobody_calls_cost_next_to_nothing(folder: Folder) -> None:
    gc.collect()
    before = len(gc.get_objects())
    tools = [folder.tool() for _ in range(1_000)]
    gc.collect()
    assert len(gc.get_objects()) - before < 25_000
    assert all(not t.plugin.metrics()["loaded"] for t in tools)
    del tools
    folder.made.clear()
    gc.collect()
    assert not [p for p in plugins._live.values() if p.context.root == folder.root]


# --- what does not fit


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"permissions": {"kv": True}}, "does not ask for the permission 'tools'"),
        (
            {"contributes": {"tool": [TOOL], "step": [{"id": "p.s", "target": "s"}]}},
            "does not export lumos:plugin/step",
        ),
        ({"limits": {"memory": "2 s"}}, "is no quantity"),
    ],
)
async def test_a_component_that_does_not_fit_its_manifest_is_refused(
    folder: Folder, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(PluginLoadError, match=words) as refused:
        await folder.tool(component(), **change).call({}, ToolContext())
    assert refused.value.plugin == "p"


async def test_what_is_no_component_is_refused_in_words_and_not_tried_again(folder: Folder) -> None:
    tool = folder.tool(b"\0asm\x01\0\0\0")
    for _ in range(2):
        with pytest.raises(PluginLoadError, match=r"p\.wasm"):
            await tool.call({}, ToolContext())


@pytest.mark.skipif(sys.platform == "win32", reason="links")
async def test_a_component_lies_inside_of_its_package(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "p.wasm"
    outside.write_bytes(component())
    (folder.root / "p.wasm").symlink_to(outside)
    with pytest.raises(PluginLoadError, match="outside of the plugin's package"):
        await folder.tool().call({}, ToolContext())


async def test_a_component_is_a_file_of_bounded_size(folder: Folder) -> None:
    (folder.root / "p.wasm").mkdir()
    with pytest.raises(PluginLoadError):
        await folder.tool().call({}, ToolContext())
    (folder.root / "p.wasm").rmdir()
    with (folder.root / "p.wasm").open("wb") as f:
        f.truncate(MAX_COMPONENT + 1)
    with pytest.raises(PluginLoadError, match="larger than 64 MiB"):
        await folder.tool().call({}, ToolContext())


def test_a_tool_without_a_schema_and_a_kind_that_cannot_be_are_refused(folder: Folder) -> None:
    with pytest.raises(PluginLoadError, match="no input_schema"):
        folder.tool(tool={"id": "p.echo", "target": "x"})
    with pytest.raises(PluginLoadError, match="cannot give a route"):
        contributed({"name": "p", "module": "p.wasm"}, "route", {"id": "p.r", "target": "x"}, PluginContext("p"))


# --- components of plain functions


@needs_jail
async def test_a_plain_function_is_a_tool(folder: Folder) -> None:
    from wasmtime import wat2wasm

    tool = folder.tool(bytes(wat2wasm(PLAIN)), {**TOOL, "target": "add"}, tier="jail")
    assert await tool.call({"a": 2, "b": 3}, ToolContext()) == 5
    with pytest.raises(ToolError):
        await tool.call({"a": 2, "b": "x"}, ToolContext())


async def test_a_function_that_is_not_there_is_named(folder: Folder) -> None:
    from wasmtime import wat2wasm

    with pytest.raises(PluginLoadError, match="no function 'sub'") as refused:
        await folder.tool(bytes(wat2wasm(PLAIN)), {**TOOL, "target": "sub"}).call({}, ToolContext())
    assert "add" in str(refused.value.hint)


@needs_jail
async def test_strangers_components_stay_in_the_jail_whatever_the_owner_chose(folder: Folder) -> None:
    from wasmtime import wat2wasm

    tool = folder.tool(bytes(wat2wasm(PLAIN)), {**TOOL, "target": "add"}, tier="process")
    assert await tool.call({"a": 2, "b": 3}, ToolContext()) == 5
    assert tool.plugin.metrics()["tier"] == "jail"
    assert any(isinstance(e, HostWarning) for e in folder.told)
