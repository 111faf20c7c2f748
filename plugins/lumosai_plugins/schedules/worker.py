"""The worker of one host: finds what is due, and does it.

A task is done at least once: a host that dies in the middle leaves it to another, once its lease has ended, and the run
is made again. It is not done by two at a time, and what a schedule asks for at one time is put in the queue once.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from lumosai_plugins.schedules.items import OPEN, State
from lumosai_plugins.schedules.leases import Lease
from lumosai_sdk.errors import InputError, LimitExceededError, LumosError, NotFoundError, PermissionDeniedError
from lumosai_sdk.types.runs import RunRequest

if TYPE_CHECKING:
    import logging

    from lumosai_plugins.schedules.items import Item
    from lumosai_plugins.schedules.jobs import Job
    from lumosai_plugins.schedules.store import Store
    from lumosai_sdk.types.runs import RunResult
    from lumosai_sdk.types.services import TrustedServices

GRACE = 60.0
"""Seconds after its time in which a run that is not made up for may still begin."""
_KEPT = 4000
_INTERRUPTED = "interrupted"
_HOPELESS = (NotFoundError, InputError, PermissionDeniedError)


class Worker:
    """Does what is due, until it is stopped."""

    def __init__(self, services: TrustedServices, store: Store, log: logging.Logger) -> None:
        self._services = services
        self._store = store
        self._log = log
        self._name = uuid4().hex
        self._working: dict[str, asyncio.Task[None]] = {}
        self._done: set[str] = set()
        self._is_stopping = False

    async def run(self) -> None:
        """Look at what is due again and again. What goes wrong with one look is tried with the next."""
        while not self._is_stopping:
            try:
                await self.look()
            except LumosError as e:
                self._log.warning("schedules: %s", e.message)
            await asyncio.sleep(self._store.settings.poll)

    async def drain(self) -> int:
        """Do all that is due now, what others are at included if they die; return how many tasks this worker did."""
        while True:
            await self.look()
            now = self._store.clock()
            if not self._working and not any(i.not_before <= now for i in await self._store.open_items()):
                return len(self._done)
            if self._working:
                await asyncio.wait(self._working.values(), return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(self._store.settings.poll)

    async def look(self) -> None:
        """Put in the queue what schedules ask for, and begin what can be begun."""
        for job in (await self._store.jobs()).values():
            if job.enabled:
                await self._schedule(job)
        now = self._store.clock()
        full: set[str] = set()
        for item in await self._store.open_items():
            if item.not_before <= now and item.queue not in full and item.id not in self._working:
                await self._begin(item, full)

    async def _schedule(self, job: Job) -> None:
        now = self._store.clock()
        due = job.due_after(await self._store.last(job))
        if due is None or due > now:
            return
        if job.missed == "once" or now - due <= GRACE:
            try:
                await self._store.add(self._store.item(job, due))
            except LimitExceededError as e:
                self._log.warning("schedule %s: %s", job.name, e.message)
                return
        # After the task is there: a host that dies in between puts the same one there again, and finds it.
        await self._store.looked_after(job, _until(job, due, now))

    async def _begin(self, item: Item, full: set[str]) -> None:
        """Begin a task, if it is nobody else's; note a queue that has no room."""
        lease = Lease(self._store.kv, f"{self._name}:{uuid4().hex}", self._store.settings.lease)
        queue = self._store.settings.queues.get(item.queue)
        slots = [f"slot:{item.queue}:{n}" for n in range(queue.concurrency if queue else 0)]
        if self._is_stopping or not await lease.take_one(slots):
            full.add(item.queue)
            return
        fresh = await self._claimed(lease, item)
        if fresh is None:
            await lease.release()
            return
        working = asyncio.create_task(self._work(fresh, lease), name=f"lumos-task-{item.id}")
        self._working[item.id] = working
        working.add_done_callback(lambda _: self._working.pop(item.id, None))

    async def _claimed(self, lease: Lease, item: Item) -> Item | None:
        """Return a task as it is now, if it is free and still to be done: another worker may have done it just now."""
        if not await lease.take(f"item:{item.id}"):
            return None
        if not item.overlap and item.job is not None and not await lease.take(f"job:{item.job}"):
            return None
        fresh = await self._store.get(item.id)
        is_due = fresh is not None and fresh.state in OPEN and fresh.not_before <= self._store.clock()
        return fresh if is_due else None

    async def _work(self, item: Item, lease: Lease) -> None:
        keeping = asyncio.create_task(lease.keep())
        try:
            if (after := await self._tried(item, keeping)) is not None:
                await self._store.put(after)
                self._done.add(item.id)
        except LumosError as e:
            self._log.warning("task %s: %s", item.id, e.message)
        finally:
            keeping.cancel()
            with suppress(LumosError):
                await lease.release()

    async def _tried(self, item: Item, keeping: asyncio.Task[None]) -> Item | None:
        """Return the task as it stands after a try; None when it has become another worker's."""
        queue = self._store.settings.queues[item.queue]
        if item.state == "running" and item.attempts >= queue.attempts:
            return self._dead(item, "the host that worked on it died")
        begun = replace(item, state="running", attempts=item.attempts + 1)
        await self._store.put(begun)
        running = asyncio.create_task(self._services.run(self._request(begun)))
        try:
            await asyncio.wait({running, keeping}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await _cancelled(running)
            await self._store.put(self._after(begun, running, stopped=True))
            raise
        if not running.done():
            await _cancelled(running)
            self._log.warning("task %s: its lease was lost", item.id)
            return None
        return self._after(begun, running)

    def _request(self, item: Item) -> RunRequest:
        metadata = {"via": "schedules", "task": item.id, **({"schedule": item.job} if item.job else {})}
        return RunRequest(item.agent, item.input, item.thread, principal=item.principal, metadata=metadata)

    def _after(self, item: Item, running: asyncio.Task[RunResult], *, stopped: bool = False) -> Item:
        now = self._store.clock()
        error = None if running.cancelled() else running.exception()
        if (stopped and (running.cancelled() or error)) or getattr(error, "code", "") == _INTERRUPTED:
            return replace(item, attempts=item.attempts - 1).again(now, "the host stopped")
        if running.cancelled():
            return self._dead(item, "the run was cancelled")
        if error is None:
            result = running.result()
            state: State = "suspended" if result.status == "suspended" else "done"
            return replace(item, state=state, run=result.run_id, text=result.text[:_KEPT], error="", ended=now)
        if not isinstance(error, LumosError):
            return self._dead(item, f"{type(error).__name__}")
        queue = self._store.settings.queues[item.queue]
        if isinstance(error, _HOPELESS) or item.attempts >= queue.attempts:
            return self._dead(item, error.message)
        return item.again(now + queue.wait(item.attempts), error.message[:_KEPT])

    def _dead(self, item: Item, why: str) -> Item:
        self._log.warning("task %s is a dead letter: %s", item.id, why)
        return replace(item, state="dead", error=why[:_KEPT], ended=self._store.clock())

    async def stop(self, seconds: float = 0.0) -> None:
        """Begin nothing more; what is not done in time goes back to the queue."""
        self._is_stopping = True
        working = list(self._working.values())
        if working and seconds:
            await asyncio.wait(working, timeout=seconds)
        for task in working:
            task.cancel()
        if working:
            await asyncio.wait(working)


def _until(job: Job, due: float, now: float) -> float:
    """Return up to when a schedule has been looked after, when it was due: intervals keep their beat."""
    if job.every is None:
        return now
    return due + (now - due) // job.every * job.every


async def _cancelled(running: asyncio.Task[RunResult]) -> None:
    running.cancel()
    await asyncio.wait({running})
