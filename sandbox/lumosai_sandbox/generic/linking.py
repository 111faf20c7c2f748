"""What a generic component finds when it looks for its host: WASI with nothing behind it, and refusals.

The engine's own way of filling gaps (``define_unknown_imports_as_traps``) takes an import of an older WASI for a gap
and hides the newer one that would have served it; so the gaps are filled here, by name.

``wasi:http`` shares resources with ``wasi:io``, so that nothing can stand in for its types: they are linked, and do
nothing by themselves. The one function that would send something is replaced by a refusal, or nothing is linked at all;
and a jailed process can open no socket.
"""

from __future__ import annotations

import ctypes
from typing import Any

from wasmtime import WasmtimeError, _ffi
from wasmtime import component as wc

from lumosai_sandbox.engine.engine import Engine
from lumosai_sandbox.engine.errors import UnfitError, cause

WASI = "wasi:"
HTTP = f"{WASI}http/"
_LINKED = tuple(f"{WASI}{p}/" for p in ("cli", "clocks", "filesystem", "io", "random", "sockets", "http"))
_VERSION = "@0.2."
MAX_PATCH = 100
"""More than there will be patch versions of WASI 0.2."""
_names: list[str] = []


def linker(engine: Engine, component: wc.Component) -> wc.Linker:
    """Return a linker that has all imports of *component*. Raises UnfitError."""
    made = wc.Linker(engine.wasmtime)
    imports = {n: e.ty for n, e in component.type.imports(engine.wasmtime).items()}
    try:
        if any(n.startswith(WASI) for n in imports):
            made.add_wasip2()
        if any(n.startswith(HTTP) for n in imports):
            made.add_wasi_http()
            _close_http(made, _handler(engine))
        with made.root() as root:
            for name, item in imports.items():
                if not is_linked(name):
                    _refuse(engine, root, name, item)
    except WasmtimeError as e:
        raise UnfitError(cause(str(e))) from None
    return made


def _close_http(made: wc.Linker, name: str) -> None:
    """Replace the function that sends requests."""
    made.allow_shadowing = True
    with made.root() as root, root.add_instance(name) as handler:
        _add_refusal(handler, "handle", f"{name}#handle")
    made.allow_shadowing = False


def _handler(engine: Engine) -> str:
    """Return the full name under which the engine offers to send requests: the one that cannot be defined twice."""
    made = wc.Linker(engine.wasmtime)
    made.add_wasip2()
    made.add_wasi_http()
    for patch in range(MAX_PATCH):
        name = f"{HTTP}outgoing-handler{_VERSION}{patch}"
        try:
            with made.root() as root, root.add_instance(name) as handler:
                _add_refusal(handler, "handle", name)
        except WasmtimeError:
            return name
    raise UnfitError("it imports wasi:http, which cannot be closed in this engine")


def is_linked(name: str) -> bool:
    """Tell whether an interface is one of the WASI that is there: of any version 0.2, which are compatible."""
    return name.startswith(_LINKED) and _VERSION in name


def _refuse(engine: Engine, root: wc.LinkerInstance, name: str, item: Any) -> None:
    """Fill the gap of an import: a call of any of its functions traps, in words."""
    if not isinstance(item, wc.ComponentInstanceType):
        _fill(root, name, item, name)
        return
    with root.add_instance(name) as instance:
        for inner, extern in item.exports(engine.wasmtime).items():
            _fill(instance, inner, extern.ty, f"{name}#{inner}")


def _fill(instance: wc.LinkerInstance, name: str, item: Any, full: str) -> None:
    if isinstance(item, wc.FuncType):
        _add_refusal(instance, name, full)
    elif isinstance(item, wc.ResourceType):
        instance.add_resource(name, wc.ResourceType.host(0), lambda *_: None)
    elif not isinstance(item, wc.ValType):
        raise UnfitError(f"it imports {full!r}, which is neither a function nor a type")


def _add_refusal(instance: wc.LinkerInstance, name: str, full: str) -> None:
    if full not in _names:
        _names.append(full)
    text = name.encode()
    error = _ffi.wasmtime_component_linker_instance_add_func(
        instance.ptr(), ctypes.create_string_buffer(text), len(text), _REFUSAL, _names.index(full), _NO_FINALIZER
    )
    if error:  # type: ignore[truthy-bool]
        raise WasmtimeError._from_ptr(error)


def _refusal(number: int | None, *_: Any) -> int | None:
    error: Any = _ffi.wasmtime_error_new(f"it called {_names[number or 0]}, which this host does not offer".encode())
    return ctypes.cast(error, ctypes.c_void_p).value


def _nothing(_: int | None) -> None: ...


_REFUSAL: Any = _ffi.wasmtime_component_func_callback_t(_refusal)
_NO_FINALIZER: Any = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(_nothing)
