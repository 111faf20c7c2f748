"""Components of plain functions in the jail, with a WASI that leads nowhere but to the clock."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.sandbox.jail.conftest import LIMITS, Start
from tests.sandbox.jail.jails import Code
from wasmtime import component as wc
from wasmtime import wat2wasm

from lumosai_sandbox.artefacts import Function, Shape
from lumosai_sandbox.engine.engine import shared
from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.jail.client import Jailed
from lumosai_sandbox.jail.waking import _SLEEPER
from lumosai_sdk.errors import PluginError, PluginTimeoutError
from lumosai_sdk.types.caller import NOBODY

PLAIN = """(component
  (core module $m
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "spin") (loop $l (br $l)))
    (func (export "stop") unreachable))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (func (export "spin") (canon lift (core func $i "spin")))
  (func (export "stop") (canon lift (core func $i "stop"))))"""


def code(folder: Path, text: str, *functions: str) -> Code:
    path = folder / "generic.cwasm"
    path.write_bytes(wc.Component(shared(generic=True).wasmtime, wat2wasm(text)).serialize())
    return Code(
        path, Shape((), (), ours=False, wasi=False, functions=tuple(Function(n, None, {}, {}) for n in functions))
    )


async def ask(jailed: Jailed, function: str, **arguments: object) -> object:
    return json.loads(await jailed.call(function, json.dumps(arguments), caller=NOBODY))


async def test_plain_functions_are_called_with_json(jail: Start, folder: Path) -> None:
    jailed = jail(of=code(folder, PLAIN, "add", "spin", "stop"))
    assert jailed.exports == {"add", "spin", "stop"}
    assert await ask(jailed, "add", a=40, b=2) == 42  # noqa: PLR2004
    with pytest.raises(GuestError) as told:
        await ask(jailed, "add", a="x")
    assert told.value.kind == "invalid-input"
    with pytest.raises(PluginError, match="unreachable"):
        await ask(jailed, "stop")
    with pytest.raises(PluginError, match="no such export"):
        await ask(jailed, "exec")


async def test_one_that_does_not_end_is_ended_and_the_next_call_has_a_worker(jail: Start, folder: Path) -> None:
    jailed = jail(replace(LIMITS, wall=0.1), of=code(folder, PLAIN, "add", "spin"))
    with pytest.raises(PluginTimeoutError):
        await ask(jailed, "spin")
    assert await ask(jailed, "add", a=1, b=2) == 3  # noqa: PLR2004


async def test_it_may_wait_though_it_may_start_no_threads(jail: Start, folder: Path) -> None:
    jailed = jail(of=code(folder, _SLEEPER, "sleep"))
    for _ in range(3):
        assert await ask(jailed, "sleep") is None


async def test_one_that_sleeps_too_long_is_killed(jail: Start, folder: Path) -> None:
    long = _SLEEPER.replace("(i64.const 1000)", "(i64.const 60_000_000_000)")
    jailed = jail(replace(LIMITS, wall=0.1), of=code(folder, long, "sleep"))
    began = time.monotonic()
    with pytest.raises(PluginTimeoutError):
        await ask(jailed, "sleep")
    assert time.monotonic() - began < 30  # noqa: PLR2004 - not the minute it asked for
