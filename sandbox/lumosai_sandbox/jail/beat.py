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
    """Advances an engine's epoch every TICK as long as somebody sets ``used``; ``wake`` when it may be asleep."""

    def __init__(self, engine: int) -> None:
        """Start the thread, asleep, for the ``wasm_engine_t`` at address *engine*."""
        self._engine = engine
        self._increment = CFUNCTYPE(None, c_void_p)(("wasmtime_engine_increment_epoch", _ffi.dll))
        self._gate = threading.Semaphore(0)
        self.used = False
        self.asleep = True
        threading.Thread(target=self._run, name="lumos-beat", daemon=True).start()

    def wake(self) -> None:
        """Go on beating. To be called after ``used`` was set, if ``asleep``: in that order no waking is lost."""
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
            idle = 0 if self.used else idle + 1
            self.used = False
            if idle < RESTS_AFTER:
                continue
            self.asleep = True
            if not self.used:
                return
            self.asleep = False
            idle = 0
