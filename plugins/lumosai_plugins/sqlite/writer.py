"""The one thread that touches the file.

Writes are taken into a queue and committed together; reads go through the same queue, so they see all that was taken
before them. When the disk or another process is in the way the writes stay queued and are tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from lumosai_plugins.sqlite.errors import blames_row, explain
from lumosai_plugins.sqlite.settings import Settings
from lumosai_plugins.sqlite.tables import Batch, Condition, Row, Table
from lumosai_sdk.errors import StorageError

# How long a lone write waits for company, and how many rows are company enough.
_LINGER = 0.01
_CROWD = 2000
_FIRST_DELAY, _LAST_DELAY = 0.05, 1.0
_SWEEP_EVERY = 3600.0

Work = Callable[[sqlite3.Connection], Any]
Sweep = Callable[[sqlite3.Connection], Iterator[None]]
Write = tuple[Table | Condition, list[Row], int]
"""A table, its rows, and about how many bytes they are."""


class Call:
    """A question to the database, or (``work`` None) to be told when all before is committed.

    One that is ``lasting`` is answered only when what it changed is committed: until then it may be done again, and
    turn out otherwise.
    """

    __slots__ = ("answered", "error", "future", "lasting", "loop", "result", "work", "writes")

    def __init__(
        self, work: Work | None, *, writes: bool, loop: asyncio.AbstractEventLoop, lasting: bool = False
    ) -> None:
        self.work = work
        self.writes = writes
        self.lasting = lasting
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.answered = False
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        """Give the answer to whoever still waits for it."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)

    def expire(self) -> None:
        """Let whoever waits know that it takes too long."""
        if not self.future.done():
            self.future.set_exception(TimeoutError())

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits, or it has changed what must now be committed."""
        return self.writes if self.answered else not self.future.done()


def _settle(calls: list[Call]) -> None:
    for call in calls:
        call.settle()


Job = Write | Call


class Writer:
    """Owns the connection and its thread, which is started by the first job.

    ``trouble`` is why nothing can be committed at present, ``lost`` what SQLite would not take at all (a bug, told
    loudly: rows are checked before they are taken).
    """

    def __init__(self, connection: sqlite3.Connection, settings: Settings, sweep: Sweep, log: logging.Logger) -> None:
        self._connection = connection
        self._settings = settings
        self._sweep = sweep
        self._log = log
        self._condition = threading.Condition()
        self._queue: list[Job] = []
        self._thread: threading.Thread | None = None
        self._asleep = self._urgent = self._closing = False
        self._delay = 0.0
        self._answered: list[Call] = []
        self._sweeping: Iterator[None] | None = None
        self._sweep_at = 0.0
        self.rows = 0
        self.bytes = 0
        self.trouble: StorageError | None = None
        self.lost: StorageError | None = None

    # --- on the event loop

    def offer(self, writes: list[Write]) -> bool:
        """Take writes, all or none; False when the queue has no room. Raises StorageError when closed."""
        rows = size = 0
        for _, items, n in writes:
            rows += len(items)
            size += n
        with self._condition:
            self._check_open()
            # One write larger than the whole queue is let into an empty one: it could go nowhere else.
            if self.rows and self._is_full(rows, size):
                return False
            self.rows += rows
            self.bytes += size
            self._queue += writes
            self._wake(urgent=self.rows >= _CROWD)
        return True

    def submit(self, call: Call) -> None:
        """Put a call in the queue. Raises StorageError when closed."""
        with self._condition:
            self._check_open()
            self._queue.append(call)
            self._wake(urgent=True)

    def close(self) -> None:
        """Let the thread write what is queued, close the file and end."""
        with self._condition:
            self._closing = True
            if self._thread is None:
                self._connection.close()
            else:
                self._wake(urgent=True)

    def join(self, timeout: float) -> None:
        """Wait for the thread. Raises StorageError when it could not write all, or is still at it."""
        if self._thread is None:
            return
        self._thread.join(timeout)
        if self.rows or self._thread.is_alive():
            why = self.trouble.message if self.trouble else "the disk is slow"
            raise StorageError(f"{self._settings.path}: {self.rows} rows could not be written before the end: {why}")

    def _check_open(self) -> None:
        if self._closing:
            raise StorageError(f"the store in {self._settings.path} is closed")

    def _is_full(self, rows: int, size: int) -> bool:
        return self.rows + rows > self._settings.queue_rows or self.bytes + size > self._settings.queue_bytes

    def _wake(self, *, urgent: bool) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="lumosai-sqlite", daemon=True)
            self._thread.start()
        if urgent and not self._urgent:
            self._urgent = True
            self._condition.notify()
        elif self._asleep:
            self._asleep = False
            self._condition.notify()

    # --- in the thread

    def _run(self) -> None:
        work: list[Job] = []
        try:
            while self._gather(work):
                with contextlib.suppress(Exception):  # a log that cannot be written either: the disk is full
                    self._round(work)
                self._tell()
        finally:
            self._connection.close()

    def _gather(self, work: list[Job]) -> bool:
        """Wait for jobs and move them to *work*; False when it is time to end."""
        with self._condition:
            if work:
                self._condition.wait_for(lambda: self._closing, self._delay)
            elif not self._queue and not self._closing:
                self._asleep = True
                self._condition.wait_for(lambda: self._queue or self._closing, self._until_sweep())
                self._asleep = False
            if self._queue and not self._urgent:
                self._condition.wait_for(lambda: self._urgent, _LINGER)
            self._urgent = False
            work += self._queue
            self._queue = []
            return bool(work) or not self._closing

    def _round(self, work: list[Job]) -> None:
        try:
            self._attempt(work)
        except Exception as e:  # noqa: BLE001 - the thread must outlive whatever befalls a transaction
            self._roll_back()
            work[:] = [job for job in work if not isinstance(job, Call) or job.wanted]
            if blames_row(e):
                self._isolate(work, e)
            else:
                self._hold(e)
        else:
            self._committed(work)
        if self._closing and self.trouble:
            self._give_up(work)
        self._tell()
        if not work:
            self._tidy()

    def _attempt(self, work: list[Job]) -> None:
        """Do *work* in one transaction: reads are answered on the way, flushes after the commit."""
        connection = self._connection
        began = any(not isinstance(job, Call) or job.writes for job in work)
        if began:
            connection.execute("BEGIN IMMEDIATE")
        batch = Batch(connection)
        for job in work:
            if not isinstance(job, Call):
                batch.add(job[0], job[1])
            elif job.work is not None and job.wanted:
                batch.apply()
                self._ask(job, job.work, began=began)
        batch.apply()
        self._tell()
        if began:
            connection.execute("COMMIT")

    def _answer(self, call: Call, result: Any = None, error: BaseException | None = None) -> None:
        call.answered = True
        call.result = result
        call.error = error
        self._answered.append(call)

    def _tell(self) -> None:
        """Wake each event loop once with its answers, unless it is gone."""
        if not self._answered:
            return
        by_loop: dict[asyncio.AbstractEventLoop, list[Call]] = {}
        for call in self._answered:
            by_loop.setdefault(call.loop, []).append(call)
        self._answered = []
        for loop, calls in by_loop.items():
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, calls)

    def _ask(self, call: Call, work: Work, *, began: bool) -> None:
        try:
            result = work(self._connection)
        except Exception as e:
            if call.writes:
                raise
            self._answer(call, error=explain(self._settings.path, e) if isinstance(e, sqlite3.Error) else e)
            if began and not self._connection.in_transaction:
                raise  # SQLite rolled back: what was written before must be written again
        else:
            if call.lasting:
                call.result = result
            elif not call.answered:
                self._answer(call, result)

    def _committed(self, work: list[Job]) -> None:
        done = [job for job in work if not isinstance(job, Call)]
        flushes = [job for job in work if isinstance(job, Call) and job.work is None]
        lasting = [job for job in work if isinstance(job, Call) and job.lasting and not job.answered]
        work.clear()
        self._release(done)
        known, self.trouble = self.trouble, None
        self._delay = 0.0
        lost = self.lost if flushes else None
        for call in flushes:
            self._answer(call, error=lost)
        for call in lasting:
            self._answer(call, call.result)
        if lost:
            self.lost = None
        if known:
            self._log.warning("%s is written again", self._settings.path)

    def _release(self, writes: list[Write]) -> None:
        with self._condition:
            self.rows -= sum(len(w[1]) for w in writes)
            self.bytes -= sum(w[2] for w in writes)

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _hold(self, error: Exception) -> None:
        """Keep the work for the next try."""
        known, self.trouble = self.trouble, explain(self._settings.path, error)
        self._delay = min(self._delay * 2 or _FIRST_DELAY, _LAST_DELAY)
        if not known:
            self._log.error("nothing is written for now: %s", self.trouble)

    def _isolate(self, work: list[Job], error: Exception) -> None:
        """Something in *work* is at fault, not the disk: do each alone, so that only the culprit is lost."""
        self._log.error("a group of writes failed, doing them one by one: %r", error)
        while work:
            job = work[0]
            try:
                self._attempt([job])
            except Exception as e:  # noqa: BLE001 - as in _round
                self._roll_back()
                if not blames_row(e):
                    self._hold(e)
                    return
                self._refuse(job, e)
            self._committed([job])
            del work[0]

    def _refuse(self, job: Job, error: Exception) -> None:
        if isinstance(job, Call):
            if not job.answered:
                self._answer(job, error=explain(self._settings.path, error))
            return
        self._log.error("SQLite refuses %d rows of %s: %r", len(job[1]), job[0].name, error)
        self.lost = StorageError(f"{self._settings.path}: {len(job[1])} rows of {job[0].name} were refused: {error}")

    def _give_up(self, work: list[Job]) -> None:
        """The end, and the disk does not take it: say so to all who wait."""
        self._log.error("%d rows could not be written: %s", self.rows, self.trouble)
        for job in work:
            if isinstance(job, Call) and not job.answered:
                self._answer(job, error=self.trouble)
        work.clear()

    # --- sweeping

    def _until_sweep(self) -> float:
        return 0.0 if self._sweeping else max(0.0, self._sweep_at - time.monotonic())

    def _tidy(self) -> None:
        """Take one small step of the sweep, if it is time for one."""
        if self._until_sweep() or self._closing:
            return
        try:
            self._sweeping = self._sweeping or self._sweep(self._connection)
            next(self._sweeping)
        except StopIteration:
            self._swept()
        except Exception as e:  # noqa: BLE001 - as in _round
            self._roll_back()
            self._log.warning("old records are not deleted now: %s", explain(self._settings.path, e))
            self._swept()

    def _swept(self) -> None:
        self._sweeping = None
        self._sweep_at = time.monotonic() + _SWEEP_EVERY
