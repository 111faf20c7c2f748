# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lumosai.hookspecs import AroundToolCall, HostInfo
from lumosai.plugins import hooks as hooks_module
from lumosai.plugins.generation import Generation
from lumosai.plugins.hooks import Hooks
from lumosai_sdk import hookimpl
from lumosai_sdk.errors import BlockedError, LumosError, PluginError, PluginLoadError
from lumosai_sdk.types.auth import LOCAL
from lumosai_sdk.types.events import Event, HostWarning, PluginFailed
from lumosai_sdk.types.messages import ToolCall
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.processors import RunInfo

HOST = HostInfo("1", "/data")
CALL = ToolCall("c1", "x", "{}")


class Bench:
    """Hooks, a way to put modules into them, and what was told and contributed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.told: list[str] = []
        self.contributed: list[tuple[str, str, dict[str, Any], Any]] = []
        self.hooks = Hooks(lambda g, kind, data, obj: self.contributed.append((g.name, kind, data, obj)))

    def generation(self, name: str, declared: list[str]) -> Generation:
        record = {"name": name, "package": f"lumos_test_{name}", "dist": "d-1", "runtime": "python", "hooks": declared}
        return Generation(record, PluginContext(name), self._tell)

    def _tell(self, generation: Generation, reason: str) -> None:
        self.told.append(f"{generation.name}: {reason}")
        self.hooks.notify(PluginFailed(plugin=generation.name, detail=reason))

    def plug(self, name: str, declared: list[str] | None = None, **functions: Callable[..., Any]) -> Generation:
        """Register a plugin whose hooks module has *functions*."""
        module = types.ModuleType(f"lumos_test_{name}.hooks")
        for function_name, function in functions.items():
            setattr(module, function_name, hookimpl(function))
        self.monkeypatch.setitem(sys.modules, f"lumos_test_{name}", types.ModuleType(f"lumos_test_{name}"))
        self.monkeypatch.setitem(sys.modules, module.__name__, module)
        generation = self.generation(name, list(functions) if declared is None else declared)
        self.hooks.register(generation)
        return generation


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def raising(error: BaseException) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail


async def test_all_are_called_with_the_arguments_they_name(bench: Bench) -> None:
    seen: list[object] = []

    async def with_host(host: HostInfo) -> str:
        seen.append(host)
        return "a"

    bench.plug("a", lumos_startup=with_host)
    bench.plug("b", lumos_startup=lambda: "b")
    outcomes = await bench.hooks.gather("lumos_startup", host=HOST)
    assert {(o.plugin, o.value) for o in outcomes} == {("a", "a"), ("b", "b")}
    assert seen == [HOST]
    assert [o.plugin for o in await bench.hooks.gather("lumos_startup", only="b", host=HOST)] == ["b"]


class WithSettings:
    """Hooks that go by their plugin's context."""

    def __init__(self, context: PluginContext) -> None:
        self.context = context

    @hookimpl
    async def lumos_startup(self, host: HostInfo) -> str:
        return f"{self.context.name} in {host.data_dir}"


@pytest.mark.parametrize(
    ("factory", "told"), [(WithSettings, [("a", "a in /data")]), (lambda _: None, [])], ids=["wanted", "unwanted"]
)
async def test_a_factory_makes_hooks_of_the_context(bench: Bench, factory: Any, told: Any) -> None:
    module = types.ModuleType("lumos_test_a.made")
    module.__dict__["made"] = factory
    bench.monkeypatch.setitem(sys.modules, module.__name__, module)
    generation = bench.generation("a", ["lumos_startup"])
    generation.record["hooks_module"] = "lumos_test_a.made:made"
    bench.hooks.register(generation)
    assert [(o.plugin, o.value) for o in await bench.hooks.gather("lumos_startup", host=HOST)] == told
    bench.hooks.unregister("a")
    assert await bench.hooks.gather("lumos_startup", host=HOST) == []


async def test_a_factory_that_fails_is_its_plugins_failure(bench: Bench) -> None:
    module = types.ModuleType("lumos_test_b.made")
    bench.monkeypatch.setitem(sys.modules, module.__name__, module)
    generation = bench.generation("b", ["lumos_startup"])
    generation.record["hooks_module"] = "lumos_test_b.made:missing"
    with pytest.raises(PluginLoadError, match=r"plugin 'b': hooks in lumos_test_b\.made:missing"):
        bench.hooks.register(generation)


@pytest.mark.parametrize("error", [ValueError("oh"), SystemExit(1), asyncio.CancelledError()])
async def test_one_that_raises_is_reported_by_name_and_the_others_run(bench: Bench, error: BaseException) -> None:
    async def later() -> None:
        raise error

    bench.plug("good", lumos_startup=lambda: "fine")
    bench.plug("bad", lumos_startup=raising(error))
    bench.plug("worse", lumos_startup=later)
    outcomes = {o.plugin: o for o in await bench.hooks.gather("lumos_startup", host=HOST)}
    assert outcomes["good"].value == "fine"
    assert outcomes["bad"].error is outcomes["worse"].error is error
    assert sorted(t.partition(":")[0] for t in bench.told) == ["bad", "worse"]


