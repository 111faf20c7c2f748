"""Starting what the engine serves WASI with: its threads, which a process that is locked up cannot start any more.

The engine starts them when a guest first waits. So this waits, for no time at all, in a component of our own.
"""

from __future__ import annotations

import wasmtime
from wasmtime import component as wc

from lumosai_sandbox.engine.engine import Engine

_WAITING = """(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $outer)) (export "pollable" (type $same (eq $outer)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $same))))))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core module $m
    (import "" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "" "block" (func $block (param i32)))
    (func (export "wait") (call $block (call $subscribe (i64.const 0)))))
  (core instance $i (instantiate $m
    (with "" (instance (export "subscribe" (func $subscribe)) (export "block" (func $block))))))
  (func (export "wait") (canon lift (core func $i "wait"))))"""


def wake(engine: Engine) -> None:
    """Have the threads started. Raises WasmtimeError."""
    linker = wc.Linker(engine.wasmtime)
    linker.add_wasip2()
    store = wasmtime.Store(engine.wasmtime)
    store.set_wasi(wasmtime.WasiConfig())
    store.set_epoch_deadline(1_000_000)
    if engine.fuel:
        store.set_fuel(1_000_000)
    component = wc.Component(engine.wasmtime, bytes(wasmtime.wat2wasm(_WAITING)))
    wait = linker.instantiate(store, component).get_func(store, "wait")
    assert wait is not None  # noqa: S101 - it is exported above
    wait(store)
