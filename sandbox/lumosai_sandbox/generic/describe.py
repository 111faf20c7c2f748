"""What a compiled component imports and exports, its functions with their schemas. Runs in the compiling child."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import wasmtime
from wasmtime import component as wc

from lumosai_sandbox.artefacts.shape import Function, Shape
from lumosai_sandbox.engine.component import interface_of
from lumosai_sandbox.engine.errors import UnfitError
from lumosai_sandbox.generic.schema import input_schema, output_schema
from lumosai_sandbox.generic.types import MAX_NAME, UnsupportedError, signature
from lumosai_sdk import wit

MAX_NAMES = 1_000
MAX_FUNCTIONS = 200
MAX_SCHEMAS = 1024 * 1024
"""Bytes of all schemas of a component together."""
_OURS = f"{wit.PACKAGE}/"
_WASI = "wasi:"
_SKIPPED_WASI = "it is an entry point of WASI, for programs and servers"
_SKIPPED_METHOD = "it belongs to a resource"


def described(engine: wasmtime.Engine, component: wc.Component) -> Shape:
    """Return the shape of *component*. Raises UnfitError for one of another contract, or too large to describe."""
    kind = component.type
    imports = {n: e.ty for n, e in kind.imports(engine).items()}
    exports = {n: e.ty for n, e in kind.exports(engine).items()}
    _check_names([*imports, *exports])
    ours = any(n.startswith(_OURS) for n in exports)
    finder = _Finder(engine)
    finder.find(exports)
    return Shape(
        imports=tuple(sorted(imports)),
        exports=tuple(sorted(exports)),
        ours=ours,
        wasi=any(n.startswith(_WASI) for n in imports),
        functions=tuple(finder.functions),
        skipped=tuple(finder.skipped),
        unmet=tuple(sorted(n for n, t in imports.items() if not _offered(engine, n, t, ours=ours))),
    )


def function_type(engine: wasmtime.Engine, component: wc.Component, interface: str | None, name: str) -> wc.FuncType:
    """Return the type of an exported function that ``described`` named."""
    items = component.type.exports(engine)
    if interface is not None:
        instance: Any = items[interface].ty
        items = instance.exports(engine)
    found = items[name].ty
    assert isinstance(found, wc.FuncType)  # noqa: S101 - it was one when it was described
    return found


def _check_names(names: list[str]) -> None:
    if len(names) > MAX_NAMES or any(len(n) > MAX_NAME for n in names):
        raise UnfitError(f"it has more than {MAX_NAMES} imports and exports, or one whose name is too long")
    for name in names:
        if name.startswith(_OURS) and interface_of(name) is None:
            raise UnfitError(f"it is made for {name}, and this host serves {wit.PACKAGE} {wit.CURRENT}")


def _offered(engine: wasmtime.Engine, name: str, item: Any, *, ours: bool) -> bool:
    """Tell whether an import is there when the component runs: our own for guests of ours, WASI for all others."""
    if ours:
        return interface_of(name) in wit.imports()
    if name.startswith(_WASI):
        return True
    # An interface of types alone is asked for by name, and nothing of it is ever called.
    if isinstance(item, wc.ComponentInstanceType):
        return not any(isinstance(e.ty, wc.FuncType) for e in item.exports(engine).values())
    return isinstance(item, wc.ValType)


def _toolchains(interface: str | None, name: str, kind: wc.FuncType) -> str | None:
    """Return the builder whose own function this is: they run it once, before there is a component."""
    if (interface, name) == ("exports", "init"):
        return "componentize-py"
    mine = interface is None and name == "init" and [n for n, _ in kind.params][:2] == ["shim", "script"]
    return "componentize-qjs" if mine else None


class _Finder:
    def __init__(self, engine: wasmtime.Engine) -> None:
        self.functions: list[Function] = []
        self.skipped: list[tuple[str, str]] = []
        self._engine = engine
        self._room = MAX_SCHEMAS

    def find(self, exports: dict[str, Any]) -> None:
        for interface, name, kind in self._exported(exports):
            if len(self.functions) + len(self.skipped) >= MAX_FUNCTIONS:
                raise UnfitError(f"it exports more than {MAX_FUNCTIONS} functions")
            try:
                self.functions.append(self._described(interface, name, kind))
            except UnsupportedError as e:
                self.skipped.append((name if interface is None else f"{interface}#{name}", str(e)))

    def _exported(self, exports: dict[str, Any]) -> Iterator[tuple[str | None, str, wc.FuncType]]:
        for name, item in exports.items():
            if isinstance(item, wc.FuncType):
                yield None, name, item
            elif isinstance(item, wc.ComponentInstanceType) and not name.startswith(_OURS):
                for inner, extern in item.exports(self._engine).items():
                    if isinstance(kind := extern.ty, wc.FuncType):
                        yield name, inner, kind

    def _described(self, interface: str | None, name: str, kind: wc.FuncType) -> Function:
        if interface is not None and interface.startswith(_WASI):
            raise UnsupportedError(_SKIPPED_WASI)
        if tool := _toolchains(interface, name, kind):
            raise UnsupportedError(f"it belongs to {tool}, which made the component")
        if name.startswith("["):
            raise UnsupportedError(_SKIPPED_METHOD)
        if len(name) > MAX_NAME:
            raise UnsupportedError("its name is too long")
        types = signature(kind)
        out = Function(name, interface, input_schema(types), output_schema(types), types.names)
        self._room -= len(json.dumps([out.input_schema, out.output_schema]))
        if self._room < 0:
            raise UnsupportedError("the types of this component are too large")
        return out
