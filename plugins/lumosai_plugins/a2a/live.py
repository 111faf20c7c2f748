"""Tasks under way: a run goes on when the client that began it is gone, and can be followed by others of its owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from contextvars import Context
from typing import TYPE_CHECKING

from a2a import types as a2a
from a2a.utils.errors import InternalError

from lumosai_plugins.a2a.telling import Telling
from lumosai_sdk.errors import LimitExceededError

if TYPE_CHECKING:
    from lumosai_plugins.a2a.telling import Update
    from lumosai_sdk.types.auth import Principal
    from lumosai_sdk.types.events import Event

BEHIND = 2048
"""Updates a client may be behind before it is let go."""
_SLOW = "the updates are not read as fast as they come; get the task instead"


class Follower:
    """One client's updates. A slow one is let go, so that nothing is kept for it without end."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Update | None] = asyncio.Queue(BEHIND)
        self._is_lost = False

    def put(self, update: Update | None) -> bool:
        """Hand on an update, or the end (None); tell whether it could be kept."""
        try:
            self._queue.put_nowait(update)
        except asyncio.QueueFull:
            self._is_lost = True
        return not self._is_lost

    async def updates(self) -> AsyncIterator[Update]:
        """Yield what comes, to the end. Raises InternalError once the client has been let go."""
        while not (self._is_lost and self._queue.empty()):
            update = await self._queue.get()
            if update is None:
                return
            yield update
        raise InternalError(_SLOW)


class Following:
    """A run under way and those who follow it."""

    def __init__(self, events: AsyncIterator[Event], context: str, owner: str) -> None:
        self.owner = owner
        self.telling = Telling(context)
        self.ended = asyncio.Event()
        self.begun = asyncio.Event()
        self.failure: Exception | None = None
        self._events = events
        self._first = a2a.Task()
        self._opener = Follower()
        self._followers: set[Follower] = {self._opener}

    async def pump(self) -> None:
        """Take the run's events to its end."""
        try:
            async with aclosing(self._events) as events:  # type: ignore[type-var]
                async for event in events:
                    for update in self.telling.updates(event):
                        self._begin_with(update)
        except Exception as e:  # noqa: BLE001 - whoever waits for the task is told
            self.failure = e
        finally:
            self.begun.set()
            self.ended.set()
            self._tell(None)

    def _begin_with(self, update: Update) -> None:
        """Tell an update; the first one is told by the task itself."""
        if self.begun.is_set():
            self._tell(update)
        else:
            self._first.CopyFrom(self.telling.task)
            self.begun.set()

    def _tell(self, update: Update | None) -> None:
        self._followers = {f for f in self._followers if f.put(update)}

    async def follow(self) -> AsyncGenerator[a2a.Task | Update]:
        """Yield the task as it began, and all its updates: for who asked for it. Raises what the run failed with."""
        try:
            await self.begun.wait()
            self._check()
            yield self._first
            async for update in self._opener.updates():
                yield update
            self._check()
        finally:
            self._followers.discard(self._opener)

    async def join(self) -> AsyncGenerator[a2a.Task | Update]:
        """Yield the task as it is, and its updates from there on."""
        follower = Follower()
        snapshot = a2a.Task()
        snapshot.CopyFrom(self.telling.task)
        if self.ended.is_set():
            follower.put(None)
        else:
            self._followers.add(follower)
        try:
            yield snapshot
            async for update in follower.updates():
                yield update
        finally:
            self._followers.discard(follower)

    async def task(self, *, at_once: bool = False) -> a2a.Task:
        """Return how the task stands once the run has ended or waits, or has begun. Raises what it failed with."""
        self._followers.discard(self._opener)
        await (self.begun if at_once else self.ended).wait()
        self._check()
        return self._first if at_once else self.telling.task

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure


class Live:
    """The tasks under way in this process."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most = most
        self._most_each = most_each
        self._running: dict[Following, asyncio.Task[None]] = {}

    def begin(self, events: Callable[[], AsyncIterator[Event]], context: str, who: Principal) -> Following:
        """Take up a run; it goes on whoever follows it. Raises LimitExceededError when there are too many.

        It goes on without a request, so that what the gateway allows at a time has to be kept here.
        """
        owner = f"{who.tenant}/{who.id}"
        given = who.allowance.concurrency if who.allowance else None
        most = min(self._most_each, given or self._most_each)
        if len(self._running) >= self._most or sum(f.owner == owner for f in self._running) >= most:
            raise LimitExceededError("a2a tasks under way", min(self._most, most), hint="ask again later")
        made = Following(events(), context, owner)
        # It outlives the request that asked for it; whose it is, its request says.
        pumping = asyncio.create_task(made.pump(), name="lumos-a2a-task", context=Context())
        self._running[made] = pumping
        pumping.add_done_callback(lambda _: self._running.pop(made, None))
        return made

    def find(self, task_id: str) -> Following | None:
        """Return a task that is under way here, whoever's it is: who asks has been looked at."""
        return next((f for f in self._running if f.telling.task.id == task_id), None)

    async def aclose(self) -> None:
        """End what is under way; the host keeps what it can go on with."""
        running = list(self._running.values())
        for pumping in running:
            pumping.cancel()
        if running:
            await asyncio.wait(running)
