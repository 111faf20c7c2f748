"""A component from a core module, for languages whose compilers stop there (C, Zig, Rust).

All functions of the contract have one type, so that the wrapping a component adds can be written down once: the core
module's imports are reached through a table, filled after it is instantiated, because lowering them takes its memory.
The module follows the canonical ABI's naming: it imports ``lumos:plugin/kv@1.0.0`` ``get``, and exports ``memory``,
``cabi_realloc``, ``lumos:plugin/tool@1.0.0#call`` and, if it has one, ``cabi_post_lumos:plugin/tool@1.0.0#call``.

Source: the component model's binary format and canonical ABI (WebAssembly/component-model, Binary.md, CanonicalABI.md).
"""

from __future__ import annotations

from collections.abc import Iterator

from wasmtime import Module, WasmtimeError, wat2wasm

from lumosai_sandbox.engine.component import interface_of
from lumosai_sandbox.engine.engine import shared
from lumosai_sandbox.engine.errors import UnfitError
from lumosai_sdk import wit

_RESULT = "(result (result string (error string)))"
_CORE_MODULE = 1
_HEADER = 8
_MAIN = 3
"""The place among the core modules of the empty one: after the two of ``_shim``."""


def componentize(core: bytes) -> bytes:
    """Return *core* as a component of the contract, byte for byte the same each time. Raises UnfitError in words."""
    try:
        module = Module(shared().wasmtime, core)
    except WasmtimeError as e:
        raise UnfitError(f"not a core module: {str(e).splitlines()[0]}") from None
    imports = _imports((i.module, i.name or "") for i in module.imports)
    exported = {e.name for e in module.exports}
    if missing := {"memory", "cabi_realloc"} - exported:
        raise UnfitError(f"the module does not export {', '.join(sorted(missing))}")
    exports = _exports(exported)
    if not exports:
        raise UnfitError("the module exports no function of the contract, such as 'lumos:plugin/tool@1.0.0#call'")
    return _spliced(bytes(wat2wasm(_text(imports, exports, exported))), core)


def _imports(found: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    out = []
    for module, name in found:
        interface = interface_of(module)
        if interface is None or name not in wit.imports().get(interface, {}):
            raise UnfitError(f"the module imports {module}#{name}, which is not of the contract")
        out.append((interface, name))
    return sorted(set(out))


def _exports(found: set[str]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for interface, functions in wit.exports().items():
        have = [f for f in functions if f"{wit.qualified(interface)}#{f}" in found]
        if have and len(have) < len(functions):
            raise UnfitError(f"the module exports only a part of {wit.qualified(interface)}: {', '.join(have)}")
        if have:
            out[interface] = have
    return out


def _text(imports: list[tuple[str, str]], exports: dict[str, list[str]], exported: set[str]) -> str:
    """Return the component as text, its core module an empty one."""
    lines = [*_imported(imports), *_shim(imports), "(core module $main)", *_instances(imports)]
    for interface, functions in exports.items():
        lines += _lifted(interface, functions, exported)
    return "\n".join(["(component", *lines, ")"])


def _imported(imports: list[tuple[str, str]]) -> Iterator[str]:
    for interface in dict.fromkeys(i for i, _ in imports):
        functions = " ".join(
            f'(export "{f}" (func {_parameters(wit.imports()[interface][f])} {_RESULT}))'
            for i, f in imports
            if i == interface
        )
        yield f'(import "{wit.qualified(interface)}" (instance ${interface} {functions}))'


def _parameters(names: tuple[str, ...]) -> str:
    return " ".join(f'(param "{n}" string)' for n in names)


def _flat(interface: str, function: str) -> str:
    """Return the core type of an import: address and length of each text, and where the result goes."""
    return "(param" + " i32" * (2 * len(wit.imports()[interface][function]) + 1) + ")"


def _shim(imports: list[tuple[str, str]]) -> Iterator[str]:
    """Yield a module of functions that call through a table, and one that fills the table."""
    yield f'(core module $shim (table (export "t") {len(imports)} funcref)'
    for n, (interface, function) in enumerate(imports):
        count = 2 * len(wit.imports()[interface][function]) + 1
        gets = " ".join(f"local.get {k}" for k in range(count))
        flat = _flat(interface, function)
        yield f'(func (export "{n}") {flat} {gets} i32.const {n} call_indirect {flat})'
    yield ")"
    yield "(core module $fill"
    for n, (interface, function) in enumerate(imports):
        yield f'(import "" "{n}" (func $f{n} {_flat(interface, function)}))'
    yield f'(import "" "t" (table {len(imports)} funcref))'
    yield f"(elem (i32.const 0) func {' '.join(f'$f{n}' for n in range(len(imports)))})" if imports else ""
    yield ")"


def _instances(imports: list[tuple[str, str]]) -> Iterator[str]:
    yield "(core instance $shims (instantiate $shim))"
    modules = dict.fromkeys(i for i, _ in imports)
    for interface in modules:
        functions = " ".join(
            f'(export "{f}" (func $shims "{n}"))' for n, (i, f) in enumerate(imports) if i == interface
        )
        yield f"(core instance $of-{interface} {functions})"
    given = " ".join(f'(with "{wit.qualified(i)}" (instance $of-{i}))' for i in modules)
    yield f"(core instance $it (instantiate $main {given}))"
    yield '(alias core export $it "memory" (core memory $memory))'
    yield '(alias core export $it "cabi_realloc" (core func $realloc))'
    for n, (interface, function) in enumerate(imports):
        options = "(memory $memory) (realloc $realloc)"
        yield f'(core func $lowered{n} (canon lower (func ${interface} "{function}") {options}))'
    exports = " ".join(f'(export "{n}" (func $lowered{n}))' for n in range(len(imports)))
    yield f'(core instance $lowered {exports} (export "t" (table $shims "t")))'
    yield '(core instance (instantiate $fill (with "" (instance $lowered))))'


def _lifted(interface: str, functions: list[str], exported: set[str]) -> Iterator[str]:
    name = wit.qualified(interface)
    for function in functions:
        core = f"{name}#{function}"
        post = f' (post-return (core func $it "cabi_post_{core}"))' if f"cabi_post_{core}" in exported else ""
        yield (
            f"(func ${interface}-{function} {_parameters(wit.exports()[interface][function])} {_RESULT}"
            f' (canon lift (core func $it "{core}") (memory $memory) (realloc $realloc){post}))'
        )
    items = " ".join(f'(export "{f}" (func ${interface}-{f}))' for f in functions)
    yield f"(instance ${interface}-exports {items})"
    yield f'(export "{name}" (instance ${interface}-exports))'


def _spliced(component: bytes, core: bytes) -> bytes:
    """Put *core* in place of the third of the component's core modules, the empty one."""
    seen = 0
    at = _HEADER
    while at < len(component):
        size, body = _leb(component, at + 1)
        if component[at] == _CORE_MODULE:
            seen += 1
            if seen == _MAIN:
                return component[:at] + bytes([_CORE_MODULE]) + _to_leb(len(core)) + core + component[body + size :]
        at = body + size
    raise AssertionError("the text above has three modules")


def _leb(data: bytes, at: int) -> tuple[int, int]:
    """Return the LEB128 number at *at*, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 - the continuation bit
            return value, at


def _to_leb(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:  # noqa: PLR2004
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
