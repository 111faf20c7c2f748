"""Which components are ours: names and types are held against the contract before anything is read by them."""

from __future__ import annotations

import pytest
from wasmtime import wat2wasm

from lumosai_sandbox.engine.component import Guest, interface_of
from lumosai_sandbox.engine.engine import shared
from lumosai_sandbox.engine.errors import UnfitError

TEXTS = "(result (result string (error string)))"
GOOD = f'(param "key" string) {TEXTS}'


def importing(interface: str, function: str, type_: str = GOOD) -> bytes:
    return bytes(wat2wasm(f'(component (import "{interface}" (instance (export "{function}" (func {type_})))))'))


def exporting(function: str, parameters: str, result: str = TEXTS, name: str = "lumos:plugin/tool@1.0.0") -> bytes:
    """Return a component whose export has the type asked for: it hands one of its imports through."""
    return bytes(
        wat2wasm(f"""(component
      (component $c (import "f" (func $f {parameters} {result}))
        (export "{function}" (func $f)))
      (core module $m (memory (export "memory") 1)
        (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "f") {"(param i32 i32)" * parameters.count("string")} {"(param i32)" * parameters.count("u32")}
          {"(result i32)" if result else ""} unreachable))
      (core instance $i (instantiate $m))
      (func $f {parameters} {result} (canon lift (core func $i "f") (memory (core memory $i "memory"))
        (realloc (core func $i "r"))))
      (instance $t (instantiate $c (with "f" (func $f))))
      (export "{name}" (instance $t)))""")
    )


def load(wasm: bytes) -> Guest:
    return Guest.from_bytes(shared(), wasm)


CALL = '(param "id" string) (param "arguments" string) (param "context" string)'


def test_what_keeps_to_the_contract_is_linked() -> None:
    assert load(importing("lumos:plugin/kv@1.0.0", "get")).imports == ("kv",)
    assert set(load(exporting("call", CALL)).exports) == {"tool.call"}


def test_the_names_of_parameters_are_the_authors() -> None:
    assert load(importing("lumos:plugin/kv@1.0.0", "get", f'(param "other" string) {TEXTS}')).imports == ("kv",)


@pytest.mark.parametrize(
    ("interface", "function", "type_", "words"),
    [
        ("lumos:plugin/kv@1.0.0", "drop-all", GOOD, "kv@1.0.0#drop-all, which this host does not offer"),
        ("lumos:plugin/root@1.0.0", "get", GOOD, "'lumos:plugin/root@1.0.0', which this host does not offer"),
        ("lumos:plugin/tool@1.0.0", "call", GOOD, "which this host does not offer"),
        ("lumos:plugin/kv@2.0.0", "get", GOOD, "which this host does not offer"),
        ("lumos:plugin/kv@1.7.0", "get", GOOD, "which this host does not offer"),
        ("lumos:plugin/kv", "get", GOOD, "which this host does not offer"),
        ("evil:plugin/kv@1.0.0", "get", GOOD, "which this host does not offer"),
        ("wasi:sockets/tcp@0.2.0", "get", GOOD, "which this host does not offer"),
        ("lumos:plugin/kv@1.0.0", "get", TEXTS, "does not have the type of the contract"),
        ("lumos:plugin/kv@1.0.0", "get", f'(param "key" (list u8)) {TEXTS}', "does not have the type"),
        ("lumos:plugin/kv@1.0.0", "get", f'(param "key" u32) {TEXTS}', "does not have the type"),
        ("lumos:plugin/kv@1.0.0", "get", f'(param "a" string) (param "b" string) {TEXTS}', "does not have the type"),
        ("lumos:plugin/kv@1.0.0", "get", '(param "key" string)', "does not have the type"),
        ("lumos:plugin/kv@1.0.0", "get", '(param "key" string) (result string)', "does not have the type"),
        ("lumos:plugin/kv@1.0.0", "get", '(param "key" string) (result (result string))', "does not have the type"),
        (
            "lumos:plugin/kv@1.0.0",
            "get",
            '(param "key" string) (result (result u64 (error string)))',
            "does not have the type",
        ),
    ],
)
def test_an_import_of_another_name_or_type_is_refused(interface: str, function: str, type_: str, words: str) -> None:
    with pytest.raises(UnfitError) as caught:
        load(importing(interface, function, type_))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "item",
    [
        '(import "lumos:plugin/kv@1.0.0" (func))',
        '(import "lumos:plugin/kv@1.0.0" (component))',
        '(import "lumos:plugin/kv@1.0.0" (instance (export "get" (type (sub resource)))))',
        '(import "lumos:plugin/kv@1.0.0" (instance (export "get" (instance))))',
        '(import "kv" (core module))',
        '(import "t" (type (sub resource)))',
    ],
)
def test_an_import_of_another_sort_is_refused(item: str) -> None:
    with pytest.raises(UnfitError):
        load(bytes(wat2wasm(f"(component {item})")))


@pytest.mark.parametrize(
    ("parameters", "result"),
    [
        ('(param "id" string)', TEXTS),
        (CALL + '(param "more" string)', TEXTS),
        (CALL.replace("string", "u32", 1), TEXTS),
        (CALL, "(result string)"),
        (CALL, "(result (result string))"),
        (CALL, ""),
    ],
)
def test_an_export_of_another_type_is_refused(parameters: str, result: str) -> None:
    with pytest.raises(UnfitError, match="does not have the type of the contract"):
        load(exporting("call", parameters, result))


def test_an_export_without_its_function_is_refused() -> None:
    with pytest.raises(UnfitError, match="lacks the function 'call'"):
        load(exporting("other", CALL))


def test_exports_that_are_none_of_ours_are_left_alone() -> None:
    assert load(exporting("call", CALL, name="acme:plugin/tool@1.0.0")).exports == {}
    assert load(exporting("call", CALL, name="lumos:plugin/kv@1.0.0")).exports == {}


@pytest.mark.parametrize("item", ['(func $f (canon lift (core func $i "f")))', "(component $f)"])
def test_an_export_of_ours_that_is_no_interface_is_refused(item: str) -> None:
    kind = "func" if "func" in item else "component"
    wasm = f"""(component (core module $m (func (export "f"))) (core instance $i (instantiate $m)) {item}
      (export "lumos:plugin/tool@1.0.0" ({kind} $f)))"""
    with pytest.raises(UnfitError):
        load(bytes(wat2wasm(wasm)))


@pytest.mark.parametrize("wasm", [b"", b"(component)", b"\0asm", b"\0asm\1\0\0\0", b"\x7fELF"])
def test_what_is_no_component_is_unfit(wasm: bytes) -> None:
    with pytest.raises(UnfitError):
        load(wasm)


@pytest.mark.parametrize(
    ("name", "interface"),
    [
        ("lumos:plugin/kv@1.0.0", "kv"),
        ("lumos:plugin/kv@1.0.1", None),
        ("lumos:plugin/kv@0.9.0", None),
        ("lumos:plugin/kv@1", None),
        ("lumos:plugin/kv@1.0.x", None),
        ("lumos:plugin/kv@", None),
        ("lumos:plugin", None),
        ("", None),
    ],
)
def test_a_name_is_ours_by_package_and_version(name: str, interface: str | None) -> None:
    assert interface_of(name) == interface
