"""Core modules, as C, Zig and Rust compilers make them, become components of the contract."""

from __future__ import annotations

import pytest
from wasmtime import wat2wasm

from lumosai_sandbox.componentize import componentize
from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.engine import shared
from lumosai_sandbox.engine.errors import UnfitError
from lumosai_sandbox.inprocess import InProcess
from lumosai_sandbox.limits import Limits
from lumosai_sdk.types.caller import NOBODY, Caller

REALLOC = """
(memory (export "memory") 2)
(global $top (mut i32) (i32.const 1024))
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  global.get $top global.get $top local.get 3 i32.add i32.const 7 i32.add i32.const -8 i32.and global.set $top)
(func $ok (param i32 i32) (result i32)
  i32.const 0 i32.const 0 i32.store  i32.const 4 local.get 0 i32.store  i32.const 8 local.get 1 i32.store  i32.const 0)
"""
TOOL = '"lumos:plugin/tool@1.0.0#call"'
CALL = f"(func (export {TOOL}) (param i32 i32 i32 i32 i32 i32) (result i32)"
ECHO = f"(module {REALLOC} {CALL} local.get 2 local.get 3 call $ok))"
ASKING = f"""
(module
  (import "lumos:plugin/kv@1.0.0" "get" (func $get (param i32 i32 i32)))
  (import "lumos:plugin/kv@1.0.0" "set" (func $set (param i32 i32 i32 i32 i32 i32 i32)))
  (import "lumos:plugin/log@1.0.0" "write" (func $log (param i32 i32 i32 i32 i32 i32 i32)))
  {REALLOC}
  {CALL}
    (call $set (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (i32.const 64))
    (call $get (local.get 0) (local.get 1) (i32.const 0))
    i32.const 0))
"""


async def told(function: str, texts: tuple[str, ...], caller: Caller) -> str:
    return f"{function}({','.join(texts)})"


async def call(core: str, *texts: str) -> str:
    guest = Guest.from_bytes(shared(), componentize(bytes(wat2wasm(core))))
    return await InProcess("t", guest, Limits(), told).call("tool.call", *texts, caller=NOBODY)


async def test_a_module_without_imports() -> None:
    assert await call(ECHO, "t.echo", '{"x": 1}', "{}") == '{"x": 1}'


async def test_a_module_that_calls_its_host_gets_answers_in_its_own_memory() -> None:
    assert await call(ASKING, "id", "{}", "ctx") == "kv.get(id)"


def test_only_what_is_imported_is_imported() -> None:
    assert Guest.from_bytes(shared(), componentize(bytes(wat2wasm(ASKING)))).imports == ("kv", "log")


def test_the_same_module_gives_the_same_bytes() -> None:
    core = bytes(wat2wasm(ASKING))
    assert componentize(core) == componentize(core)


def test_post_return_functions_are_called() -> None:
    post = '(func (export "cabi_post_lumos:plugin/tool@1.0.0#call") (param i32) unreachable)'
    assert b"cabi_post_" in componentize(bytes(wat2wasm(f"{ECHO.rstrip()[:-1]} {post})")))


@pytest.mark.parametrize(
    ("core", "says"),
    [
        ("(module)", "does not export cabi_realloc, memory"),
        (f"(module {REALLOC})", "exports no function of the contract"),
        ('(module (import "env" "puts" (func)))', "env#puts, which is not of the contract"),
        ('(module (import "lumos:plugin/kv@1.0.0" "steal" (func)))', "kv@1.0.0#steal, which is not of the contract"),
        ('(module (import "lumos:plugin/kv@2.0.0" "get" (func)))', "not of the contract"),
        (f'(module {REALLOC} (func (export "lumos:plugin/monitor@1.0.0#take")))', "only a part of"),
    ],
)
def test_what_does_not_fit_is_told(core: str, says: str) -> None:
    with pytest.raises(UnfitError, match=says):
        componentize(bytes(wat2wasm(core)))


@pytest.mark.parametrize("data", [b"", b"\0asm", b"\0asm\r\0\1\0", b"#!/bin/sh\n", b"\x7fELF" + b"\0" * 60])
def test_what_is_no_module_is_told(data: bytes) -> None:
    with pytest.raises(UnfitError, match="not a core module"):
        componentize(data)
