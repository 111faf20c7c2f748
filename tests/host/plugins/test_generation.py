# ruff: noqa: PLR2004, RUF043 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lumosai.plugins.generation import Generation
from lumosai_sdk.errors import (
    PluginError,
    PluginLoadError,
    PluginTimeoutError,
    PluginUnavailableError,
    Suspend,
    ToolError,
)
from lumosai_sdk.types.plugins import PluginContext


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Closing:
    def __init__(self, error: BaseException | None = None) -> None:
        self.closed = 0
        self.error = error

    async def aclose(self) -> None:
        self.closed += 1
        if self.error is not None:
            raise self.error


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def plugin(told: list[str], clock: Clock) -> Generation:
    record = {"name": "p", "version": "1", "runtime": "python", "dist": "d-1"}
    made = Generation(record, PluginContext("p"), lambda generation, reason: told.append(reason))
    made.breaker._clock = clock
    return made


async def fail() -> None:
    raise ZeroDivisionError("oh")


async def succeed() -> int:
    return 42


async def fails(plugin: Generation, times: int) -> None:
    for _ in range(times):
        with pytest.raises(PluginError):
            await plugin.guard("tool 'p.x'", fail)


async def test_a_value_passes_through(plugin: Generation, told: list[str]) -> None:
    assert await plugin.guard("x", succeed) == await plugin.guard("x", succeed, 5.0) == 42
    await plugin.retire(0)
    assert told == []


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("oh"), SystemExit(3), TimeoutError("its own"), StopAsyncIteration()]
)
async def test_any_exception_becomes_the_plugins_failure(plugin: Generation, told: list[str], error: Exception) -> None:
    async def call() -> None:
        raise error

    for timeout in (None, 60.0):
        with pytest.raises(PluginError, match=f"plugin 'p': tool 'p.x': {type(error).__name__}") as e:
            await plugin.guard("tool 'p.x'", call, timeout)
        assert e.value.__cause__ is error
    await plugin.retire(0)
    assert len(told) == 2


async def test_where_an_exception_came_from_is_in_the_plugins_log(
    plugin: Generation, caplog: pytest.LogCaptureFixture
) -> None:
    async def call() -> None:
        raise ZeroDivisionError("oh")

    with pytest.raises(PluginError):
        await plugin.guard("tool 'p.x'", call)
    assert {r.name for r in caplog.records} == {"lumosai.plugin.p"}
    place, text, what = (r.getMessage() for r in caplog.records)
    assert place.endswith("in call")
    assert "test_generation.py" in place
    assert (text.strip(), what) == ('raise ZeroDivisionError("oh")', "ZeroDivisionError: oh")


async def test_what_the_plugin_says_itself_passes_and_counts_as_success(plugin: Generation, told: list[str]) -> None:
    await fails(plugin, 4)

    async def says_no() -> None:
        raise ToolError("no such city")

    async def asks() -> None:
        raise Suspend("which city?")

    with pytest.raises(ToolError, match="no such city"):
        await plugin.guard("x", says_no)
    await fails(plugin, 4)
    with pytest.raises(Suspend):
        await plugin.guard("x", asks)
    await fails(plugin, 4)
    assert not plugin.breaker.is_open


async def test_a_call_that_never_returns_is_cut_off(plugin: Generation, told: list[str]) -> None:
    with pytest.raises(PluginTimeoutError, match=r"plugin 'p': tool: no answer in 0.01 s") as e:
        await plugin.guard("tool", asyncio.Event().wait, 0.01)
    assert e.value.hint is not None
    await plugin.retire(0)
    assert told == ["tool: no answer in 0.01 s"]


async def test_timeouts_open_the_circuit_too(plugin: Generation) -> None:
    for _ in range(5):
        with pytest.raises(PluginTimeoutError):
            await plugin.guard("tool", asyncio.Event().wait, 0.001)
    assert plugin.breaker.is_open


async def test_a_cancelled_call_is_neither_success_nor_failure(plugin: Generation, told: list[str]) -> None:
    task = asyncio.create_task(plugin.guard("tool", asyncio.Event().wait))
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await plugin.retire(0)
    assert told == []


@pytest.mark.parametrize("seconds", [None, 60.0])
async def test_a_plugin_cannot_cancel_its_caller(plugin: Generation, told: list[str], seconds: float | None) -> None:
    async def cancels_itself() -> None:
        raise asyncio.CancelledError

    with pytest.raises(PluginError, match="CancelledError"):
        await plugin.guard("tool", cancels_itself, seconds)
    assert len(told) == 1


