"""The time, which is the host's (right ``clock``), and waiting, which nobody can."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lumosai_sdk.guest.objects import Ask
from lumosai_sdk.guest.world.state import NotHereError, Replaced, World, refusing

_SINCE_START = ("monotonic", "perf_counter", "process_time", "thread_time")


def install(ask: Ask) -> None:
    """Have ``time`` ask the host. ``datetime`` follows: the build puts the one in Python in the place of that in C."""

    def now() -> float:
        return float(ask("clock.now"))

    def since_start() -> float:
        return float(ask("clock.monotonic"))

    _replace("time", now)
    _replace("time_ns", _nanoseconds(now))
    for name in _SINCE_START:
        _replace(name, since_start)
        _replace(f"{name}_ns", _nanoseconds(since_start))
    _replace("clock_gettime", lambda clock: since_start() if clock else now())
    _replace("clock_gettime_ns", lambda clock: int((since_start() if clock else now()) * 1e9))
    for name in ("clock_getres", "clock_settime", "get_clock_info"):
        _replace(name, refusing(lambda: "there is no such clock in the sandbox, only the host's"))
    _replace("sleep", _sleep)
    _calendar(now)
    _threads()


def _replace(name: str, instead: Callable[..., Any]) -> None:
    if found := getattr(time, name, None):
        setattr(time, name, Replaced(found, instead))


def _nanoseconds(clock: Callable[[], float]) -> Callable[[], int]:
    return lambda: int(clock() * 1e9)


def _calendar(now: Callable[[], float]) -> None:
    # What takes the present for its default, in C.
    gmtime, strftime, asctime = time.gmtime, time.strftime, time.asctime

    def utc(secs: float | None = None) -> time.struct_time:
        return gmtime(now() if secs is None else secs)

    _replace("gmtime", utc)
    _replace("localtime", utc)
    _replace("strftime", lambda form, when=None: strftime(form, utc() if when is None else when))
    _replace("asctime", lambda when=None: asctime(utc() if when is None else when))
    _replace("ctime", lambda secs=None: asctime(utc(secs)))


def _sleep(secs: float, /) -> None:
    if secs > 0:
        raise NotHereError(World.words.waiting)


def _threads() -> None:
    """There are no other threads: whoever waits for one would wait for ever."""
    import threading

    real = threading.Condition.wait

    def wait(self: threading.Condition, timeout: float | None = None) -> bool:
        if World.closed:
            raise NotHereError(World.words.waiting)
        return real(self, timeout)

    threading.Condition.wait = wait  # type: ignore[method-assign]
