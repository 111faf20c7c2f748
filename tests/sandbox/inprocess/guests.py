"""A guest whose behaviour is chosen by the first letter of what it is given, written in WebAssembly's text form."""

from __future__ import annotations

from functools import cache

from wasmtime import wat2wasm

from lumosai_sandbox.componentize import componentize
from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.engine import shared

_CORE = """
(module
  (import "lumos:plugin/kv@1.0.0" "get" (func $kv (param i32 i32 i32)))
  (import "lumos:plugin/tools@1.0.0" "call" (func $tools (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (global $heap (mut i32) (i32.const 4096))
  (global $calls (mut i32) (i32.const 0))
  (global $i (mut i32) (i32.const 0))
  START
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $p i32)
    (local.set $p (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.set $heap (i32.add (local.get $p) (local.get 3)))
    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
      (then (if (i32.eq (memory.grow (i32.const 32)) (i32.const -1)) (then (unreachable)))))
    (local.get $p))
  (func $result (param i32 i32 i32) (result i32)
    (i32.store (i32.const 16) (local.get 0))
    (i32.store (i32.const 20) (local.get 1))
    (i32.store (i32.const 24) (local.get 2))
    (i32.const 16))
  (func $spin (param $n i32)
    (global.set $i (i32.const 0))
    (loop $l
      (global.set $i (i32.add (global.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (global.get $i) (local.get $n)))))
  (func $is (param $a i32) (param $letter i32) (result i32)
    (i32.eq (i32.load8_u (local.get $a)) (local.get $letter)))
  (func (export "lumos:plugin/tool@1.0.0#call")
      (param $id i32) (param $idl i32) (param $a i32) (param $al i32) (param $c i32) (param $cl i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (call $is (local.get $a) (i32.const 108)) (then (loop $l (br $l))))                    ;; l: loop
    (if (call $is (local.get $a) (i32.const 116)) (then (unreachable)))                        ;; t: trap
    (if (call $is (local.get $a) (i32.const 101))                                              ;; e: an error
      (then (return (call $result (i32.const 1) (local.get $a) (local.get $al)))))
    (if (call $is (local.get $a) (i32.const 115)) (then (call $spin (i32.const 20000000))))    ;; s: spin for a while
    (if (call $is (local.get $a) (i32.const 109))                                              ;; m: take memory
      (then (loop $l (br_if $l (i32.ne (memory.grow (i32.const 64)) (i32.const -1)))) (unreachable)))
    (if (call $is (local.get $a) (i32.const 99))                                               ;; c: count calls
      (then (i32.store8 (i32.const 64) (i32.add (i32.const 48) (global.get $calls)))
        (return (call $result (i32.const 0) (i32.const 64) (i32.const 1)))))
    (if (call $is (local.get $a) (i32.const 107))                                              ;; k: kv.get
      (then (call $kv (local.get $a) (local.get $al) (i32.const 16)) (return (i32.const 16))))
    (if (call $is (local.get $a) (i32.const 110))                                              ;; n: tools.call
      (then (call $tools (local.get $id) (local.get $idl) (local.get $a) (local.get $al) (i32.const 16))
        (return (i32.const 16))))
    (if (call $is (local.get $a) (i32.const 104))                                              ;; h: kv.get for ever
      (then (loop $l (call $kv (local.get $a) (local.get $al) (i32.const 16)) (br $l))))
    (call $result (i32.const 0) (local.get $a) (local.get $al)))
  (func (export "cabi_post_lumos:plugin/tool@1.0.0#call") (param i32) (global.set $heap (i32.const 4096)))
)
"""
SLOW_START = "(func $start (call $spin (i32.const 3000000))) (start $start)"


@cache
def component(start: str = "") -> bytes:
    """Return the component; *start* is what it does when it is instantiated."""
    return componentize(bytes(wat2wasm(_CORE.replace("START", start))))


@cache
def guest(start: str = "") -> Guest:
    """Return it compiled and linked."""
    return Guest.from_bytes(shared(), component(start))
