"""``asyncio.timeout`` at a tenth of its cost: one timer for all deadlines of an event loop.

Most deadlines are met, so nothing is done for one but a note of it; the timer is set to the earliest and looks, when it
rings, which have really passed.
"""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Self


class Deadline:
    """``with Deadline(seconds) as scope:`` cancels what is inside when the time is over, and raises TimeoutError.

    None is no limit. ``scope.expired`` tells whether the time was over, as with ``asyncio.timeout``: a TimeoutError
    from inside is then not mistaken for it.
    """

    __slots__ = ("_at", "_began", "_clock", "_seconds", "_task", "_uncancelled", "expired")

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self.expired = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline is for what runs in a task")
        self._task = task
        self._uncancelled = task.cancelling()
        self._clock = _clock(task.get_loop())
        self._began = self._clock.loop.time()
        self._at = float("inf")
        self.narrow(self._seconds)
        return self

    def narrow(self, seconds: float | None) -> None:
        """Let the time be over *seconds* after it began, if that is sooner; inside of the block."""
        if seconds is None or self.expired or (at := self._began + seconds) >= self._at:
            return
        self._seconds, self._at = seconds, at
        self._clock.add(self, at)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._seconds is None:
            return
        self._clock.running.pop(self, None)
        if self.expired and self._task.uncancel() <= self._uncancelled and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def pass_by(self, now: float) -> bool:
        """Cancel the task if the time is over, and tell whether it is."""
        if self._at > now:
            return False
        self.expired = True
        self._task.cancel()
        return True


class _Clock:
    """The deadlines of one loop, and its timer."""

    __slots__ = ("loop", "rings_at", "running", "timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.running: dict[Deadline, float] = {}
        self.rings_at = float("inf")
        self.timer: asyncio.TimerHandle | None = None

    def add(self, deadline: Deadline, at: float) -> None:
        self.running[deadline] = at
        if at < self.rings_at:
            self._set(at)

    def _set(self, at: float) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.rings_at = at
        self.timer = self.loop.call_at(at, self._ring)

    def _ring(self) -> None:
        now = self.loop.time()
        for deadline in [d for d in self.running if d.pass_by(now)]:
            del self.running[deadline]
        self.rings_at, self.timer = float("inf"), None
        if self.running:
            self._set(min(self.running.values()))


_local = threading.local()


def _clock(loop: asyncio.AbstractEventLoop) -> _Clock:
    """Return the clock of the loop that runs in this thread."""
    clock: _Clock | None = getattr(_local, "clock", None)
    if clock is None or clock.loop is not loop:
        clock = _local.clock = _Clock(loop)
    return clock
