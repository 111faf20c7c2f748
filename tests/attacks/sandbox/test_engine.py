# ruff: noqa: PLR2004 - a test says what it expects where it expects it
"""Guests that never end, end badly, or go where they should not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.attacks.sandbox.conftest import LIMITS, Attack, Start, component, each, say

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.limits import Limits
from lumosai_sandbox.runner import Runner
from lumosai_sdk.errors import PluginError, PluginLimitError, PluginTimeoutError
from lumosai_sdk.types.caller import Caller

FOREVER = "(loop $l (br $l))"
KEY = "(i32.const 64) (i32.const 3)"
ASK = "(call $kv.get (i32.const 64) (i32.const 3) (i32.const 32))"
FLAGGED = "(if (i32.load8_u (i32.const 128)) (then {}))"
OF_666 = "(if (i32.eq (local.get $size) (i32.const 666)) (then {}))"
RAISE_FLAG = "(i32.store8 (i32.const 128) (i32.const 1))"


def overruns(name: str, **guest: Any) -> Attack:
    return Attack(name, guest, PluginLimitError, "processor time", "cpu")


@each(
    overruns("in the call", evil=FOREVER),
    overruns("counting", evil="(loop $l (local.set $i (i64.popcnt (i64.const 1))) (br $l))".replace("i64", "i32")),
    overruns("through recursion by tail calls", evil="(call $f)", code="(func $f (return_call $f))"),
    overruns("mutual tail calls", evil="(call $f)", code="(func $f (return_call $g)) (func $g (return_call $f))"),
    overruns("in the post-return", evil=RAISE_FLAG, post=FLAGGED.format(FOREVER)),
    overruns("of host calls", evil=f"(loop $l {ASK} (br $l))", imports=["kv.get"]),
    Attack("before the call", {"code": f"(start $s) (func $s {FOREVER})"}, PluginLimitError, limit="cpu", always=True),
    Attack(
        "before the call, of host calls",
        {"code": f"(start $s) (func $s (loop $l {ASK} (br $l)))", "imports": ["kv.get"]},
        PluginLimitError,
        limit="cpu",
        always=True,
    ),
    Attack("in the allocator", {"realloc": OF_666.format(FOREVER)}, PluginLimitError, limit="cpu", arguments="!" * 666),
    Attack(
        "over memory",
        {"evil": "(loop $l (memory.fill (i32.const 4096) (i32.const 1) (i32.const 60000)) (br $l))"},
        PluginLimitError,
        limit="cpu",
    ),
)
async def test_a_loop_without_end_is_ended(start: Start, attack: Attack) -> None:
    await attack.run(start)


async def test_a_loop_is_ended_by_the_wall_clock_too(start: Start) -> None:
    runner = await start(component(FOREVER), Limits(wall=0.2, cpu=60.0))
    assert await say(runner) == "hello"
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(PluginTimeoutError):
        await say(runner, "!")
    assert loop.time() - began < 5
    assert await say(runner) == "hello"


@each(
    Attack("unreachable", {"evil": "unreachable"}, words="unreachable"),
    Attack("division by zero", {"evil": "(drop (i32.div_u (i32.const 1) (local.get $i)))"}, words="divide by zero"),
    Attack("overflow", {"evil": "(drop (i32.trunc_f32_s (f32.const nan)))"}, words="conversion to integer"),
    Attack("load past the end", {"evil": "(drop (i32.load (i32.const -4)))"}, words="out of bounds"),
    Attack(
        "load at an offset of 4 GiB", {"evil": "(drop (i32.load offset=0xffffffff (i32.const -1)))"}, words="out of"
    ),
    Attack("store past the end", {"evil": "(i64.store (i32.const 65529) (i64.const -1))"}, words="out of bounds"),
    Attack("copy past the end", {"evil": "(memory.copy (i32.const 0) (i32.const 9) (i32.const -1))"}, words="out of"),
    Attack("call of nothing", {"evil": "(call_indirect $hooks (i32.const 3))"}, words="uninitialized"),
    Attack("call past the table", {"evil": "(call_indirect $hooks (i32.const 999))"}, words="undefined element"),
    Attack(
        "call by another type",
        {
            "evil": "(call_indirect $hooks (param i64) (i64.const 1) (i32.const 0))",
            "code": "(elem (table $hooks) (i32.const 0) func $reset)",
        },
        words="type mismatch",
    ),
    Attack(
        "deep recursion",
        {"evil": "(call $f)", "code": "(func $f (call $f) (call $f))"},
        PluginLimitError,
        "stack",
        "stack",
    ),
    Attack(
        "deep recursion with big frames",
        {
            "evil": "(drop (call $f (i64.const 1)))",
            "code": "(func $f (param i64) (result i64)"
            + "(i64.add " * 30
            + "(call $f (i64.const 1))"
            + "(call $f (local.get 0)))" * 30
            + ")",
        },
        PluginLimitError,
        "stack",
        "stack",
    ),
    Attack("in the post-return", {"evil": RAISE_FLAG, "post": FLAGGED.format("unreachable")}, words="unreachable"),
    Attack("in the allocator", {"realloc": OF_666.format("unreachable")}, words="unreachable", arguments="!" * 666),
    Attack(
        "recursion in the allocator",
        {
            "realloc": OF_666.format(
                "(drop (call $realloc (local.get $old) (local.get $had) (local.get $align) (local.get $size)))"
            )
        },
        PluginLimitError,
        "stack",
        "stack",
        "!" * 666,
    ),
    Attack("in the start function", {"code": "(start $s) (func $s unreachable)"}, words="unreachable", always=True),
    Attack("data past the memory", {"code": '(data (i32.const 65535) "long")'}, words="out of bounds", always=True),
    Attack(
        "elements past the table",
        {"code": "(elem (table $hooks) (i32.const 4) func $reset)"},
        words="out of bounds",
        always=True,
    ),
)
async def test_a_trap_ends_one_call(start: Start, attack: Attack) -> None:
    await attack.run(start)


@pytest.mark.parametrize("where", ["the allocator", "the post-return", "the start function"])
async def test_the_host_is_not_to_be_called_from(start: Start, where: str) -> None:
    asked: list[str] = []

    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        asked.append(function)
        return texts[0]

    hook = f"(func $ask {ASK}) (elem (table $hooks) (i32.const 0) func $ask)"
    call = "(call_indirect $hooks (i32.const 0))"
    guest: dict[str, Any] = {"imports": ["kv.get"], "code": hook}
    hostile = {
        "the allocator": {**guest, "realloc": OF_666.format(call)},
        "the post-return": {**guest, "post": FLAGGED.format(call), "evil": RAISE_FLAG},
        "the start function": {
            **guest,
            "code": f"{hook} (start $s) (func $s {call} (if (i32.load (i32.const 32)) (then unreachable)))",
        },
    }[where]
    runner = await start(component(**hostile), LIMITS, host)
    with pytest.raises(PluginError):
        await say(runner, "!" * 666)
    assert asked == []
    honest = await start(component(f"{ASK} (return (i32.const 32))", imports=["kv.get"]), LIMITS, host)
    assert await say(honest, "!") == "key"
    assert asked == ["kv.get"]


# --- stateful guests


CALL_ITSELF = f"(call $tools.call {KEY} {KEY} (i32.const 32)) (return (i32.const 32))"
COUNT = "(global $count (mut i32) (i32.const 48))"
COUNTED = """(global.set $count (i32.add (global.get $count) (i32.const 1)))
  (i32.store8 (i32.const 100) (global.get $count)) (return (call $ok (i32.const 100) (i32.const 1)))"""


@each(
    Attack("trap", {"evil": "unreachable"}),
    Attack("loop", {"evil": FOREVER}),
    Attack("result past the memory", {"evil": "(return (call $ok (i32.const 0) (i32.const -1)))"}),
)
async def test_a_stateful_guest_that_failed_starts_anew(start: Start, attack: Attack) -> None:
    wasm = component(**{**attack.guest, "honest": COUNTED, "code": COUNT})
    runner = await start(wasm, LIMITS, key_of=lambda caller: caller.tenant)
    other = Caller(tenant="other")
    assert [await say(runner) for _ in range(3)] == ["1", "2", "3"]
    assert await say(runner, caller=other) == "1"
    with pytest.raises(PluginError):
        await say(runner, "!")
    assert await say(runner) == "1"
    assert await say(runner, caller=other) == "2"


async def test_without_a_key_nothing_is_left_for_the_next_call(start: Start) -> None:
    runner = await start(component(honest=COUNTED, code=COUNT))
    assert [await say(runner) for _ in range(3)] == ["1", "1", "1"]


async def test_a_stateful_guest_is_not_entered_twice(start: Start) -> None:
    runners: list[Runner] = []

    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        inner = Caller(chain=(*caller.chain, "evil"))
        return await say(runners[0], "hello" if inner.chain[1:] else "!", inner)

    wasm = component(CALL_ITSELF, imports=["tools.call"])
    runners.append(await start(wasm, LIMITS, host, key_of=lambda _: "one"))
    with pytest.raises(GuestError) as caught:
        await say(runners[0], "!", Caller(chain=("evil",)))
    assert caught.value.kind == "conflict"
    assert await say(runners[0]) == "hello"


async def test_calls_of_oneself_come_to_an_end(start: Start) -> None:
    """Without state every call has an instance of its own; the host's rule on chains is what ends the descent."""
    runners: list[Runner] = []

    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        if len(caller.chain) > 8:
            raise GuestError("limit", "too deep")
        return await say(runners[0], "!", Caller(chain=(*caller.chain, "evil")))

    runners.append(await start(component(CALL_ITSELF, imports=["tools.call"]), LIMITS, host))
    with pytest.raises(GuestError, match="too deep"):
        await say(runners[0], "!", Caller(chain=("evil",)))
    assert await say(runners[0]) == "hello"
