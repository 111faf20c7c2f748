"""Our own view of wasmtime's memory and functions, held against that of its bindings."""

from __future__ import annotations

import ctypes
from ctypes import sizeof
from typing import Any

import pytest
from wasmtime import _bindings

from lumosai_sandbox.engine import capi, ticker

VALUE: Any = _bindings.wasmtime_component_val_t
AT = VALUE.of.offset


def test_a_text_lies_where_a_value_has_its_string() -> None:
    name: Any = _bindings.wasm_name_t
    for ours in (capi.Text, capi.Owned):
        assert sizeof(ours) == sizeof(VALUE)
        assert ours.kind.offset == VALUE.kind.offset
        assert ours.kind.size == VALUE.kind.size
        assert ours.size.offset == AT + name.size.offset
        assert ours.data.offset == AT + name.data.offset


def test_an_outcome_lies_where_a_value_has_its_result() -> None:
    result: Any = _bindings.wasmtime_component_valresult_t
    assert sizeof(capi.Outcome) == sizeof(VALUE)
    assert capi.Outcome.kind.offset == VALUE.kind.offset
    assert capi.Outcome.is_ok.offset == AT + result.is_ok.offset
    assert capi.Outcome.value.offset == AT + result.val.offset


def test_a_continuation_is_three_pointers_in_their_order() -> None:
    theirs: Any = _bindings.wasmtime_async_continuation_t
    assert sizeof(capi.Continuation) == sizeof(theirs)
    for name in ("callback", "env", "finalizer"):
        assert getattr(capi.Continuation, name).offset == getattr(theirs, name).offset


def test_the_structures_of_a_timer_have_the_sizes_of_the_system() -> None:
    assert sizeof(ticker._SigEvent) == 64  # noqa: PLR2004 - sigevent(3)
    assert sizeof(ticker._TimerSpec) == 4 * sizeof(ctypes.c_long)


FUNCTIONS = {
    "store_new": "wasmtime_store_new",
    "store_context": "wasmtime_store_context",
    "store_limiter": "wasmtime_store_limiter",
    "store_delete": "wasmtime_store_delete",
    "set_fuel": "wasmtime_context_set_fuel",
    "set_epoch_deadline": "wasmtime_context_set_epoch_deadline",
    "yield_on_epoch": "wasmtime_context_epoch_deadline_async_yield_and_update",
    "instantiate": "wasmtime_component_linker_instantiate_async",
    "get_func": "wasmtime_component_instance_get_func",
    "call": "wasmtime_component_func_call_async",
    "poll": "wasmtime_call_future_poll",
    "future_delete": "wasmtime_call_future_delete",
    "value_new": "wasmtime_component_val_new",
    "value_delete": "wasmtime_component_val_delete",
    "add_function": "wasmtime_component_linker_instance_add_func_async",
}


@pytest.mark.parametrize(("ours", "theirs"), FUNCTIONS.items())
def test_functions_take_as_many_bytes_as_the_bindings_say(ours: str, theirs: str) -> None:
    mine, bound = getattr(capi, ours), getattr(_bindings, f"_{theirs}")
    assert [sizeof(t) for t in mine.argtypes] == [sizeof(t) for t in bound.argtypes]
    if ours != "yield_on_epoch":  # the header says that it returns an error; it returns nothing
        assert (mine.restype is None) == (bound.restype is None)


def test_the_callback_of_a_host_function_takes_what_the_bindings_say() -> None:
    theirs: Any = _bindings.wasmtime_component_func_async_callback_t
    assert [sizeof(t) for t in capi.HOST_CALL._argtypes_] == [sizeof(t) for t in theirs._argtypes_]


def test_a_result_that_is_written_is_read_back_and_freed() -> None:
    for ok, text in [(True, b"x"), (False, "ä".encode()), (True, b""), (True, b"y" * 100_000)]:
        slot = capi.Outcome()
        capi.put_result(ctypes.addressof(slot), ok=ok, text=text)
        assert slot.kind == capi.RESULT
        assert capi.take_result(slot, 1_000_000) == (ok, text)
        assert slot.kind == 0


def test_a_result_above_the_limit_is_freed_and_not_copied() -> None:
    slot = capi.Outcome()
    capi.put_result(ctypes.addressof(slot), ok=True, text=b"12345")
    assert capi.take_result(slot, 4) == (True, None)
