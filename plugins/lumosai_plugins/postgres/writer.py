"""Writes are taken into a queue and committed together, in order; what fails for now stays there and is tried again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from lumosai_plugins.postgres.errors import blames_row, explain
from lumosai_plugins.postgres.statements import OF_THREADS
from lumosai_sdk.errors import StorageError

Row = Sequence[Any]
Write = tuple[str, Sequence[Row], int]
"""A statement, its rows, and about how many bytes they are."""
Connect = Callable[[], AbstractAsyncContextManager[Any]]
_GROUP = 5_000
_FIRST_DELAY, _LAST_DELAY = 0.05, 2.0


class Writer:
    """Commits what is offered. ``trouble`` is why nothing can be committed now, ``lost`` what would not be taken."""

    def __init__(self, connect: Connect, limit: int, log: logging.Logger) -> None:
        self._connect = connect
        self._limit = limit
        self._log = log
        self._queue: list[Write] = []
        self._bytes = 0
        self._taken = self._done = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self.closing = False
        self.trouble: StorageError | None = None
        self.lost: StorageError | None = None

    @property
    def rows(self) -> int:
        """How many rows wait."""
        return sum(len(rows) for _, rows, _ in self._queue)

    def offer(self, writes: Sequence[Write]) -> bool:
        """Take writes, all or none; False when there is no room. Raises StorageError when closed."""
        if self.closing:
            raise closed()
        size = sum(w[2] for w in writes)
        # One write larger than the whole queue is let into an empty one: it could go nowhere else.
        if self._bytes and self._bytes + size > self._limit:
            return False
        self._queue += writes
        self._bytes += size
        self._taken += len(writes)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="lumos-postgres")
        return True

    async def committed(self) -> None:
        """Return when all that was taken is committed. Raises StorageError for what was taken and would not be kept."""
        if self._done < self._taken:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((self._taken, done))
            await done
        if self.lost is not None:
            lost, self.lost = self.lost, None
            raise lost

    async def aclose(self, seconds: float) -> None:
        """Write what is queued, for so many *seconds* at most. Raises StorageError when some could not be."""
        self.closing = True
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task], timeout=seconds)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for _, done in self._waiting:
            if not done.done():
                done.set_exception(self.trouble or closed())
        if self._queue:
            why = self.trouble.message if self.trouble else "the database is slow"
            raise StorageError(f"{self.rows} rows could not be written before the end: {why}")

    async def _run(self) -> None:
        delay = 0.0
        while self._queue:
            writes = self._queue[:_GROUP]
            try:
                await self._commit(writes)
            except Exception as e:  # noqa: BLE001 - the queue must outlive whatever befalls a transaction
                if blames_row(e):
                    await self._one_by_one(writes, e)
                    continue
                self._hold(e)
                if self.closing:
                    return
                delay = min(delay * 2 or _FIRST_DELAY, _LAST_DELAY)
                await asyncio.sleep(delay)
            else:
                delay = 0.0
                self._release(writes)

    async def _commit(self, writes: Sequence[Write]) -> None:
        async with self._connect() as connection, connection.transaction():
            for statement, rows in together(writes):
                await connection.executemany(statement, rows)

    async def _one_by_one(self, writes: Sequence[Write], error: Exception) -> None:
        """A row is at fault: do each write alone, so that only the culprit is lost."""
        self._log.error("a group of writes failed, doing them one by one: %r", error)
        for write in writes:
            try:
                await self._commit([write])
            except Exception as e:  # noqa: BLE001 - as in _run
                if not blames_row(e):
                    self._hold(e)
                    return
                self._log.error("PostgreSQL refuses %d rows: %r", len(write[1]), e)
                self.lost = StorageError(f"PostgreSQL refused {len(write[1])} rows: {type(e).__name__}")
            self._release([write])

    def _hold(self, error: Exception) -> None:
        known, self.trouble = self.trouble, explain(error)
        if not known:
            self._log.error("nothing is written for now: %s", self.trouble)

    def _release(self, writes: Sequence[Write]) -> None:
        del self._queue[: len(writes)]
        self._bytes -= sum(w[2] for w in writes)
        self._done += len(writes)
        if self.trouble is not None:
            self._log.warning("PostgreSQL takes writes again")
            self.trouble = None
        while self._waiting and self._waiting[0][0] <= self._done:
            _, done = self._waiting.pop(0)
            if not done.done():
                done.set_result(None)


def closed() -> StorageError:
    """Return what a closed store answers."""
    return StorageError("the store in PostgreSQL is closed")


def together(writes: Sequence[Write]) -> list[tuple[str, list[Row]]]:
    """Return the rows of each statement together; those that change threads and messages stay in their order."""
    out: list[tuple[str, list[Row]]] = []
    latest: dict[str, list[Row]] = {}
    for statement, rows, _ in writes:
        known = latest.get(statement)
        if known is not None:
            known.extend(rows)
            continue
        if statement in OF_THREADS:
            latest = {s: r for s, r in latest.items() if s not in OF_THREADS}
        latest[statement] = list(rows)
        out.append((statement, latest[statement]))
    return out
