"""One follower's view of the bus, bounded however slow the follower is."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

from lumosai_sdk.types.events import Event, ModelDelta

COALESCE_AT = 256
DROP_AT = 8192


class EventStream:
    """An async iterator of events.

    When the follower falls behind, pieces of text are joined, so no text is lost; when it stays behind, the stream ends
    before the run does, rather than growing without bound.
    """

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._closed = False
        self._closers: list[Callable[[], None]] = []

    def push(self, event: Event) -> None:
        """Take an event from the bus."""
        if self._closed:
            return
        events = self._events
        if len(events) >= COALESCE_AT and isinstance(event, ModelDelta) and isinstance(events[-1], ModelDelta):
            last = events[-1]
            events[-1] = ModelDelta(event.run_id, event.seq, event.at, last.text + event.text)
        elif len(events) >= DROP_AT:
            self.close()
        else:
            events.append(event)
        self._wake.set()

    def on_close(self, closer: Callable[[], None]) -> None:
        self._closers.append(closer)

    def close(self) -> None:
        """End the stream; what is already in it is still given out."""
        self._closed = True
        for closer in self._closers:
            closer()
        self._closers.clear()
        self._wake.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            while self._events:
                yield self._events.popleft()
            if self._closed:
                return
            self._wake.clear()
            await self._wake.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
