"""The engine of this process: one configuration, and what tells it from every other."""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import json
import pathlib
from functools import cache
from importlib.metadata import version

import wasmtime
from wasmtime import _bindings

from lumosai_sandbox.engine.ticker import Ticker

STACK = 512 * 1024
"""Bytes of stack a guest may use; the fiber it runs on has as much again for the host's own calls."""
# Off: what no guest needs and what each has been the way out of an engine at some time.
_OFF = (
    "wasm_threads",
    "wasm_memory64",
    "wasm_relaxed_simd",
    "wasm_gc",
    "wasm_function_references",
    "wasm_stack_switching",
    "wasm_custom_page_sizes",
    "wasm_wide_arithmetic",
    # They allocate on a collected heap, which is off.
    "wasm_exceptions",
)
# A guest that yields to nobody for ever costs its host a poll each time; and instances start sooner without. Components
# from elsewhere have them (their builders' default), and hold nobody up: they run where they are killed in time.
_OFF_FOR_OURS = ("wasm_component_model_async", "concurrency_support")


class Engine:
    """A wasmtime engine and the ticker that divides its guests' time."""

    def __init__(self, *, fuel: bool = False, generic: bool = False, native_ticker: bool | None = None) -> None:
        """Make an engine; with *fuel* it counts instructions; *generic* is for components that are none of ours."""
        self.fuel = fuel
        self.wasmtime = wasmtime.Engine(config(fuel=fuel, generic=generic))
        # A reference of its own that is never dropped: the ticker's timer may fire while the interpreter ends.
        clone = _bindings.wasmtime_engine_clone(self.wasmtime.ptr())
        self.address: int = ctypes.cast(clone, ctypes.c_void_p).value or 0
        options = {} if native_ticker is None else {"native": native_ticker}
        self.ticker = Ticker(self.address, **options)


@cache
def shared(*, fuel: bool = False, generic: bool = False) -> Engine:
    """Return the engine all guests of this process share."""
    made = Engine(fuel=fuel, generic=generic)
    atexit.register(made.wasmtime.close)  # later its own module may be gone, and it would complain on stderr
    return made


def config(*, fuel: bool = False, generic: bool = False) -> wasmtime.Config:
    """Return the settings every engine has, the compiling one and the running ones alike."""
    made = wasmtime.Config()
    made.epoch_interruption = True
    made.consume_fuel = fuel
    for name in _OFF if generic else _OFF + _OFF_FOR_OURS:
        getattr(_bindings, f"wasmtime_config_{name}_set")(made.ptr(), False)  # noqa: FBT003 - the C API's own
    _bindings.wasmtime_config_max_wasm_stack_set(made.ptr(), STACK)
    _bindings.wasmtime_config_async_stack_size_set(made.ptr(), 2 * STACK)
    return made


def fingerprint(*, fuel: bool = False) -> str:
    """Return what compiled code depends on besides its source: engine, version, settings, processor."""
    told = {
        "wasmtime": version("wasmtime"),
        "fuel": fuel,
        "off": (_OFF, _OFF_FOR_OURS),
        "stack": STACK,
        "cpu": _processor(),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


@cache
def _processor() -> str:
    import platform

    flags = ""
    try:
        with pathlib.Path("/proc/cpuinfo").open(encoding="ascii", errors="replace") as f:
            flags = next((line for line in f if line.startswith(("flags", "Features"))), "")
    except OSError:
        pass
    return f"{platform.system()} {platform.machine()} {' '.join(sorted(flags.split()))}"
