"""Waking what serves WASI: wasmtime starts threads for it the first time that a guest waits.

Later, behind the filter, it could not; so a component that is known to do nothing else waits for no time at all first.
"""

from __future__ import annotations

from functools import cache

import wasmtime
from wasmtime import _bindings
from wasmtime import component as wc

from lumosai_sandbox.engine.engine import Engine, config
from lumosai_sandbox.generic.guest import GenericGuest
from lumosai_sandbox.limits import MIB, Limits

_SLEEPER = """(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $p))
    (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $drop (canon resource.drop $pollable))
  (core module $m
    (import "wasi" "block" (func $block (param i32)))
    (import "wasi" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "wasi" "drop" (func $drop (param i32)))
    (func (export "sleep") (local $it i32)
      (local.set $it (call $subscribe (i64.const 1000)))
      (call $block (local.get $it))
      (call $drop (local.get $it))))
  (core instance $i (instantiate $m (with "wasi" (instance
    (export "block" (func $block)) (export "subscribe" (func $subscribe)) (export "drop" (func $drop))))))
  (func (export "sleep") (canon lift (core func $i "sleep"))))
"""
_LIMITS = Limits(wall=5.0, memory=MIB, fuel=100_000)


@cache
def _sleeper(*, fuel: bool) -> bytes:
    """Return it compiled, on this thread: a process that forks is to have no others."""
    made = config(fuel=fuel, generic=True)
    _bindings.wasmtime_config_parallel_compilation_set(made.ptr(), False)  # noqa: FBT003 - the C API's own
    return bytes(wc.Component(wasmtime.Engine(made), wasmtime.wat2wasm(_SLEEPER)).serialize())


def prepare(engine: Engine) -> None:
    """Compile, once for all workers to come."""
    _sleeper(fuel=engine.fuel)


def wake(engine: Engine) -> None:
    """Start the threads that serve WASI in this process. Raises TrapError, UnfitError."""
    compiled = wc.Component.deserialize(engine.wasmtime, _sleeper(fuel=engine.fuel))
    GenericGuest(engine, compiled, _LIMITS).call("sleep", {})
