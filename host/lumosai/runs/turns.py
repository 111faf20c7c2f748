"""Whose turn it is on a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Lets one at a time work on a conversation, of those in this process."""

    def __init__(self) -> None:
        self._threads: dict[str, tuple[asyncio.Lock, int]] = {}

    def works_on(self, thread_id: str) -> bool:
        """Tell whether a run is at work on a conversation, or waits to be."""
        return thread_id in self._threads

    @asynccontextmanager
    async def alone_on(self, thread_id: str) -> AsyncIterator[None]:
        """Let one run at a time work on a conversation: two at once would interleave their messages."""
        lock, users = self._threads.get(thread_id, (asyncio.Lock(), 0))
        self._threads[thread_id] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._threads[thread_id]
            if users == 1:
                del self._threads[thread_id]
            else:
                self._threads[thread_id] = (lock, users - 1)
