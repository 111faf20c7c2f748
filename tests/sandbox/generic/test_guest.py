"""Components nobody wrote for LumosAI, called as they are."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import base64
import time
from dataclasses import replace

import pytest
from tests.sandbox.generic.components import CORE, LIMITS, SUM, component, function, load
from wasmtime import wat2wasm

from lumosai_sandbox.engine.errors import ResultTooLargeError, TrapError, UnfitError
from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.limits import MIB
from lumosai_sdk.errors import InputError, NotFoundError


def test_functions_are_called_by_name_and_those_of_interfaces_by_theirs() -> None:
    guest = load(SUM)
    assert guest.call("add", {"a": 2, "b-side": 3}) == 5
    data = base64.b64encode(bytes(range(256)) * 100).decode()
    assert guest.call("acme:maths/bytes@0.1.0#echo", {"l": data}) == data
    assert set(guest.functions) == {"add", "stop", "fail", "acme:maths/bytes@0.1.0#echo"}


def test_the_ok_of_a_result_is_what_a_call_returns_and_its_err_an_error() -> None:
    guest = load(SUM)
    assert guest.call("fail", {"how": 0}) == "too bad"
    with pytest.raises(GuestError, match="too bad"):
        guest.call("fail", {"how": 1})


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("stop", {}, TrapError),
        ("nothing", {}, NotFoundError),
        ("add", {"a": 1}, InputError),
        ("add", {"a": 1, "b-side": 1, "c": 1}, InputError),
    ],
)
def test_a_call_that_fails_leaves_the_guest_as_it_was(name: str, arguments: dict[str, int], error: type) -> None:
    guest = load(SUM)
    with pytest.raises(error):
        guest.call(name, arguments)
    assert guest.call("add", {"a": 2, "b-side": 3}) == 5


COUNTER = """(component
  (core module $m (global $n (mut i32) (i32.const 0))
    (func (export "next") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))
  (core instance $i (instantiate $m))
  (func (export "next") (result u32) (canon lift (core func $i "next"))))"""


def test_every_call_has_an_instance_of_its_own() -> None:
    guest = load(bytes(wat2wasm(COUNTER)))
    assert [guest.call("next", {}) for _ in range(3)] == [1, 1, 1]


def huge(kind: str, before: str = "") -> bytes:
    return component(before, function("huge", "huge", '(param "n" u32)', f"(result (list {kind}))"))


ENUM = '(type $e (enum "a" "b")) (export $x "x" (type $e))'


@pytest.mark.parametrize(
    ("kind", "before", "count"), [("$x", ENUM, 1_000_000), ("bool", "", 200_000), ("u8", "", 2**21)]
)
def test_a_result_of_many_tiny_values_is_refused_before_it_is_made(kind: str, before: str, count: int) -> None:
    guest = load(huge(kind, before))
    assert len(guest.call("huge", {"n": 8})) >= 8
    began = time.process_time()
    with pytest.raises(ResultTooLargeError):
        guest.call("huge", {"n": count})
    assert time.process_time() - began < 5


def test_a_list_longer_than_memory_traps() -> None:
    with pytest.raises(TrapError):
        load(huge("u64")).call("huge", {"n": 2**31})


def test_memory_has_its_limit() -> None:
    guest = load(huge("bool"), replace(LIMITS, memory=MIB))
    with pytest.raises(TrapError):
        guest.call("huge", {"n": 200_000})


# --- what a component imports


def importing(imports: str, core: str = "") -> bytes:
    return bytes(wat2wasm(f"(component {imports} {CORE} {core or function('stop', 'stop')})"))


CLOCK = '(import "wasi:clocks/monotonic-clock@0.2.VERSION" (instance $c (export "now" (func (result u64)))))'
TIME = """
  (core func $now (canon lower (func $c "now")))
  (core module $t (import "c" "now" (func $now (result i64))) (func (export "now") (result i64) (call $now)))
  (core instance $j (instantiate $t (with "c" (instance (export "now" (func $now))))))
  (func (export "now") (result u64) (canon lift (core func $j "now")))"""


@pytest.mark.parametrize("version", ["0", "3", "12"])
def test_every_version_of_wasi_two_is_served(version: str) -> None:
    assert load(importing(CLOCK.replace("VERSION", version), TIME)).call("now", {}) >= 0


ENVIRONMENT = """(import "wasi:cli/environment@0.2.0" (instance $e
    (export "get-environment" (func (result (list (tuple string string)))))))"""
READ = """
  (core module $mm (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $k (instantiate $mm))
  (core func $get (canon lower (func $e "get-environment") (memory (core memory $k "memory"))
    (realloc (core func $k "realloc"))))
  (core module $t (import "e" "get" (func $get (param i32))) (import "e" "memory" (memory 1))
    (func (export "count") (result i32) (call $get (i32.const 8)) (i32.load (i32.const 12))))
  (core instance $j (instantiate $t (with "e" (instance (export "get" (func $get))
    (export "memory" (memory $k "memory"))))))
  (func (export "count") (result u32) (canon lift (core func $j "count")))"""


def test_there_is_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    assert load(importing(ENVIRONMENT, READ)).call("count", {}) == 0


HTTP = """
  (import "wasi:http/types@VERSION" (instance $t
    (export "fields" (type $fields (sub resource)))
    (export "outgoing-request" (type $request (sub resource)))
    (export "request-options" (type $options (sub resource)))
    (export "future-incoming-response" (type $future (sub resource)))
    (export "[constructor]fields" (func (result (own $fields))))
    (export "[constructor]outgoing-request" (func (param "headers" (own $fields)) (result (own $request))))))
  (alias export $t "outgoing-request" (type $request))
  (alias export $t "future-incoming-response" (type $future))
  (import "wasi:http/outgoing-handler@VERSION" (instance $h
    (alias outer 1 $request (type $r)) (alias outer 1 $future (type $f))
    (export "outgoing-request" (type $r2 (eq $r))) (export "future-incoming-response" (type $f2 (eq $f)))
    (export "handle" (func (param "request" (own $r2)) (result (own $f2))))))"""
SEND = """
  (core func $fields (canon lower (func $t "[constructor]fields")))
  (core func $request (canon lower (func $t "[constructor]outgoing-request")))
  (core func $handle (canon lower (func $h "handle")))
  (core module $s (import "h" "fields" (func $fields (result i32)))
    (import "h" "request" (func $request (param i32) (result i32)))
    (import "h" "handle" (func $handle (param i32) (result i32)))
    (func (export "make") (result i32) (call $request (call $fields)))
    (func (export "send") (result i32) (call $handle (call $request (call $fields)))))
  (core instance $j (instantiate $s (with "h" (instance (export "fields" (func $fields))
    (export "request" (func $request)) (export "handle" (func $handle))))))
  (func (export "make") (result u32) (canon lift (core func $j "make")))
  (func (export "send") (result u32) (canon lift (core func $j "send")))"""


@pytest.mark.parametrize("version", ["0.2.0", "0.2.10", "0.2.12", "0.2.40"])
def test_a_component_that_could_send_requests_runs_until_it_sends_one(version: str) -> None:
    guest = load(importing(HTTP.replace("VERSION", version), SEND))
    assert guest.call("make", {}) >= 0
    with pytest.raises(
        TrapError, match=r"it called wasi:http/outgoing-handler.*handle, which this host does not offer"
    ):
        guest.call("send", {})


OTHER = '(import "wasi:keyvalue/store@0.2.0" (instance $c (export "now" (func (result u64)))))'


def test_wasi_that_is_not_there_traps_when_it_is_called() -> None:
    guest = load(importing(OTHER, TIME))
    with pytest.raises(TrapError, match=r"it called wasi:keyvalue/store@0\.2\.0#now, which this host does not offer"):
        guest.call("now", {})


TYPES_ONLY = '(import "acme:x/types" (instance (type $r (record (field "a" u32))) (export "r" (type (eq $r)))))'


def test_an_import_of_types_alone_is_no_right() -> None:
    assert load(importing(TYPES_ONLY, function("add", "add", '(param "a" u32) (param "b" u32)', "(result u32)"))).call(
        "add", {"a": 1, "b": 1}
    )


@pytest.mark.parametrize(
    "imports",
    [
        '(import "acme:db/query" (instance (export "run" (func))))',
        '(import "run" (func))',
        '(import "lumos:plugin/kv@1.0.0" (instance (export "get" (func (param "key" string)))))',
        '(import "m" (core module))',
    ],
)
def test_an_import_that_nobody_offers_is_refused_before_anything_runs(imports: str) -> None:
    with pytest.raises(UnfitError, match="which this host does not offer"):
        load(importing(imports))


def test_composed_components_may_have_some_memories_and_not_any_number() -> None:
    def many(count: int) -> bytes:
        more = "".join(f"(core module $x{n} (memory 1)) (core instance (instantiate $x{n}))" for n in range(count))
        return component(more, function("add", "add", '(param "a" u32) (param "b" u32)', "(result u32)"))

    assert load(many(4)).call("add", {"a": 1, "b": 1}) == 2
    with pytest.raises(TrapError, match="memory count too high"):
        load(many(9)).call("add", {"a": 1, "b": 1})
