"""The few functions of wasmtime's C API that every call goes through, without the cost of the stock bindings.

The stock Python API looks up types, builds closures and raises other threads' exceptions on each call. Here a call of a
component function is four C calls over preallocated memory. The layouts are those of ``wasmtime/component/val.h``;
``tests/sandbox/engine/test_capi.py`` holds them against the bindings'.
"""

from __future__ import annotations

import ctypes
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    addressof,
    byref,
    c_bool,
    c_char_p,
    c_size_t,
    c_uint8,
    c_uint64,
    c_void_p,
)
from typing import Any

from wasmtime import _bindings, _ffi

_dll: Any = _ffi.dll
STRING: int = _ffi.WASMTIME_COMPONENT_STRING.value
RESULT: int = _ffi.WASMTIME_COMPONENT_RESULT.value
FUNC_SIZE = ctypes.sizeof(_bindings.wasmtime_component_func_t)
INSTANCE_SIZE = ctypes.sizeof(_bindings.wasmtime_component_instance_t)


class Text(Structure):
    """A ``wasmtime_component_val_t`` that holds a string: on the way in it borrows a Python ``bytes`` object."""

    _fields_ = (("kind", c_uint8), ("size", c_size_t), ("data", c_char_p), ("_rest", c_size_t))


class Owned(Structure):
    """The same, on the way out: *data* is memory that wasmtime allocated, or will free."""

    _fields_ = (("kind", c_uint8), ("size", c_size_t), ("data", c_void_p), ("_rest", c_size_t))


class Outcome(Structure):
    """A ``wasmtime_component_val_t`` that holds a ``result`` whose both sides have a value."""

    _fields_ = (
        ("kind", c_uint8),
        ("_padding", c_uint8 * 7),
        ("is_ok", c_bool),
        ("value", POINTER(Owned)),
        ("_rest", c_size_t),
    )


class Continuation(Structure):
    """``wasmtime_async_continuation_t``: asked on every poll whether a host call is done."""

    _fields_ = (("callback", c_void_p), ("env", c_void_p), ("finalizer", c_void_p))


HOST_CALL = CFUNCTYPE(None, c_void_p, c_void_p, c_void_p, c_void_p, c_size_t, c_void_p, c_size_t, c_void_p, c_void_p)
IS_DONE = CFUNCTYPE(c_bool, c_void_p)


def _function(name: str, result: Any, *arguments: Any) -> Any:
    """Return a prototype of our own: plain addresses pass without conversion, and the stock one stays as it is."""
    return CFUNCTYPE(result, *arguments)((name, _dll))


store_new = _function("wasmtime_store_new", c_void_p, c_void_p, c_void_p, c_void_p)
store_context = _function("wasmtime_store_context", c_void_p, c_void_p)
store_limiter = _function("wasmtime_store_limiter", None, c_void_p, *[ctypes.c_int64] * 5)
store_delete = _function("wasmtime_store_delete", None, c_void_p)
set_fuel = _function("wasmtime_context_set_fuel", c_void_p, c_void_p, c_uint64)
set_epoch_deadline = _function("wasmtime_context_set_epoch_deadline", None, c_void_p, c_uint64)
# The header says that it returns an error; it returns nothing.
yield_on_epoch = _function("wasmtime_context_epoch_deadline_async_yield_and_update", None, c_void_p, c_uint64)
instantiate = _function(
    "wasmtime_component_linker_instantiate_async", c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p
)
get_func = _function("wasmtime_component_instance_get_func", c_bool, c_void_p, c_void_p, c_void_p, c_void_p)
call = _function(
    "wasmtime_component_func_call_async",
    c_void_p,
    c_void_p,
    c_void_p,
    c_void_p,
    c_size_t,
    c_void_p,
    c_size_t,
    c_void_p,
)
poll = _function("wasmtime_call_future_poll", c_bool, c_void_p)
future_delete = _function("wasmtime_call_future_delete", None, c_void_p)
value_new = _function("wasmtime_component_val_new", POINTER(Owned), c_void_p)
value_delete = _function("wasmtime_component_val_delete", None, c_void_p)
add_function = _function(
    "wasmtime_component_linker_instance_add_func_async",
    c_void_p,
    c_void_p,
    c_char_p,
    c_size_t,
    HOST_CALL,
    c_void_p,
    c_void_p,
)
_bytes_new = _function("wasm_byte_vec_new", None, c_void_p, c_size_t, c_char_p)
_error_message = _function("wasmtime_error_message", None, c_void_p, c_void_p)
_error_delete = _function("wasmtime_error_delete", None, c_void_p)


def put_result(address: int, *, ok: bool, text: bytes) -> None:
    """Write ``result<string, string>`` where wasmtime expects a host function's answer."""
    value = Owned()
    value.kind = STRING
    _bytes_new(addressof(value) + Owned.size.offset, len(text), text)
    slot = Outcome.from_address(address)
    slot.kind = RESULT
    slot.is_ok = ok
    slot.value = value_new(byref(value))  # takes what *value* holds


def take_result(slot: Outcome, limit: int) -> tuple[bool, bytes | None]:
    """Return and free a ``result<string, string>``; None in place of a text of more than *limit* bytes."""
    text = slot.value.contents
    found = ctypes.string_at(text.data, text.size) if text.size <= limit else None
    ok = bool(slot.is_ok)
    value_delete(addressof(slot))
    slot.kind = 0  # wasmtime drops what it finds here before it writes
    return ok, found


def error_text(error: int) -> str:
    """Return what a ``wasmtime_error_t`` says, and free it."""
    message = _bindings.wasm_byte_vec_t()
    _error_message(error, addressof(message))
    text = bytes(_ffi.to_bytes(message)).decode(errors="replace")
    _bindings._wasm_byte_vec_delete(byref(message))
    _error_delete(error)
    return text
