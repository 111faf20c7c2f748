"""Files that are no component, no longer one, or one that asks for what no host offers."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.attacks.sandbox.conftest import LIMITS, Start, answers, assembled, component, say
from wasmtime import component as wc

from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.engine import shared
from lumosai_sandbox.engine.errors import UnfitError
from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.inprocess import InProcess
from lumosai_sdk import wit
from lumosai_sdk.errors import PluginError
from lumosai_sdk.types.caller import NOBODY

STRINGS = '(param "a" string)'
TEXTS = "(result (result string (error string)))"


def offering(what: str) -> str:
    return f"(component {what})"


def importing(name: str, body: str) -> str:
    return f'(component (import "{name}" (instance {body})))'


GET = f'(export "get" (func (param "key" string) {TEXTS}))'
WASI = "wasi:cli/environment@0.2.0"


def loads(wasm: bytes) -> Guest:
    return Guest.from_bytes(shared(), wasm)


async def test_the_honest_file_loads(start: Start) -> None:
    assert await say(await start(component(imports=["kv.get"]))) == "hello"


@pytest.mark.parametrize(
    "text",
    [
        importing(WASI, '(export "get-environment" (func (result (list (tuple string string)))))'),
        importing("wasi:sockets/tcp@0.2.0", ""),
        importing("lumos:plugin/kv@2.0.0", GET),
        importing("lumos:plugin/kv@1.1.0", GET),
        importing("lumos:plugin/kv@0.9.0", GET),
        importing("lumos:plugin/kv@1.0.0-rc1", GET),
        importing("lumos:plugin/kv", GET),
        importing("lumos:plugin/shell@1.0.0", GET),
        importing("lumos:plugins/kv@1.0.0", GET),
        importing("other:plugin/kv@1.0.0", GET),
        importing("lumos:plugin/tool@1.0.0", f'(export "call" (func {STRINGS} {TEXTS}))'),
        importing(wit.qualified("kv"), GET.replace('"get"', '"drop-all"')),
        importing(wit.qualified("kv"), '(export "get" (func))'),
        importing(wit.qualified("kv"), '(export "get" (func (param "key" string) (result string)))'),
        importing(wit.qualified("kv"), GET.replace('"key" string', '"key" u32')),
        importing(wit.qualified("kv"), GET.replace('"key" string', '"key" (list u8)')),
        importing(wit.qualified("kv"), GET.replace("(error string)", "(error u32)")),
        importing(wit.qualified("kv"), GET.replace('(param "key" string)', '(param "key" string) (param "b" string)')),
        importing(wit.qualified("kv"), '(export "store" (type (sub resource)))'),
        '(component (import "get" (func (result string))))',
        '(component (import "m" (core module (export "memory" (memory 1)))))',
        '(component (import "c" (component)))',
    ],
)
def test_what_no_host_offers_is_refused_by_name(text: str) -> None:
    with pytest.raises(UnfitError) as caught:
        loads(assembled(text))
    assert str(caught.value)


NOTHING = "(core module $m) (core instance (instantiate $m))"


def exporting(name: str, function: str) -> str:
    return f"""(component (core module $m (memory (export "m") 1) (func (export "f") (result i32) i32.const 0))
      (core instance $i (instantiate $m)) (alias core export $i "m" (core memory $mem))
      (func $f {function} (canon lift (core func $i "f") (memory (core memory $mem))))
      (instance $t (export "call" (func $f))) (export "{name}" (instance $t)))"""


@pytest.mark.parametrize(
    "function",
    ["(result string)", "(result (result (list u8) (error string)))", "(result (tuple u8 u8 u8 u8 u8))", TEXTS],
)
def test_an_export_of_another_type_is_refused(function: str) -> None:
    with pytest.raises(UnfitError, match="type of the contract"):
        loads(assembled(exporting(wit.qualified("tool"), function)))


@pytest.mark.parametrize(
    "text",
    [
        f'(component (instance $t) (export "{wit.qualified("tool")}" (instance $t)))',
        f'(component {NOTHING} (component $c) (export "{wit.qualified("tool")}" (component $c)))',
    ],
)
def test_an_interface_that_lacks_its_function_is_refused(text: str) -> None:
    with pytest.raises(UnfitError):
        loads(assembled(text))


@pytest.mark.parametrize(
    "name", ["tool", "lumos:plugin/tool", "lumos:plugin/tool@2.0.0", "lumos:plugin/tool@1.0.1", "a:b/tool@1.0.0"]
)
def test_exports_of_other_names_are_none_of_ours(name: str) -> None:
    assert loads(assembled(exporting(name, TEXTS))).exports == {}


@pytest.mark.parametrize(
    "export", ["tool.run", "", "call", "tool", "storage.execute", "tool.call\0", "plugin.describe"]
)
async def test_an_export_that_is_not_there_is_an_error_of_the_plugin(start: Start, export: str) -> None:
    runner = await start(component())
    with pytest.raises(PluginError):
        await runner.call(export, "a", "b", "c", caller=NOBODY)
    assert await say(runner) == "hello"


@pytest.mark.parametrize("texts", [(), ("a",), ("a", "b"), ("a", "b", "c", "d"), ("a",) * 9])
async def test_a_wrong_number_of_texts_reaches_no_guest(start: Start, texts: tuple[str, ...]) -> None:
    runner = await start(component())
    with pytest.raises(Exception):  # noqa: B017, PT011 - a mistake of the host's own: which one it is, is no matter
        await runner.call("tool.call", *texts, caller=NOBODY)
    assert await say(runner) == "hello"


# --- bytes


HONEST = component(imports=["kv.get"])


@pytest.mark.parametrize(
    "wasm",
    [
        b"",
        b"\0",
        b"\0asm",
        b"\0asm\x0d\0\x01",
        b"\0asm\x01\0\0\0",
        b"\0asm\x0e\0\x01\0",
        b"\0asm\x0d\0\x02\0",
        b"\x7fELF" + bytes(60),
        b"MZ" + bytes(60),
        b"#!/bin/sh\nid\n",
        b"(component)",
        b'(module (func (export "f")))',
        HONEST[:-1],
        HONEST + b"\0",
        HONEST + HONEST,
        HONEST + b"\0\xff\xff\xff\xff\x0f",
        assembled('(module (func (export "call") (result i32) i32.const 0))'),
        bytes(100_000),
        b"\xff" * 100_000,
    ],
)
def test_what_is_no_component_is_refused(wasm: bytes) -> None:
    with pytest.raises(UnfitError):
        loads(wasm)


def test_compiled_code_is_no_plugin(tmp_path: Path) -> None:
    """Compiled code is run as it is: who may bring it owns the host."""
    compiled = wc.Component(shared().wasmtime, HONEST).serialize()
    with pytest.raises(UnfitError):
        loads(bytes(compiled))
    assert loads(HONEST).exports


def test_a_component_is_no_compiled_code(tmp_path: Path) -> None:
    path = tmp_path / "c.cwasm"
    for wasm in (HONEST, b"", b"\x7fELF" + bytes(200)):
        path.write_bytes(wasm)
        with pytest.raises(UnfitError):
            Guest.from_file(shared(), str(path))
    path.write_bytes(wc.Component(shared().wasmtime, HONEST).serialize())
    assert Guest.from_file(shared(), str(path)).exports


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(HONEST) - 1))
def test_a_truncated_component_is_refused(cut: int) -> None:
    try:
        guest = loads(HONEST[:cut])
    except UnfitError:
        return
    assert set(guest.exports) <= {"tool.call"}  # cut between two sections: a smaller component, or one without names


@settings(max_examples=150, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(8, len(HONEST) - 1), st.integers(0, 255)), min_size=1, max_size=4),
    arguments=st.sampled_from(["hello", "!", ""]),
)
async def test_a_spoilt_component_is_refused_or_spoils_itself(changes: list[tuple[int, int]], arguments: str) -> None:
    spoilt = bytearray(HONEST)
    for at, byte in changes:
        spoilt[at] = byte
    try:
        guest = loads(bytes(spoilt))
    except UnfitError:
        return
    runner = InProcess("evil", guest, LIMITS, answers)
    if "tool.call" in guest.exports:
        with contextlib.suppress(PluginError, GuestError):
            await say(runner, arguments)
    await runner.aclose()


# --- what wasmtime could and guests here may not


@pytest.mark.parametrize(
    "text",
    [
        "(component (core func (canon thread.yield)))",
        "(component (core func (canon waitable-set.new)))",
        "(component (type (stream u8)))",
        "(component (type (future u8)))",
        "(component (core module (memory i64 1)))",
        "(component (core module (memory 1 1 shared)))",
        "(component (core module (type (struct))))",
        "(component (core module (tag)))",
        (
            "(component (core module (func (param v128) (result v128)"
            "(i8x16.relaxed_swizzle (local.get 0) (local.get 0)))))"
        ),
        "(component (core module (memory 1 (pagesize 1))))",
        "(component (type error-context))",
        "(component (type (map string string)))",
    ],
)
def test_what_no_guest_needs_is_off(text: str) -> None:
    with pytest.raises(UnfitError):
        loads(assembled(text))


def test_simd_and_tail_calls_are_on() -> None:
    assert (
        loads(assembled("(component (core module (func $f (drop (v128.const i64x2 0 0)) (return_call $f))))")).imports
        == ()
    )