async def test_one_that_never_answers_does_not_hold_up_the_host(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks_module, "TIMEOUT", 0.01)

    async def never() -> None:
        await asyncio.Event().wait()

    bench.plug("slow", lumos_startup=never)
    bench.plug("good", lumos_startup=lambda: "fine")
    outcomes = {o.plugin: o for o in await bench.hooks.gather("lumos_startup", host=HOST)}
    assert outcomes["good"].value == "fine"
    assert isinstance(outcomes["slow"].error, TimeoutError)
    assert bench.told == ["slow: lumos_startup: TimeoutError: no answer in 0.01 s"]


async def test_the_first_answer_holds(bench: Bench) -> None:
    asked: list[str] = []

    def answer(name: str, value: object) -> Callable[[], object]:
        def ask() -> object:
            asked.append(name)
            return value

        return ask

    bench.plug("late", lumos_authorize=answer("late", True))
    bench.plug("no", lumos_authorize=answer("no", False))
    bench.plug("none", lumos_authorize=answer("none", None))
    outcome = await bench.hooks.first("lumos_authorize", principal=LOCAL, action="a", resource="r")
    assert outcome is not None
    assert (outcome.plugin, outcome.value, asked) == ("no", False, ["none", "no"])


async def test_nobody_answers(bench: Bench) -> None:
    bench.plug("none", lumos_authorize=lambda: None)
    assert await bench.hooks.first("lumos_authorize", principal=LOCAL, action="a", resource="r") is None


async def test_a_failure_ends_the_asking(bench: Bench) -> None:
    bench.plug("late", lumos_authorize=lambda: True)
    bench.plug("bad", lumos_authorize=raising(ValueError("oh")))
    outcome = await bench.hooks.first("lumos_authorize", principal=LOCAL, action="a", resource="r")
    assert outcome is not None
    assert (outcome.plugin, str(outcome.error)) == ("bad", "oh")


@pytest.mark.parametrize(
    ("functions", "declared", "said"),
    [
        ({"lumos_startup": lambda hosts: None}, None, "hosts"),
        ({"lumos_startup": lambda: None}, [], r"the manifest declares \[\], the module implements \['lumos_startup'\]"),
        ({}, ["lumos_startup"], r"declares \['lumos_startup'\], the module implements \[\]"),
        ({"lumos_no_such": lambda: None}, None, "lumos_no_such"),
    ],
)
async def test_hooks_that_are_not_as_declared_are_refused_whole(
    bench: Bench, functions: dict[str, Any], declared: list[str] | None, said: str
) -> None:
    with pytest.raises(PluginLoadError, match=said) as e:
        bench.plug("bad", declared, **functions)
    assert "plugin 'bad': hooks in lumos_test_bad.hooks" in str(e.value)
    assert await bench.hooks.gather("lumos_startup", host=HOST) == []


@pytest.mark.parametrize(
    "hook", ["lumos_on_event", "lumos_around_run", "lumos_around_model_call", "lumos_around_tool_call"]
)
def test_a_coroutine_where_a_plain_function_is_called_is_refused(bench: Bench, hook: str) -> None:
    async def wrong() -> None: ...

    with pytest.raises(PluginLoadError, match=f"{hook} must be a plain function"):
        bench.plug("bad", None, **dict.fromkeys([hook], wrong))
    assert bench.hooks.implementations(hook) == []


def test_a_module_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(PluginLoadError, match="ModuleNotFoundError"):
        bench.hooks.register(bench.generation("missing", ["lumos_startup"]))


async def test_a_late_plugin_still_contributes_and_only_inside_the_hook(bench: Bench) -> None:
    kept: list[Any] = []

    def contribute(contributions: Any) -> None:
        kept.append(contributions)
        contributions.add("tool", "late.one", "object", description="one")

    bench.plug("early")
    bench.plug("late", lumos_contribute=contribute)
    data = {"id": "late.one", "target": "contributed:tool:late.one", "description": "one"}
    assert bench.contributed == [("late", "tool", data, "object")]
    with pytest.raises(RuntimeError, match="only be added inside lumos_contribute"):
        kept[0].add("tool", "late.two", "object")


@pytest.mark.parametrize("taken", ["early.one", "latest.one", "lat", "LATE.one"])
def test_nobody_contributes_under_anothers_name(bench: Bench, taken: str) -> None:
    with pytest.raises(PluginLoadError, match=r"must start with 'late\.'"):
        bench.plug("late", lumos_contribute=lambda contributions: contributions.add("tool", taken, "object"))
    assert bench.contributed == []


async def test_what_is_unregistered_is_not_called(bench: Bench) -> None:
    bench.plug("a", lumos_startup=lambda: "a")
    bench.hooks.unregister("a")
    bench.hooks.unregister("never registered")
    assert await bench.hooks.gather("lumos_startup", host=HOST) == []
    bench.plug("a", lumos_startup=lambda: "new")
    assert [o.value for o in await bench.hooks.gather("lumos_startup", host=HOST)] == ["new"]


