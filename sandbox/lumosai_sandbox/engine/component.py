"""A component made ready: its imports checked and linked, its exports found."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from wasmtime import WasmtimeError
from wasmtime import component as wc

from lumosai_sandbox.engine import capi
from lumosai_sandbox.engine.engine import Engine
from lumosai_sandbox.engine.errors import UnfitError, cause
from lumosai_sandbox.engine.hostcalls import FUNCTIONS, ON_HOST_CALL
from lumosai_sdk import wit

MAGIC = b"\0asm"
"""How WebAssembly begins. wasmtime would take its text form too, and read it with a parser nobody asked for."""


@dataclass(frozen=True, slots=True)
class Export:
    """An exported function of ours: where it is, and how many texts it takes."""

    index: Any
    arity: int
    address: int

    @classmethod
    def of(cls, index: Any, arity: int) -> Export:
        return cls(index, arity, ctypes.cast(index.ptr(), ctypes.c_void_p).value or 0)


class Guest:
    """A component of ours, linked. Instances are made from it by ``lumosai_sandbox.engine.instance``.

    ``imports`` are the interfaces it asks for, ``exports`` the functions it offers, as ``tool.call``.
    """

    def __init__(self, engine: Engine, compiled: wc.Component) -> None:
        """Check and link. Raises UnfitError for a component that is none of ours."""
        self.engine = engine
        self.component = compiled
        self.address: int = ctypes.cast(compiled.ptr(), ctypes.c_void_p).value or 0
        kind = compiled.type
        self.imports = _checked_imports(kind.imports(engine.wasmtime).items(), engine)
        self.exports = dict(self._found_exports(kind.exports(engine.wasmtime).items()))
        self.linker = _linker(engine, self.imports)
        self.linker_address: int = ctypes.cast(self.linker.ptr(), ctypes.c_void_p).value or 0

    @classmethod
    def from_file(cls, engine: Engine, path: str) -> Guest:
        """Load compiled code, which must come from a cache that nobody else can write. Raises UnfitError."""
        return cls(engine, cls.loaded(engine, path))

    @staticmethod
    def loaded(engine: Engine, path: str) -> wc.Component:
        """Load compiled code of any component, ours or not; as ``from_file``."""
        try:
            return wc.Component.deserialize_file(engine.wasmtime, path)
        except WasmtimeError as e:
            raise UnfitError(cause(str(e))) from None

    @classmethod
    def from_bytes(cls, engine: Engine, wasm: bytes) -> Guest:
        """Compile here and now, which a stranger's component must not be. Raises UnfitError."""
        if not wasm.startswith(MAGIC):
            raise UnfitError("it is no WebAssembly")
        try:
            return cls(engine, wc.Component(engine.wasmtime, wasm))
        except WasmtimeError as e:
            raise UnfitError(cause(str(e))) from None

    def _found_exports(self, items: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Export]]:
        for name, item in items:
            interface = interface_of(name)
            if interface is None or interface not in wit.exports():
                continue
            outer = self.component.get_export_index(name)
            for function, parameters in wit.exports()[interface].items():
                index = self.component.get_export_index(function, outer)
                if index is None:
                    raise UnfitError(f"{name} lacks the function {function!r}")
                _check_type(item.ty.exports(self.engine.wasmtime)[function], len(parameters), f"{name}#{function}")
                yield f"{interface}.{function}", Export.of(index, len(parameters))


def interface_of(name: str) -> str | None:
    """Return ``kv`` for ``lumos:plugin/kv@1.0.0``; None when the name is not of a version this host serves."""
    package, _, rest = name.partition("/")
    interface, _, version = rest.partition("@")
    if package != wit.PACKAGE or not _serves(version):
        return None
    return interface


def _serves(version: str) -> bool:
    """Tell whether this host's contract includes that of *version*: the same major one, and no later minor one."""
    try:
        wanted, have = ([int(p) for p in v.split(".")] for v in (version, wit.CURRENT))
    except ValueError:
        return False
    return len(wanted) == len(have) and wanted[0] == have[0] and wanted <= have


def _checked_imports(items: Iterable[tuple[str, Any]], engine: Engine) -> tuple[str, ...]:
    out = []
    for name, item in items:
        interface = interface_of(name)
        if interface is None or interface not in wit.imports():
            raise UnfitError(f"it imports {name!r}, which this host does not offer")
        known = wit.imports()[interface]
        if not isinstance(interface_type := item.ty, wc.ComponentInstanceType):
            raise UnfitError(f"its import {name!r} is no interface")
        for function, kind in interface_type.exports(engine.wasmtime).items():
            if function not in known:
                raise UnfitError(f"it imports {name}#{function}, which this host does not offer")
            _check_type(kind, len(known[function]), f"{name}#{function}")
        out.append(interface)
    return tuple(sorted(out))


def _check_type(item: Any, arity: int, what: str) -> None:
    """Hold a function's type against the contract: the calls below read and write memory by it."""
    kind = item.ty
    good = (
        isinstance(kind, wc.FuncType)
        and [type(t) for _, t in kind.params] == [wc.String] * arity
        and isinstance(kind.result, wc.ResultType)
        and isinstance(kind.result.ok, wc.String)
        and isinstance(kind.result.err, wc.String)
    )
    if not good:
        raise UnfitError(f"{what} does not have the type of the contract ({arity} strings to result<string, string>)")


def _linker(engine: Engine, interfaces: Iterable[str]) -> wc.Linker:
    linker = wc.Linker(engine.wasmtime)
    with linker.root() as root:
        for interface in interfaces:
            with root.add_instance(wit.qualified(interface)) as instance:
                for function in wit.imports()[interface]:
                    name = function.encode()
                    number = FUNCTIONS.index(f"{interface}.{function}")
                    address = ctypes.cast(instance.ptr(), ctypes.c_void_p).value
                    if error := capi.add_function(address, name, len(name), ON_HOST_CALL, number, None):
                        raise UnfitError(capi.error_text(error))
    return linker
