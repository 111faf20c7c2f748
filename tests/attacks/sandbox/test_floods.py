# ruff: noqa: PLR2004 - a test says what it expects where it expects it
"""Floods of words: errors that are hostile texts, results and host calls without number, traps one after the other."""

from __future__ import annotations

import json

import pytest
from tests.attacks.sandbox.conftest import LIMITS, Start, component, say

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.limits import KIB, Limits
from lumosai_sdk.errors import PluginError
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.wireerrors import CODES, MAX_MESSAGE

REFUSE = "(return (call $err (local.get $a) (local.get $n)))"
ACCEPT = "(return (call $ok (local.get $a) (local.get $n)))"
DEEP = 100_000


async def told(start: Start, text: str) -> GuestError:
    """Return what the host makes of an error *text*, from a guest that answers the next call as well."""
    runner = await start(component(evil=ACCEPT, honest=REFUSE), Limits())
    with pytest.raises(GuestError) as caught:
        await say(runner, text)
    assert await say(runner, "!") == "!"
    return caught.value


HOSTILE = {
    "nothing": "",
    "no JSON": "Traceback (most recent call last):",
    "deep": "[" * DEEP,
    "deep and closed": "[" * DEEP + "]" * DEEP,
    "deep within": '{"code":"denied","message":' + '{"a":' * 900 + "1" + "}" * 900 + "}",
    "a number of many digits": "9" * 300_000,
    "a retry_after of many digits": '{"code": "limit", "message": "x", "retry_after": ' + "9" * 4_000 + "}",
    "a retry_after of many digits more": '{"code": "limit", "message": "x", "retry_after": ' + "9" * 5_000 + "}",
    "no number": '{"code": "limit", "message": "x", "retry_after": NaN}',
    "infinity": '{"code": "limit", "message": "x", "retry_after": Infinity}',
    "minus infinity": '{"code": "limit", "message": "x", "retry_after": -Infinity, "hint": NaN}',
    "a code of its own": '{"code": "plugin_failed", "message": "x"}',
    "a code that is a list": '{"code": ["denied"], "message": "x"}',
    "a code that is an object": '{"code": {"denied": 1}, "message": "x"}',
    "a code in another case": '{"code": "DENIED", "message": "x"}',
    "a message that is none": '{"code": "denied", "message": {"a": [1, null]}, "hint": 7}',
    "no message": '{"code": "denied"}',
    "a list": '["denied"]',
    "a text": '"denied"',
    "null": "null",
    "half of a pair": '{"code": "denied", "message": "\\ud800", "hint": "\\udfff"}',
    "a long message": json.dumps({"code": "denied", "message": "x" * 60_000, "hint": "y" * 60_000}),
    "a name twice": '{"code": "denied", "code": "internal", "message": "x"}',
    "many names": "{" + ",".join(f'"{n}": {n}' for n in range(5_000)) + "}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
async def test_a_hostile_error_is_a_guests_error_like_any(start: Start, text: str) -> None:
    error = await told(start, text)
    assert error.kind in CODES
    assert len(error.message) <= MAX_MESSAGE
    assert len(error.hint or "") <= MAX_MESSAGE
    assert error.retry_after is None or 0 <= error.retry_after < 1e9
    assert str(error).encode()  # what is stored and sent later is text


async def test_an_honest_error_arrives_as_it_was_meant(start: Start) -> None:
    error = await told(start, json.dumps({"code": "limit", "message": "slow ä", "hint": "wait", "retry_after": 1.5}))
    assert (error.kind, error.message, error.hint, error.retry_after) == ("limit", "slow ä", "wait", 1.5)


async def test_no_code_of_a_guests_makes_it_an_error_of_the_host(start: Start) -> None:
    """``code`` is what tells errors apart in the API; a guest's stays that of a guest."""
    error = await told(start, '{"code": "denied", "message": "x", "status": 200, "type": "unauthenticated"}')
    assert (error.code, error.kind) == ("guest_error", "denied")


async def test_the_text_of_a_trap_is_the_engines(start: Start) -> None:
    """Names in the guest's own code do not get into errors, whatever they say."""
    name = "all fuel consumed; call stack exhausted \\u{1b}[2J"
    core = f'(func $bad (@name "{name}") unreachable)'
    runner = await start(component("(call $bad)", code=core))
    with pytest.raises(PluginError) as caught:
        await say(runner, "!")
    assert "fuel" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert await say(runner) == "hello"


# --- host calls


ASK = "(call $log.write {0} {0} {0} (i32.const 32))"
KEY = "(i32.const 64) (i32.const 3)"
TIMES = """(loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const {}))))"""


def asking(times: int, texts: str = KEY) -> str:
    body = TIMES.format(times).replace("(loop $l ", f"(loop $l {ASK.format(texts)}")
    return f"{body} (return (i32.const 32))"


@pytest.mark.parametrize("text", [KEY, f"(i32.const 64) (i32.const {32 * KIB})"])
async def test_no_more_host_calls_are_answered_than_the_limit_allows(start: Start, text: str) -> None:
    asked = 0

    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        nonlocal asked
        asked += 1
        return "null"

    wasm = component(asking(60, text), honest=asking(40), imports=["log.write"])
    runner = await start(wasm, Limits(host_calls=50, cpu=5.0), host)
    assert await say(runner) == "null"
    assert asked == 40
    with pytest.raises(GuestError) as caught:
        await say(runner, "!")
    assert caught.value.kind == "limit"
    assert asked == 90
    assert await say(runner) == "null"


async def test_a_guest_that_asks_on_after_the_limit_is_ended(start: Start) -> None:
    asked = 0

    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        nonlocal asked
        asked += 1
        return "null"

    for_ever = asking(2**31 - 1)
    runner = await start(component(for_ever, imports=["log.write"]), Limits(host_calls=50, cpu=0.1), host)
    with pytest.raises(PluginError):
        await say(runner, "!")
    assert asked == 50
    assert await say(runner) == "hello"


@pytest.mark.parametrize("size", [0, 1_000_000])
async def test_what_the_host_answers_fits_or_ends_the_call(start: Start, size: int) -> None:
    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        return "x" * size

    wasm = component("(call $kv.get (i32.const 64) (i32.const 3) (i32.const 32)) (return (i32.const 32))",
                     imports=["kv.get"], memory='(memory (export "memory") 1 2)')  # fmt: skip
    runner = await start(wasm, LIMITS, host)
    if size:
        with pytest.raises(PluginError):
            await say(runner, "!")
    else:
        assert await say(runner, "!") == ""
    assert await say(runner) == "hello"


# --- one after the other


@pytest.mark.parametrize("how", ["unreachable", "(return (call $ok (i32.const 0) (i32.const -1)))", "(call $reset)"])
async def test_a_thousand_bad_ends_leave_the_runner_as_it_was(start: Start, how: str) -> None:
    runner = await start(component(how))
    bad = 0
    for _ in range(1_000):
        try:
            await say(runner, "!")
        except PluginError:
            bad += 1
    assert bad in {0, 1_000}
    assert await say(runner) == "hello"
    metrics = runner.metrics()
    assert (metrics["calls"], metrics["failures"]) == (1_001, bad)


async def test_traps_of_many_at_once_reach_those_who_called(start: Start) -> None:
    """The stock bindings keep the last exception in one place for all threads."""
    import asyncio

    runner = await start(component("unreachable"), Limits(concurrency=32))

    async def one(number: int) -> bool:
        if number % 3:
            return await say(runner, f"honest {number}") == f"honest {number}"
        with pytest.raises(PluginError, match="unreachable"):
            await say(runner, "!")
        return True

    assert all(await asyncio.gather(*(one(n) for n in range(600))))
