"""What waits to be sent over one connection: bounded in frames and bytes, its own and everybody's."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumosai.gateway.ws import bounds

if TYPE_CHECKING:
    from lumosai.gateway.ws.subscription import Subscription

Item = tuple[str, "Subscription | None", str]
"""A frame; and the subscription that has reached an id when it is sent."""


@dataclass(slots=True)
class Budget:
    """Bytes that wait for all connections together."""

    used: int = 0

    @property
    def each(self) -> int:
        """How many bytes one connection may hold now."""
        return bounds.QUEUE_BYTES if self.used < bounds.ALL_BYTES else bounds.FEW_BYTES


class Outbox:
    """A queue whose owner is told when it overflows; it then holds nothing, and ends."""

    __slots__ = ("_budget", "_ended", "_items", "_on_overflow", "_size", "_waiter", "room")

    def __init__(self, budget: Budget, on_overflow: Callable[[], None]) -> None:
        self._budget = budget
        self._on_overflow = on_overflow
        self._ended = False
        self._items: deque[Item] = deque()
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self.room = asyncio.Event()
        self.room.set()

    def __len__(self) -> int:
        return len(self._items)

    @property
    def size(self) -> int:
        """How many bytes wait."""
        return self._size

    def push(self, text: str, subscription: Subscription | None = None, id: str = "") -> None:  # noqa: A002
        """Take a frame, or overflow."""
        if self._ended:
            return
        size = len(text)
        if len(self._items) >= bounds.QUEUE_FRAMES or (self._items and self._size + size > self._budget.each):
            self.clear()
            self._on_overflow()
        else:
            self._items.append((text, subscription, id))
            self._size += size
            self._budget.used += size
            if self._size > bounds.FEW_BYTES or len(self._items) > bounds.QUEUE_FRAMES // 4:
                self.room.clear()
        self._wake()

    def end(self) -> None:
        """Take no more; what waits is still given out."""
        self._ended = True
        self.room.set()
        self._wake()

    def clear(self) -> None:
        """Forget what waits."""
        self._items.clear()
        self._budget.used -= self._size
        self._size = 0
        self.room.set()

    async def wait(self) -> None:
        """Return when there is something to send, or will be nothing any more."""
        while not self._items and not self._ended:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def pop(self) -> Item | None:
        """Return the next frame, or None."""
        if not self._items:
            return None
        item = self._items.popleft()
        self._size -= len(item[0])
        self._budget.used -= len(item[0])
        if not self.room.is_set() and self._size <= bounds.FEW_BYTES and len(self) <= bounds.QUEUE_FRAMES // 4:
            self.room.set()
        return item

    def batch(self) -> list[Item]:
        """Return the next frames that together are one message of at most BATCH_BYTES, or the one that is larger."""
        out: list[Item] = []
        size = 0
        while self._items and (not out or size + len(self._items[0][0]) <= bounds.BATCH_BYTES):
            item = self.pop()
            assert item is not None  # noqa: S101 - there was one
            out.append(item)
            size += len(item[0])
        return out

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
