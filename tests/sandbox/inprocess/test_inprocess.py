"""The in-process tier: what ends a call, what a call leaves behind, and who waits for whom."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.sandbox.inprocess.guests import SLOW_START, guest

from lumosai_sandbox.engine.hostcalls import waiters
from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.inprocess import InProcess
from lumosai_sandbox.limits import MIB, Limits
from lumosai_sdk.errors import (
    NotFoundError,
    PermissionDeniedError,
    PluginError,
    PluginLimitError,
    PluginTimeoutError,
    PluginUnavailableError,
)
from lumosai_sdk.types.caller import NOBODY, Caller

LIMITS = Limits(wall=2.0, cpu=0.1, memory=16 * MIB)
Make = Callable[..., InProcess]


async def echo(function: str, texts: tuple[str, ...], caller: Caller) -> str:
    return texts[-1]


@pytest.fixture
async def made() -> AsyncIterator[Make]:
    runners = []

    def make(host: Any = echo, start: str = "", key: Any = None, **limits: Any) -> InProcess:
        runner = InProcess("p", guest(start), replace(LIMITS, **limits), host, key_of=lambda _: key)
        runners.append(runner)
        return runner

    yield make
    for runner in runners:
        await runner.aclose()


async def call(runner: InProcess, text: str, caller: Caller = NOBODY) -> str:
    return await runner.call("tool.call", "p.x", text, "{}", caller=caller)


# --- answers


async def test_answers_and_counts(made: Make) -> None:
    runner = made()
    assert await call(runner, "yes") == "yes"
    assert await call(runner, "k1") == "k1"
    metrics = runner.metrics()
    assert (metrics["calls"], metrics["host_calls"], metrics["failures"], metrics["tier"]) == (2, 1, 0, "process")
    assert metrics["cpu_seconds"] >= 0


async def test_text_that_is_no_unicode_is_replaced_and_harms_nothing(made: Make) -> None:
    async def half(*_: Any) -> str:
        return "\ud800"

    assert await call(made(), "\ud83e!") == "?!"
    assert await call(made(half), "k") == "?"


async def test_an_export_that_is_not_there_is_the_plugins_failure(made: Make) -> None:
    with pytest.raises(PluginError, match="no such export"):
        await made().call("step.run", "a", caller=NOBODY)


async def test_each_call_has_an_instance_of_its_own_unless_a_key_says_otherwise(made: Make) -> None:
    fresh, kept = made(), made(key="k")
    assert [await call(fresh, "c") for _ in range(3)] == ["1", "1", "1"]
    assert [await call(kept, "c") for _ in range(3)] == ["1", "2", "3"]


async def test_an_error_is_the_guests_own(made: Make) -> None:
    with pytest.raises(GuestError) as error:
        await call(made(), "e: not in the contract's form")
    assert error.value.kind == "internal"


# --- bad ends


@pytest.mark.parametrize(
    ("text", "error", "limit"),
    [
        ("t", PluginError, None),
        ("l", PluginLimitError, "cpu"),
        ("m", PluginError, None),
        ("h", PluginTimeoutError, None),
    ],
)
async def test_what_ends_badly_is_told_and_harms_no_later_call(made: Make, text: str, error: Any, limit: Any) -> None:
    async def slow(*_: Any) -> str:
        await asyncio.sleep(0.01)
        return "0"

    runner = made(slow, key="k", wall=0.3)
    await call(runner, "c")
    with pytest.raises(error) as told:
        await call(runner, text)
    assert getattr(told.value, "limit", None) == limit
    assert await call(runner, "c") == "1", "the instance that failed was dropped"
    assert runner.metrics()["failures"] == 1


async def test_the_loop_is_free_while_a_guest_spins(made: Make) -> None:
    runner = made(cpu=5.0)
    longest, last = 0.0, time.perf_counter()
    calls = asyncio.gather(*(call(runner, "s") for _ in range(4)))
    while not calls.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    assert await calls == ["s"] * 4
    assert longest < 1.0, "a spin takes far longer in all; a machine under load is allowed for"


async def test_a_guest_that_only_calls_its_host_lets_others_run_and_meets_its_limit(made: Make) -> None:
    count = 0

    async def counted(*_: Any) -> str:
        nonlocal count
        count += 1
        return "0"

    runner = made(counted, host_calls=5_000, cpu=0.3, wall=10.0)
    task = asyncio.ensure_future(call(runner, "h"))
    turns = 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    with pytest.raises(PluginLimitError):
        await task
    assert count <= 5_000
    assert turns > 5


async def test_time_runs_out_within_a_host_call(made: Make) -> None:
    ended = []

    async def never(*_: Any) -> str:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)
        return ""

    runner = made(never, wall=0.05)
    with pytest.raises(PluginTimeoutError, match=r"0\.05 s"):
        await call(runner, "k")
    assert ended == [True]
    assert runner.metrics()["live"] == 0


async def test_a_timeout_of_the_hosts_own_is_not_the_guests(made: Make) -> None:
    async def timed(*_: Any) -> str:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(5)
        return ""

    with pytest.raises(GuestError, match="the host failed"):
        await call(made(timed), "k")


# --- what the host's functions raise


@pytest.mark.parametrize("later", [False, True])
async def test_errors_of_the_host_reach_the_guest_in_words(made: Make, later: bool) -> None:
    errors = iter([PermissionDeniedError("no", hint="grant it"), NotFoundError("key", "k"), ValueError("secret"), None])

    async def failing(*_: Any) -> Any:
        if later:
            await asyncio.sleep(0)
        error = next(errors)
        if error is not None:
            raise error
        return 5  # no text at all

    runner = made(failing)
    kinds = []
    for _ in range(4):
        with pytest.raises(GuestError) as told:
            await call(runner, "k")
        kinds.append((told.value.kind, told.value.hint))
        assert "secret" not in told.value.message
    assert kinds == [("denied", "grant it"), ("not-found", None), ("internal", None), ("internal", None)]
    assert runner.metrics()["denied"] == 1


async def test_a_cancellation_from_nowhere_is_the_hosts_failure_and_no_cancelled_call(made: Make) -> None:
    async def lost(*_: Any) -> str:
        raise asyncio.CancelledError

    with pytest.raises(GuestError, match="the host failed"):
        await call(made(lost), "k")


# --- cancelling and closing


@pytest.mark.parametrize("text", ["l", "k"])
async def test_cancelling_frees_the_instance(made: Make, text: str) -> None:
    async def never(*_: Any) -> str:
        await asyncio.sleep(60)
        return ""

    runner = made(never, cpu=30.0, wall=30.0, concurrency=1)
    before = len(waiters)
    task = asyncio.ensure_future(call(runner, text))
    await asyncio.sleep(0.02)
    task.cancel()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(waiters) <= before + 1, "an instance more was left behind"
    assert runner.metrics()["live"] <= 1
    assert await call(runner, "after") == "after"


async def test_a_call_that_is_thrown_away_leaves_nothing_running(made: Make) -> None:
    runner = made(cpu=30.0, wall=30.0)
    thrown_away = call(runner, "l")
    thrown_away.send(None)  # a slice of it runs on another thread now
    thrown_away.close()
    assert runner.metrics()["live"] == 0
    assert await call(runner, "after") == "after"


async def test_closing_ends_the_calls_that_run_and_those_that_wait(made: Make) -> None:
    async def never(*_: Any) -> str:
        await asyncio.sleep(60)
        return ""

    runner = made(never, wall=30.0, cpu=30.0, concurrency=2)
    tasks = [asyncio.ensure_future(call(runner, t)) for t in ("k", "l", "waits")]
    await asyncio.sleep(0.02)
    await runner.aclose()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(r) for r in results] == [PluginUnavailableError] * 3
    assert runner.metrics()["live"] == 0
    with pytest.raises(PluginUnavailableError):
        await call(runner, "late")


async def test_each_event_loop_in_turn_can_call() -> None:
    runner = InProcess("p", guest(), replace(LIMITS, concurrency=1), echo, key_of=lambda _: "k")

    async def several() -> list[str]:
        return await asyncio.gather(*(call(runner, "c") for _ in range(2)))

    def run() -> list[list[str]]:
        return [asyncio.run(several()) for _ in range(3)]

    assert await asyncio.to_thread(run) == [["1", "2"], ["3", "4"], ["5", "6"]]


# --- many at once


async def test_no_more_run_at_a_time_than_may(made: Make) -> None:
    running = most = 0

    async def counted(*_: Any) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return "0"

    runner = made(counted, concurrency=3)
    assert await asyncio.gather(*(call(runner, "k") for _ in range(20))) == ["0"] * 20
    assert most == 3


async def test_calls_that_share_an_instance_take_turns_and_leave_no_trace() -> None:
    async def slow(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        await asyncio.sleep(0)
        return "0"

    runner = InProcess("p", guest(), LIMITS, slow, key_of=lambda c: c.tenant)
    callers = [Caller(tenant=f"t{i % 5}") for i in range(50)]
    await asyncio.gather(*(call(runner, "k", c) for c in callers))
    assert [await call(runner, "c", Caller(tenant=f"t{i}")) for i in range(5)] == [";"] * 5  # "0" + 11 calls
    assert not runner._turns._keys
    await runner.aclose()


async def test_thousands_wait_for_their_host_on_one_thread(made: Make) -> None:
    gate = asyncio.Event()
    waiting = 0

    async def wait(*_: Any) -> str:
        nonlocal waiting
        waiting += 1
        if waiting == 2_000:
            gate.set()
        await gate.wait()
        return "0"

    runner = made(wait, concurrency=2_000, wall=60.0, memory=MIB)
    assert await asyncio.gather(*(call(runner, "k") for _ in range(2_000))) == ["0"] * 2_000


async def test_a_plugin_that_calls_itself_is_served_or_refused_and_never_waits_for_itself(made: Make) -> None:
    runner: InProcess

    async def back(_: str, texts: tuple[str, ...], caller: Caller) -> str:
        nested = replace(caller, chain=(*caller.chain, "p"))
        return await call(runner, "inner", nested)

    outer = Caller(chain=("p",))
    runner = made(back, concurrency=1)
    assert await call(runner, "n", outer) == "inner"
    runner = made(back, key="k")
    with pytest.raises(GuestError) as refused:
        await call(runner, "n", outer)
    assert refused.value.kind == "conflict"
    assert await call(runner, "after", outer) == "after"


# --- spares


async def test_a_guest_that_starts_slowly_is_started_ahead(made: Make) -> None:
    runner = made(start=SLOW_START, cpu=2.0)
    assert await call(runner, "c") == "1"
    for _ in range(200):
        if runner.metrics()["live"]:
            break
        await asyncio.sleep(0.01)
    assert runner.metrics()["live"] >= 1
    assert [await call(runner, "c") for _ in range(3)] == ["1", "1", "1"], "a spare was used once only"
    await runner.aclose()
    assert runner.metrics()["live"] == 0


async def test_a_guest_that_starts_at_once_has_no_spares(made: Make) -> None:
    runner = made()
    for _ in range(3):
        await call(runner, "x")
        await asyncio.sleep(0.02)
    assert runner.metrics()["live"] == 0


async def test_ten_thousand_bad_ends_leave_no_instance(made: Make) -> None:
    runner = made()
    gc.collect()
    before = len(waiters)
    for i in range(2_000):
        with pytest.raises((PluginError, GuestError)):
            await call(runner, "te"[i % 2])
    assert len(waiters) <= before + 1, "but for the one that shows whether spares are worth it"
    assert runner.metrics()["live"] == 0
