"""A component that nobody wrote for LumosAI, called with JSON.

For jailed workers only: the calls are the engine's plain ones, which hold their thread until the guest returns, and
WASI is there, though nothing can be reached by it (no folders, variables, arguments, streams or network). Whoever owns
the worker ends it when the time is over; a guest that sleeps in WASI looks at no deadline.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from ctypes import byref
from typing import Any

import wasmtime
from wasmtime import WasmtimeError, _ffi
from wasmtime import component as wc

from lumosai_sandbox.engine import capi
from lumosai_sandbox.engine.engine import Engine
from lumosai_sandbox.engine.errors import TrapError, UnfitError, cause
from lumosai_sandbox.engine.ticker import TICK
from lumosai_sandbox.generic.describe import described, function_type
from lumosai_sandbox.generic.lifting import Lifting
from lumosai_sandbox.generic.linking import HTTP, linker
from lumosai_sandbox.generic.lowering import Lowering, Value
from lumosai_sandbox.generic.types import Signature, Type, signature
from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.limits import Limits
from lumosai_sdk.errors import NotFoundError

MEMORIES = 8
"""Linear memories a component may have."""


class GenericGuest:
    """A component's plain functions, by their keys (see ``Function.key``). A call has an instance of its own."""

    def __init__(self, engine: Engine, component: wc.Component, limits: Limits) -> None:
        """Link *component*. Raises UnfitError for one that imports functions nobody offers."""
        self.limits = limits
        self._engine = engine
        self._component = component
        shape = described(engine.wasmtime, component)
        if shape.unmet:
            raise UnfitError(f"it imports {shape.unmet[0]!r}, which this host does not offer")
        self.wasi = shape.wasi
        self._http = any(n.startswith(HTTP) for n in shape.imports)
        self._functions = {f.key: self._found(f.interface, f.name) for f in shape.functions}
        self._linker = linker(engine, component)

    @property
    def functions(self) -> tuple[str, ...]:
        """The keys of the functions that can be called."""
        return tuple(self._functions)

    def _found(self, interface: str | None, name: str) -> tuple[Signature, wc.ExportIndex]:
        outer = self._component.get_export_index(interface) if interface else None
        index = self._component.get_export_index(name, outer)
        kind = function_type(self._engine.wasmtime, self._component, interface, name)
        assert index is not None  # noqa: S101 - the type says that it is there
        return signature(kind), index

    def call(self, function: str, arguments: Mapping[str, Any]) -> Any:
        """Return what *function* returns, as JSON.

        Raises InputError for arguments that do not fit, GuestError for the ``err`` of a ``result``, TrapError,
        ResultTooLargeError, and NotFoundError for a function that is not there.
        """
        if function not in self._functions:
            raise NotFoundError("function", function, self._functions)
        types, index = self._functions[function]
        lowering = Lowering()
        slots = lowering.arguments(types.names, types.types, arguments)
        store = self._store()
        try:
            instance = self._linker.instantiate(store, self._component)
            found = instance.get_func(store, index)
        except WasmtimeError as e:
            raise _ended(e) from None
        assert found is not None  # noqa: S101 - the type says that it is there
        return self._called(store, found, slots, types.result)

    def _called(self, store: wasmtime.Store, function: wc.Func, slots: Any, result: Type | None) -> Any:
        out = Value()
        error: Any = _ffi.wasmtime_component_func_call(
            byref(function._func), store._context(), slots, len(slots), byref(out), int(result is not None)
        )
        if error:
            raise _ended(WasmtimeError._from_ptr(error))
        if result is None:
            return None
        try:
            return _answer(result, out, Lifting(self.limits.result))
        finally:
            capi.value_delete(byref(out))

    def _store(self) -> wasmtime.Store:
        limits = self.limits
        store = wasmtime.Store(self._engine.wasmtime)
        # Composed components have a few memories, nearly all of them tiny: their sum is for the process's own limit.
        memories = max(limits.memories, MEMORIES)
        store.set_limits(limits.memory, limits.table_elements, limits.instances, limits.tables, memories)
        # Ends nothing unless somebody ticks; whoever does not ends the process.
        store.set_epoch_deadline(math.ceil(limits.wall / TICK) + 1)
        if self._engine.fuel:
            store.set_fuel(limits.fuel or 0)
        if self.wasi:
            store.set_wasi(wasmtime.WasiConfig())
        if self._http:
            store.set_wasi_http()
        return store


def _answer(kind: Type, out: Any, lifting: Lifting) -> Any:
    read = lifting.read(kind, out)
    if kind.kind != "result":
        return read
    if "ok" in read:
        return read["ok"]
    error = read["err"]
    raise GuestError.parse(error if isinstance(error, str) else json.dumps(error))


def _ended(error: WasmtimeError) -> TrapError:
    if isinstance(error, wasmtime.ExitTrap):
        return TrapError(f"it ended itself with status {error.code}")
    return TrapError(cause(str(error)))
