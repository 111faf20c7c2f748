"""Components of plain functions, written in WebAssembly's text form."""

from __future__ import annotations

from wasmtime import component as wc
from wasmtime import wat2wasm

from lumosai_sandbox.engine.engine import shared
from lumosai_sandbox.generic.guest import GenericGuest
from lumosai_sandbox.generic.types import Type
from lumosai_sandbox.limits import MIB, Limits

LIMITS = Limits(memory=64 * MIB)

# A list goes in and comes out as an address and a length, whatever it is a list of: no code need know its type.
CORE = """
  (core module $m
    (memory (export "memory") 1)
    (global $heap (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $p i32)
      (local.set $p (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
      (global.set $heap (i32.add (local.get $p) (local.get 3)))
      (block $fits (loop $grow
        (br_if $fits (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
        (br $grow)))
      (local.get $p))
    (func (export "echo") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0))
      (i32.store (i32.const 20) (local.get 1))
      (i32.const 16))
    (func (export "huge") (param i32) (result i32)
      (drop (memory.grow (i32.const 512)))
      (i32.store (i32.const 16) (i32.const 65536))
      (i32.store (i32.const 20) (local.get 0))
      (i32.const 16))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "fail") (param i32) (result i32)
      (i32.store8 (i32.const 16) (i32.and (local.get 0) (i32.const 1)))
      (i32.store (i32.const 20) (i32.const 64))
      (i32.store (i32.const 24) (i32.const 7))
      (i32.const 16))
    (func (export "stop") unreachable)
    (data (i32.const 64) "too bad"))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $mem))
  (alias core export $i "realloc" (core func $realloc))
"""
MEMORY = "(memory (core memory $mem)) (realloc (core func $realloc))"


def component(*parts: str, before: str = "") -> bytes:
    """Return a component of the code above and *parts*."""
    return bytes(wat2wasm(f"(component {before} {CORE} {' '.join(parts)})"))


def function(name: str, core: str, parameters: str = "", result: str = "") -> str:
    """Return an exported function over a core one."""
    return f'(func (export "{name}") {parameters} {result} (canon lift (core func $i "{core}") {MEMORY}))'


SUM = component(
    function("add", "add", '(param "a" u32) (param "b-side" u32)', "(result u32)"),
    function("stop", "stop"),
    function("fail", "fail", '(param "how" u32)', "(result (result string (error string)))"),
    f'(func $inner (param "l" (list u8)) (result (list u8)) (canon lift (core func $i "echo") {MEMORY}))',
    '(instance $math (export "echo" (func $inner)))',
    '(export "acme:maths/bytes@0.1.0" (instance $math))',
)


class Text:
    """Types in text form; those that must have a name are exported under one."""

    def __init__(self) -> None:
        self.definitions: list[str] = []

    def of(self, kind: Type | None) -> str:
        """Return how *kind* is referred to, having defined what it needs."""
        assert kind is not None
        if kind.kind == "bytes":
            return "(list u8)"
        parts = [None if p is None else self.of(p) for p in kind.parts]
        if kind.kind in {"record", "variant", "enum", "flags"}:
            return self._named(kind, parts)
        if kind.kind == "result":
            ok, err = parts
            return f"(result {ok or ''} {f'(error {err})' if err else ''})"
        return f"({kind.kind} {' '.join(map(str, parts))})" if parts else kind.kind

    def _named(self, kind: Type, parts: list[str | None]) -> str:
        word = {"record": "field", "variant": "case"}.get(kind.kind)
        names = kind.names if word is None else ()
        body = " ".join(f'"{n}"' for n in names)
        if word is not None:
            body = " ".join(f'({word} "{n}" {p or ""})' for n, p in zip(kind.names, parts, strict=True))
        number = len(self.definitions)
        self.definitions.append(
            f'(type $a{number} ({kind.kind} {body})) (export $t{number} "t{number}" (type $a{number}))'
        )
        return f"$t{number}"


def echoing(kind: Type) -> bytes:
    """Return a component whose function ``echo`` takes and returns a list of *kind*."""
    text = Text()
    name = text.of(kind)
    return component(
        *text.definitions, function("echo", "echo", f'(param "l" (list {name}))', f"(result (list {name}))")
    )


def load(wasm: bytes, limits: Limits = LIMITS) -> GenericGuest:
    """Return the guest, compiled here and now."""
    engine = shared(generic=True)
    return GenericGuest(engine, wc.Component(engine.wasmtime, wasm), limits)
