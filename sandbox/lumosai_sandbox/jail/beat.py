"""The epoch's beat in a worker: a thread that rests by itself, since nobody there has a timer to stop it."""

from __future__ import annotations

import threading
import time
from ctypes import CFUNCTYPE, c_void_p

from wasmtime import _ffi

from lumosai_sandbox.engine.ticker import TICK

RESTS_AFTER = 250
"""Ticks without a sign of life."""


class Beat:
    """Advances an engine's epoch every TICK while it is touched, or ``held``."""

    def __init__(self, engine: int) -> None:
        """Start the thread, asleep, for the ``wasm_engine_t`` at address *engine*."""
        self._engine = engine
        self._increment = CFUNCTYPE(None, c_void_p)(("wasmtime_engine_increment_epoch", _ffi.dll))
        self._gate = threading.Semaphore(0)
        self.used = self.held = False
        self.asleep = True
        threading.Thread(target=self._run, name="lumos-beat", daemon=True).start()

    def touch(self) -> None:
        """Beat, or go on beating."""
        self.used = True
        if self.asleep:  # looked at after that was set, and the other way round over there: no waking is lost
            self.asleep = False
            self._gate.release()

    def _run(self) -> None:
        while True:
            self._gate.acquire()
            self._beat()

    def _beat(self) -> None:
        idle = 0
        while True:
            time.sleep(TICK)
            self._increment(self._engine)
            idle = 0 if self.used or self.held else idle + 1
            self.used = False
            if idle < RESTS_AFTER:
                continue
            self.asleep = True
            if not self.used:
                return
            self.asleep = False
            idle = 0
