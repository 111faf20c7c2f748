"""Feeds monitors in batches, off the path of runs."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextvars import Context

from lumosai.plugins.registry import Entry
from lumosai_sdk.errors import LumosError
from lumosai_sdk.kinds.monitor import Hearer, Monitor
from lumosai_sdk.types.events import Event, HostWarning

log = logging.getLogger("lumosai.monitors")
INTERVAL = 0.1
BATCH = 512
BACKLOG = 20_000
EXPORT_TIMEOUT = 30.0


class MonitorHub:
    """A bounded backlog of events and a task that hands it to every monitor; when it is full the oldest go."""

    def __init__(self) -> None:
        self._backlog: deque[Event] = deque(maxlen=BACKLOG)
        self._dropped = 0
        self._entries: list[Entry] = []
        self._hearers: list[Callable[[Event], None]] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    def set_entries(self, entries: list[Entry]) -> None:
        """Say which monitors there are now."""
        self._entries = entries
        # Of nobody's context, as below: a monitor is made here, if it was not before.
        self._hearers = [hear for e in entries if (hear := Context().run(_hearer, e)) is not None]
        if entries and self._task is None:
            # Of nobody's context: monitors do not act for whoever's request brought the first of them in.
            self._task = asyncio.create_task(self._work(), name="lumos-monitors", context=Context())

    def push(self, event: Event) -> None:
        """Take an event from the bus."""
        if not self._entries:
            return
        for hear in self._hearers:
            try:
                hear(event)
            except Exception:
                log.exception("a monitor is told of no event any more where it happens")
                self._hearers = [h for h in self._hearers if h is not hear]
        if len(self._backlog) == BACKLOG:
            self._dropped += 1
        self._backlog.append(event)
        if not self._wake.is_set():
            self._wake.set()

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(INTERVAL)
            self._wake.clear()
            await self.flush()

    async def flush(self) -> None:
        """Hand over what there is."""
        async with self._lock:
            while self._backlog:
                batch = [self._backlog.popleft() for _ in range(min(BATCH, len(self._backlog)))]
                if self._dropped:
                    batch.append(
                        HostWarning(at=batch[-1].at, detail=f"monitors fell behind: {self._dropped} events lost")
                    )
                    self._dropped = 0
                await asyncio.gather(*(self._export(e, batch) for e in self._entries))

    async def _export(self, entry: Entry, batch: list[Event]) -> None:
        try:
            monitor: Monitor = entry.obj
            await entry.generation.guard(f"monitor {entry.id!r}", lambda: monitor.export(batch), EXPORT_TIMEOUT)
        except LumosError:
            # guard() has reported it as plugin.failed; the other monitors and the runs go on.
            return

    async def aclose(self) -> None:
        """Hand over the rest and stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.flush()


def _hearer(entry: Entry) -> Callable[[Event], None] | None:
    """Return what is told of events as they happen, if the monitor is in this process and wants to be."""
    if entry.generation.record.get("runtime") != "python":
        return None
    try:
        monitor = entry.obj
    except LumosError:
        return None  # the first export tells
    return monitor.hear if isinstance(monitor, Hearer) else None
