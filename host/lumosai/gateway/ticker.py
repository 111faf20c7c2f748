"""One timer for all who wait for something that may never come: thousands of streams would set one each, every time."""

from __future__ import annotations

import asyncio


class Ticker:
    """Wakes all who wait every *seconds*, so that each waits that long at most (and twice that at no time)."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: set[asyncio.Event] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, event: asyncio.Event) -> None:
        """Return when *event* is set, or at the next tick, which sets it."""
        self._waiting.add(event)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._tick)
        try:
            await event.wait()
        finally:
            self._waiting.discard(event)

    def _tick(self) -> None:
        self._timer = None
        for event in self._waiting:
            event.set()
