"""Components of strangers’ builders in a jailed worker: their imports lead nowhere, and what they take is bounded."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.sandbox.generic.components import SUM, component, function
from tests.sandbox.generic.test_guest import ENUM, HTTP, SEND, huge, importing
from wasmtime import wat2wasm

from lumosai_sandbox.artefacts import prepare
from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.jail.client import Jailed
from lumosai_sandbox.jail.lock import supported
from lumosai_sandbox.limits import MIB, Limits
from lumosai_sdk.errors import PluginError, PluginLimitError, PluginTimeoutError
from lumosai_sdk.types.caller import NOBODY, Caller

pytestmark = pytest.mark.skipif(not supported(), reason="this machine cannot jail a process")
LIMITS = Limits(wall=5.0, cpu=4.0, memory=32 * MIB)
Call = Callable[..., Awaitable[Any]]


async def nobody(function: str, texts: tuple[str, ...], caller: Caller) -> str:
    raise AssertionError(function)


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Call]]]:
    runners: list[Jailed] = []

    async def started(wasm: bytes, limits: Limits = LIMITS) -> Call:
        runner = Jailed("stranger", await prepare(wasm, cache=tmp_path), limits, nobody)
        runners.append(runner)

        async def call(name: str, **arguments: Any) -> Any:
            return json.loads(await runner.call(name, json.dumps(arguments), caller=NOBODY))

        return call

    yield started
    for runner in runners:
        await runner.aclose()


Start = Callable[..., Awaitable[Call]]


async def test_a_component_nobody_wrote_for_us_is_called_as_it_is(start: Start) -> None:
    call = await start(SUM)
    assert await call("add", **{"a": 2, "b-side": 3}) == 5
    assert await call("acme:maths/bytes@0.1.0#echo", l="AAEC") == "AAEC"
    with pytest.raises(GuestError, match="too bad"):
        await call("fail", how=1)
    with pytest.raises(GuestError, match="a is missing"):
        await call("add")
    with pytest.raises(PluginError, match="unreachable"):
        await call("stop")
    assert await call("add", **{"a": 2, "b-side": 3}) == 5


async def test_requests_go_nowhere(start: Start) -> None:
    call = await start(importing(HTTP.replace("VERSION", "0.2.3"), SEND))
    assert await call("make") >= 0
    with pytest.raises(PluginError, match="which this host does not offer"):
        await call("send")


SLEEP = """
  (import "wasi:io/poll@0.2.0" (instance $p (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $p "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $c (alias outer 1 $pollable (type $q))
    (export "pollable" (type $q2 (eq $q)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $q2))))))"""
SLEEPING = """
  (core func $in (canon lower (func $c "subscribe-duration")))
  (core func $block (canon lower (func $p "[method]pollable.block")))
  (core module $s (import "h" "in" (func $in (param i64) (result i32)))
    (import "h" "block" (func $block (param i32)))
    (func (export "sleep") (param i64) (call $block (call $in (local.get 0)))))
  (core instance $j (instantiate $s (with "h" (instance (export "in" (func $in)) (export "block" (func $block))))))
  (func (export "sleep") (param "ns" u64) (canon lift (core func $j "sleep")))"""


async def test_who_sleeps_past_the_end_is_ended(start: Start) -> None:
    call = await start(importing(SLEEP, SLEEPING), replace(LIMITS, wall=0.5))
    assert await call("sleep", ns=1_000_000) is None
    began = asyncio.get_running_loop().time()
    with pytest.raises(PluginTimeoutError):
        await call("sleep", ns=3_600 * 10**9)
    assert asyncio.get_running_loop().time() - began < 5
    assert await call("sleep", ns=0) is None


@pytest.mark.parametrize(("kind", "before"), [("$x", ENUM), ("bool", ""), ("u8", "")])
async def test_results_of_a_few_bytes_that_claim_to_be_millions_are_refused(
    start: Start, kind: str, before: str
) -> None:
    call = await start(huge(kind, before), replace(LIMITS, memory=64 * MIB))
    assert len(await call("huge", n=8)) >= 8
    with pytest.raises(PluginError):
        await call("huge", n=2_000_000)
    assert len(await call("huge", n=8)) >= 8


GREEDY = """(core module $x (memory (export "m") 1) (func (export "take") (result i32) (local $n i32)
  (loop $l (if (i32.ne (memory.grow (i32.const 16)) (i32.const -1)) (then
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (memory.fill (i32.mul (i32.sub (memory.size) (i32.const 16)) (i32.const 65536)) (i32.const 1) (i32.const 1048576))
    (br $l)))) (local.get $n)))"""


def greedy(memories: int) -> bytes:
    """Return a component that takes all it can get of several memories, and says how many MiB that was."""
    each = range(memories)
    instances = "".join(f"(core instance $i{n} (instantiate $x))" for n in each)
    imports = "".join(f'(import "i{n}" "take" (func $g{n} (result i32)))' for n in each)
    calls = "(i32.const 0)" + "".join(f"(call $g{n}) i32.add" for n in each)
    main = f'(core module $y {imports} (func (export "all") (result i32) {calls}))'
    given = "".join(f'(with "i{n}" (instance $i{n}))' for n in each)
    lift = '(func (export "all") (result u32) (canon lift (core func $j "all")))'
    return bytes(
        wat2wasm(f"(component {GREEDY} {instances} {main} (core instance $j (instantiate $y {given})) {lift})")
    )


async def test_many_memories_share_what_the_worker_may_have(start: Start) -> None:
    most = 64
    one = await (await start(greedy(1), replace(LIMITS, memory=most * MIB)))("all")
    assert most - 2 <= one <= most
    seven = await (await start(greedy(7), replace(LIMITS, memory=most * MIB)))("all")
    assert seven < 3.5 * most  # the worker's own needs, of which it leaves some


async def test_arguments_without_end_are_refused_before_they_cost_anything(start: Start) -> None:
    call = await start(component(function("f", "echo", '(param "l" (list bool))', "(result (list bool))")))
    assert await call("f", l=[True] * 1_000) == [True] * 1_000
    with pytest.raises((GuestError, PluginLimitError)):
        await call("f", l=[True] * 40_000)
