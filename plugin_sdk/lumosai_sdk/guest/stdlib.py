"""The parts of the standard library that would ask an operating system, made to ask the host.

There is no WASI behind a guest: a call that is not replaced here ends the instance. ``datetime.now`` and ``today`` are
such calls, written in C, and cannot be replaced; ``datetime.fromtimestamp(time.time(), UTC)`` works.
"""

from __future__ import annotations

import base64
import os
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from lumosai_sdk.guest.objects import Ask

_MOST_BYTES = 65_536
_LEVELS = ((40, "error"), (30, "warning"), (20, "info"))


def adapt(ask: Ask) -> None:
    """Have ``time``, ``os.urandom``, ``random``'s and ``secrets``' source, and ``logging`` ask the host."""
    _clocks(ask)

    def urandom(size: int) -> bytes:
        return b"".join(_random(ask, min(_MOST_BYTES, size - at)) for at in range(0, size, _MOST_BYTES))

    os.urandom = urandom
    if found := sys.modules.get("random"):
        found._urandom = urandom  # type: ignore[attr-defined]  # noqa: SLF001 - what SystemRandom calls
    if "logging" in sys.modules:
        _logging(ask)


def _random(ask: Ask, size: int) -> bytes:
    return base64.b64decode(ask("random.bytes", str(size)))


def _clocks(ask: Ask) -> None:
    def seconds(function: str) -> Callable[[], float]:
        return lambda: float(ask(function))

    def nanoseconds(function: str) -> Callable[[], int]:
        return lambda: int(float(ask(function)) * 1e9)

    def gmtime(secs: Any = None) -> time.struct_time:
        return _gmtime(time.time() if secs is None else secs)

    time.time, time.time_ns = seconds("clock.now"), nanoseconds("clock.now")
    time.monotonic = time.perf_counter = seconds("clock.monotonic")
    time.monotonic_ns = time.perf_counter_ns = nanoseconds("clock.monotonic")
    time.gmtime = time.localtime = gmtime


_gmtime = time.gmtime


def _logging(ask: Ask) -> None:
    import logging

    class ToHost(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            level = next((name for least, name in _LEVELS if record.levelno >= least), "debug")
            ask("log.write", level, self.format(record), "")

    # The host dates the lines, so that logging takes no right to the clock.
    logging.time = _NO_TIME  # type: ignore[attr-defined]
    root = logging.getLogger()
    root.addHandler(ToHost())
    root.setLevel(logging.DEBUG)


def _never(*_: Any) -> int:
    return 0


_NO_TIME = SimpleNamespace(time=_never, time_ns=_never, localtime=_gmtime, gmtime=_gmtime, strftime=time.strftime)


def reseed() -> None:
    """Give ``random`` a new state: the one it was built with is the same in every instance."""
    if found := sys.modules.get("random"):
        found.seed(os.urandom(32))
