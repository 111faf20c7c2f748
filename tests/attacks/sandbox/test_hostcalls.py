"""Host functions that fail in every way there is, never answer, or are given up half way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.attacks.sandbox.conftest import LIMITS, Start, component, say

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.limits import Limits
from lumosai_sdk import PermissionDeniedError
from lumosai_sdk.errors import LumosError, PluginError, PluginTimeoutError
from lumosai_sdk.types.caller import Caller

# Asks its host for what it was given, and returns the answer, whichever side it is on.
RELAY = "(call $kv.get (local.get $a) (local.get $n) (i32.const 32)) (return (i32.const 32))"
ASKS: dict[str, Any] = {"honest": RELAY, "imports": ["kv.get"]}


class Odd(BaseException):
    pass


class Unprintable(Exception):  # noqa: N818 - as above
    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


FAILURES: dict[str, BaseException] = {
    e.__class__.__name__: e
    for e in (
        ValueError("secret of the host"),
        KeyError("secret of the host"),
        RecursionError("secret of the host"),
        MemoryError("secret of the host"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "secret of the host"),
        TimeoutError("secret of the host"),
        StopAsyncIteration("secret of the host"),
        OSError(5, "secret of the host"),
        ExceptionGroup("secret of the host", [ValueError("secret of the host")]),
        asyncio.CancelledError("secret of the host"),
        Unprintable("secret of the host"),
    )
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=list(FAILURES))
async def test_a_host_function_that_fails_is_an_error_to_the_guest(start: Start, failure: BaseException) -> None:
    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        if texts == ("bad",):
            raise failure
        return texts[0]

    runner = await start(component(**ASKS), LIMITS, host)
    for _ in range(3):
        with pytest.raises(GuestError) as caught:
            await say(runner, "bad")
        assert caught.value.kind == "internal"
        assert "secret" not in str(caught.value)
        assert await say(runner, "good") == "good"


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("failure", [KeyboardInterrupt, SystemExit, Odd])
async def test_what_ends_the_host_ends_the_call_and_no_other(
    start: Start, failure: type[BaseException], waits: bool
) -> None:
    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        if waits:
            await asyncio.sleep(0)
        if texts == ("bad",):
            raise failure
        return texts[0]

    runner = await start(component(**ASKS), LIMITS, host)
    for _ in range(3):
        with pytest.raises((failure, GuestError)):
            await say(runner, "bad")
        assert await say(runner, "good") == "good"


async def test_failures_of_many_kinds_reach_those_who_called_and_nobody_else(start: Start) -> None:
    """The stock bindings keep the last exception in one place, where another call finds it."""

    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        number = int(texts[0])
        if number % 2:
            await asyncio.sleep(0.001 * (number % 5))
        if number % 4 == 0:
            raise PermissionDeniedError(f"denied to {number}")
        if number % 4 == 1:
            raise ValueError(number)
        return texts[0]

    async def one(number: int) -> None:
        if number % 4 == 0:
            with pytest.raises(GuestError, match=f"^denied to {number}$"):
                await say(runner, str(number))
        elif number % 4 == 1:
            with pytest.raises(GuestError, match=r"^the host failed$"):
                await say(runner, str(number))
        else:
            assert await say(runner, str(number)) == str(number)

    runner = await start(component(**ASKS), Limits(concurrency=32), host)
    await asyncio.gather(*(one(n) for n in range(800)))


# --- no answer


async def never(function: str, texts: tuple[str, ...], caller: Caller) -> str:
    if texts == ("wait",):
        await asyncio.get_running_loop().create_future()
    return texts[0]


async def test_a_host_function_that_never_answers_ends_with_the_call(start: Start) -> None:
    runner = await start(component(**ASKS), Limits(wall=0.3), never)
    assert await say(runner, "now") == "now"
    with pytest.raises(PluginTimeoutError):
        await say(runner, "wait")
    assert await say(runner, "now") == "now"


async def test_guests_that_wait_do_not_keep_others_from_running(start: Start) -> None:
    runner = await start(component(**ASKS), Limits(wall=30.0, concurrency=101), never)
    waiting = [asyncio.ensure_future(say(runner, "wait")) for _ in range(100)]
    await asyncio.sleep(0.05)
    assert [await say(runner, "now") for _ in range(20)] == ["now"] * 20
    for task in waiting:
        task.cancel()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(e) for e in ended} == {asyncio.CancelledError}
    assert await say(runner, "now") == "now"


async def test_more_calls_than_may_run_wait_for_their_turn(start: Start) -> None:
    runner = await start(component(**ASKS), Limits(wall=0.3, concurrency=2), never)
    stuck = [asyncio.ensure_future(say(runner, "wait")) for _ in range(2)]
    await asyncio.sleep(0)
    assert await say(runner, "now") == "now"
    ended = await asyncio.gather(*stuck, return_exceptions=True)
    assert {type(e) for e in ended} == {PluginTimeoutError}


# --- given up


LOOP = "(loop $l (br $l))"


@pytest.mark.parametrize("after", [0.0, 0.001, 0.004, 0.03])
@pytest.mark.parametrize(
    ("guest", "arguments"),
    [
        ({"evil": LOOP, "imports": ["kv.get"]}, "!"),
        ({"code": f"(start $s) (func $s {LOOP})", "imports": ["kv.get"]}, "hello"),
        (ASKS, "wait"),
        ({"evil": f"(loop $l {RELAY.partition('(return')[0]} (br $l))", "imports": ["kv.get"]}, "!"),
    ],
    ids=["in a loop", "before the call", "in a host call", "between host calls"],
)
async def test_a_call_given_up_is_over(start: Start, guest: dict[str, Any], arguments: str, after: float) -> None:
    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        await asyncio.sleep(60 if texts == ("wait",) else 0)
        return texts[0]

    limits = Limits(wall=30.0, cpu=30.0, host_calls=10**9)
    runner = await start(component(**guest), limits, host, key_of=lambda c: c.tenant)
    honest = await start(component(**ASKS), limits, host)
    for _ in range(3):
        task = asyncio.ensure_future(say(runner, arguments))
        await asyncio.sleep(after)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)
        assert await say(honest) == "hello"
    assert runner.metrics()["live"] == 0


async def test_a_call_given_up_again_and_again_is_over(start: Start) -> None:
    runner = await start(component(LOOP), Limits(wall=30.0, cpu=30.0))
    task = asyncio.ensure_future(say(runner, "!"))
    await asyncio.sleep(0.02)
    while not task.done():
        task.cancel()
        await asyncio.sleep(0)
    assert task.cancelled()
    assert await say(runner) == "hello"


async def test_who_waits_for_a_turn_may_give_up(start: Start) -> None:
    runner = await start(component(**ASKS), Limits(wall=30.0, concurrency=1), never)
    first = asyncio.ensure_future(say(runner, "wait"))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(say(runner, "now"))
    await asyncio.sleep(0.01)
    second.cancel()
    await asyncio.wait([second])
    first.cancel()
    await asyncio.wait([first])
    assert await say(runner, "now") == "now"


async def test_what_the_host_denies_is_told_in_words(start: Start) -> None:
    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        raise PermissionDeniedError("no kv for you", hint="grant it")

    runner = await start(component(**ASKS), LIMITS, host)
    with pytest.raises(GuestError) as caught:
        await say(runner, "x")
    assert (caught.value.kind, caught.value.hint) == ("denied", "grant it")
    assert not isinstance(caught.value, PluginError)
    assert isinstance(caught.value, LumosError)