async def test_the_circuit_opens_tries_again_and_closes(plugin: Generation, told: list[str], clock: Clock) -> None:
    await fails(plugin, 5)
    assert told[-1].endswith("(circuit opened)")
    with pytest.raises(PluginUnavailableError, match="failed 5 times in a row, last: tool 'p.x'") as e:
        await plugin.guard("x", succeed)
    assert e.value.hint == "it is tried again in 30 s"
    clock.now += 29
    with pytest.raises(PluginUnavailableError) as e:
        await plugin.guard("x", succeed)
    assert e.value.hint == "it is tried again in 1 s"
    clock.now += 1
    assert await plugin.guard("x", succeed) == 42
    assert not plugin.breaker.is_open
    assert await plugin.guard("x", succeed) == 42


async def test_half_open_lets_one_call_try_and_a_failure_closes_the_door_again(
    plugin: Generation, clock: Clock
) -> None:
    await fails(plugin, 5)
    clock.now += 31
    gate = asyncio.Event()

    async def slow() -> None:
        await gate.wait()
        raise ValueError("still broken")

    trying = asyncio.create_task(plugin.guard("x", slow))
    await asyncio.sleep(0)
    with pytest.raises(PluginUnavailableError):
        await plugin.guard("x", succeed)
    gate.set()
    with pytest.raises(PluginError, match="still broken"):
        await trying
    with pytest.raises(PluginUnavailableError):
        await plugin.guard("x", succeed)
    clock.now += 31
    assert await plugin.guard("x", succeed) == 42


async def test_a_try_that_is_cancelled_leaves_the_next_one_free(plugin: Generation, clock: Clock) -> None:
    await fails(plugin, 5)
    clock.now += 31
    trying = asyncio.create_task(plugin.guard("x", asyncio.Event().wait))
    await asyncio.sleep(0)
    trying.cancel()
    await asyncio.wait([trying])
    assert await plugin.guard("x", succeed) == 42


async def test_successes_between_failures_keep_it_closed(plugin: Generation) -> None:
    for _ in range(4):
        await fails(plugin, 4)
        await plugin.guard("x", succeed)
    assert not plugin.breaker.is_open


async def test_retiring_waits_for_the_calls_in_flight_then_closes_each_object_once(plugin: Generation) -> None:
    shared = Closing()
    plugin.put("a", shared)
    plugin.put("b", shared)
    plugin.put("c", object())
    gate = asyncio.Event()
    call = asyncio.create_task(plugin.guard("x", gate.wait))
    await asyncio.sleep(0)
    retiring = asyncio.create_task(plugin.retire())
    await asyncio.sleep(0.01)
    assert (shared.closed, retiring.done()) == (0, False)
    gate.set()
    await asyncio.gather(call, retiring)
    assert shared.closed == 1


async def test_retiring_gives_up_on_calls_that_do_not_end(plugin: Generation, told: list[str]) -> None:
    closing = Closing()
    plugin.put("a", closing)
    call = asyncio.create_task(plugin.guard("x", asyncio.Event().wait))
    await asyncio.sleep(0)
    await plugin.retire(drain=0.01)
    assert told == ["1 calls still ran 0.01 s after it was replaced"]
    assert closing.closed == 1
    call.cancel()
    await asyncio.wait([call])


@pytest.mark.parametrize("error", [OSError("stuck"), SystemExit(1), asyncio.CancelledError()])
async def test_one_object_that_cannot_close_does_not_keep_others_open(
    plugin: Generation, told: list[str], error: BaseException
) -> None:
    bad, good = Closing(error), Closing()
    plugin.put("a", bad)
    plugin.put("b", good)
    await plugin.retire()
    assert good.closed == 1
    assert told[0].startswith(f"closing: {type(error).__name__}")


def contribution(target: str) -> dict[str, Any]:
    return {"id": "p.x", "target": target}


def test_two_contributions_of_one_target_share_one_object(plugin: Generation) -> None:
    made = object()
    plugin.put("m:t", made)
    assert plugin.obj("tool", contribution("m:t")) is made


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("no_such_module_at_all:x", "ModuleNotFoundError"),
        ("json:nothing", "AttributeError: module 'json' has no attribute 'nothing'"),
        ("json", "must read 'module:attribute'"),
        ("itertools:repeat", "repeat is no tool: it does not meet lumosai_sdk.kinds.Tool"),
        ("json:JSONDecoder", "takes 1 positional argument but 2 were given"),
        ("json:decoder", "module is no tool"),
    ],
)
def test_a_target_that_is_no_tool_says_so(plugin: Generation, told: list[str], target: str, said: str) -> None:
    with pytest.raises(PluginLoadError, match="plugin 'p'") as e:
        plugin.obj("tool", contribution(target))
    assert said in str(e.value)


def test_an_unknown_runtime_names_those_there_are() -> None:
    record = {"name": "p", "runtime": "ruby", "dist": "d-1"}
    plugin = Generation(record, PluginContext("p"), lambda generation, reason: None)
    with pytest.raises(PluginLoadError, match=r"runtime 'ruby': this host has the runtimes: python"):
        plugin.obj("tool", contribution("a:b"))
