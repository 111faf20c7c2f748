"""Time slices: while guests run, the engine's epoch advances, and a guest that is still running gives way."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from ctypes import CFUNCTYPE, Structure, addressof, c_int, c_int64, c_void_p
from typing import Any

from wasmtime import _ffi

TICK = 0.002
"""Seconds. How long a guest holds the thread that polls it, and how exact its deadlines are."""
_SIGEV_THREAD = 2
_CLOCK_MONOTONIC = 1


class _SigEvent(Structure):
    """``struct sigevent`` of Linux (64 bytes)."""

    _fields_ = (
        ("value", c_void_p),
        ("signo", c_int),
        ("notify", c_int),
        ("function", c_void_p),
        ("attributes", c_void_p),
        ("_rest", ctypes.c_byte * 32),
    )


class _TimerSpec(Structure):
    _fields_ = (("interval", c_int64), ("interval_ns", c_int64), ("first", c_int64), ("first_ns", c_int64))


class Ticker:
    """Advances an engine's epoch every TICK while guests run. Starting it costs nothing while it runs already.

    On Linux by a POSIX timer whose handler is wasmtime's own function: no Python code runs on a tick, so that threads
    fighting over the interpreter cannot delay it. Elsewhere, and in a jail that forbids new threads, by a thread.
    """

    def __init__(self, engine: int, *, native: bool = sys.platform == "linux") -> None:
        """Drive the ``wasm_engine_t`` at address *engine*, which outlives this."""
        self._beat: Any = _Timer(engine) if native else _Thread(engine)
        self._ticking = False
        self._used = False
        self._running = 0

    def enter(self) -> bool:
        """A guest begins to run; tell whether that woke the ticker, and somebody should call ``rest`` by and by."""
        self._used = True
        self._running += 1
        if self._ticking:
            return False
        self._ticking = True
        self._beat.start()
        return True

    def leave(self) -> None:
        """It has ended."""
        self._running -= 1

    def rest(self) -> bool:
        """Stop if no guest runs and none began since the last call; tell whether it has stopped."""
        if self._ticking and not self._used and not self._running:
            self._ticking = False
            self._beat.stop()
        self._used = False
        return not self._ticking


class _Timer:
    def __init__(self, engine: int) -> None:
        libc: Any = ctypes.CDLL(None, use_errno=True)
        create = CFUNCTYPE(c_int, c_int, c_void_p, c_void_p, use_errno=True)(("timer_create", libc))
        self._settime = CFUNCTYPE(c_int, c_void_p, c_int, c_void_p, c_void_p)(("timer_settime", libc))
        increment = ctypes.cast(_ffi.dll.wasmtime_engine_increment_epoch, c_void_p).value
        event = _SigEvent(value=engine, notify=_SIGEV_THREAD, function=increment)
        self._id = c_void_p()
        if create(_CLOCK_MONOTONIC, addressof(event), addressof(self._id)):
            raise OSError(ctypes.get_errno(), "timer_create")

    def start(self) -> None:
        self._set(int(TICK * 1e9))

    def stop(self) -> None:
        self._set(0)

    def _set(self, ns: int) -> None:
        spec = _TimerSpec(0, ns, 0, ns)
        self._settime(self._id, 0, addressof(spec), None)


class _Thread:
    def __init__(self, engine: int) -> None:
        self._engine = engine
        self._increment = CFUNCTYPE(None, c_void_p)(("wasmtime_engine_increment_epoch", _ffi.dll))
        self._running = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:  # not before: a process that forks is to have no threads
            self._thread = threading.Thread(target=self._run, name="lumos-ticker", daemon=True)
            self._thread.start()
        self._running.set()

    def stop(self) -> None:
        self._running.clear()

    def _run(self) -> None:
        while True:
            self._running.wait()
            time.sleep(TICK)
            self._increment(self._engine)