def test_events_reach_everybody_though_one_fails(bench: Bench) -> None:
    events: list[Event] = []
    called: list[None] = []

    def fail(event: Event) -> None:
        raise ValueError("oh")

    def note(event: Event) -> None:
        events.append(event)

    bench.plug("good", lumos_on_event=note)
    bench.plug("bare", lumos_on_event=lambda: called.append(None))
    bench.plug("bad", lumos_on_event=fail)
    bench.plug("exit", lumos_on_event=raising(SystemExit(1)))
    warning = HostWarning(detail="x")
    bench.hooks.notify(warning)
    assert warning in events
    assert called
    assert bench.told == ["exit: lumos_on_event: SystemExit: 1", "bad: lumos_on_event: ValueError: oh"]


def layer(name: str, log: list[str]) -> Callable[[], AroundToolCall]:
    async def middleware(call: ToolCall, proceed: Callable[[ToolCall], Awaitable[str]]) -> str:
        log.append(f"{name} in {call.arguments}")
        text = await proceed(ToolCall(call.id, call.name, call.arguments + name))
        log.append(f"{name} out {text}")
        return text + name

    return lambda: middleware


async def inner(call: ToolCall) -> str:
    return f"<{call.arguments}>"


def around(bench: Bench, inner: Callable[[ToolCall], Awaitable[str]] = inner) -> Callable[[ToolCall], Awaitable[str]]:
    return bench.hooks.around("lumos_around_tool_call", inner, run=RunInfo("r"), tool="x")


async def test_layers_wrap_each_other_the_first_outermost(bench: Bench) -> None:
    log: list[str] = []
    bench.plug("in", lumos_around_tool_call=layer("i", log))
    bench.plug("off", lumos_around_tool_call=lambda run, tool: None)
    bench.plug("out", lumos_around_tool_call=layer("o", log))
    assert await around(bench)(CALL) == "<{}oi>io"
    assert log == ["o in {}", "i in {}o", "i out <{}oi>", "o out <{}oi>i"]


@pytest.mark.parametrize("error", [ValueError("oh"), SystemExit(1)])
async def test_a_layer_that_fails_lets_nothing_through(bench: Bench, error: BaseException) -> None:
    reached: list[ToolCall] = []

    async def guarded(call: ToolCall) -> str:
        reached.append(call)
        return "secret"

    def wraps() -> AroundToolCall:
        async def middleware(call: ToolCall, proceed: object) -> str:
            raise error

        return middleware

    bench.plug("early", lumos_around_tool_call=raising(error))
    with pytest.raises(PluginError, match=f"plugin 'early': lumos_around_tool_call: {type(error).__name__}"):
        await around(bench, guarded)(CALL)
    bench.hooks.unregister("early")
    bench.plug("late", lumos_around_tool_call=wraps)
    with pytest.raises(PluginError, match=f"plugin 'late': lumos_around_tool_call: {type(error).__name__}"):
        await around(bench, guarded)(CALL)
    assert reached == []
    assert len(bench.told) == 2


async def test_a_layer_may_refuse_in_its_own_words(bench: Bench) -> None:
    bench.plug("a", lumos_around_tool_call=raising(BlockedError("not today")))
    with pytest.raises(BlockedError, match="not today"):
        around(bench)
    assert bench.told == []


@pytest.mark.parametrize("error", [ValueError("inside"), LumosError("inside"), asyncio.CancelledError()])
async def test_what_failed_inside_is_not_the_layers_failure(bench: Bench, error: BaseException) -> None:
    async def fails(call: ToolCall) -> str:
        raise error

    bench.plug("a", lumos_around_tool_call=layer("a", []))
    with pytest.raises(type(error)):
        await around(bench, fails)(CALL)
    assert bench.told == []


@pytest.mark.parametrize("returned", [None, 42, b"bytes", {"text": "x"}])
async def test_a_layer_that_returns_something_else_is_named(bench: Bench, returned: object) -> None:
    def wraps() -> Any:
        async def middleware(call: ToolCall, proceed: object) -> object:
            return returned

        return middleware

    bench.plug("a", lumos_around_tool_call=wraps)
    with pytest.raises(PluginError, match=rf"plugin 'a': lumos_around_tool_call: .*{type(returned).__name__}"):
        await around(bench)(CALL)


@pytest.mark.parametrize("given", [None, "{}", {"id": "c"}])
async def test_a_layer_that_proceeds_with_something_else_is_named(bench: Bench, given: Any) -> None:
    def wraps() -> Any:
        async def middleware(call: ToolCall, proceed: Any) -> str:
            return str(await proceed(given))

        return middleware

    bench.plug("a", lumos_around_tool_call=wraps)
    with pytest.raises(PluginError, match=rf"plugin 'a': lumos_around_tool_call: .*{type(given).__name__}"):
        await around(bench)(CALL)


async def test_a_middleware_that_is_no_coroutine_is_named(bench: Bench) -> None:
    bench.plug("a", lumos_around_tool_call=lambda: lambda call, proceed: "at once")
    with pytest.raises(PluginError, match="plugin 'a': lumos_around_tool_call"):
        await around(bench)(CALL)
