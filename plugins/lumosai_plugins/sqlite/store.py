"""The store: records in, records out; the writer's thread does the rest."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from lumosai_plugins.sqlite import reads
from lumosai_plugins.sqlite.codec import encode, encode_within
from lumosai_plugins.sqlite.database import connect
from lumosai_plugins.sqlite.retention import PURGES, Delete, Retention
from lumosai_plugins.sqlite.schema import RECORDS
from lumosai_plugins.sqlite.settings import Settings
from lumosai_plugins.sqlite.tables import EVENTS, MESSAGES, MESSAGES_OF, RUNS, THREADS, TOUCHED, TOUCHED_OF, VALUES, Row
from lumosai_plugins.sqlite.writer import Call, Write, Writer
from lumosai_sdk.errors import InputError, StorageError
from lumosai_sdk.storing import check_ids, event_rows
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.storage import RunFilter, RunRecord, Thread

T = TypeVar("T")
_ROW_BYTES = 200
_POLL = 0.005
_NEW_THREAD = Thread("")


class SqliteStorage:
    """Storage in one SQLite file (https://sqlite.org/wal.html).

    Opens, and if need be makes and migrates, the file. Raises StorageError when it is damaged, newer than this code,
    another program's, or cannot be written. A write returns when it is queued; ``flush`` when it is committed.
    """

    def __init__(self, context: PluginContext) -> None:
        self._settings = settings = Settings.of(context)
        retention = Retention(settings, context.log)
        self._writer = Writer(connect(settings, RECORDS), settings, retention.sweep, context.log)

    # --- threads

    async def put_thread(self, thread: Thread) -> None:
        check_ids(thread.id, thread.owner)
        metadata = self._encode(thread.metadata, f"thread {thread.id!r}")
        row = (thread.id, thread.owner, thread.title, thread.created_at, thread.updated_at, metadata)
        await self._put([(THREADS, [row], len(metadata) + len(thread.title) + _ROW_BYTES)])

    async def get_thread(self, thread_id: str) -> Thread | None:
        return await self._read(reads.thread(thread_id), thread_id)

    async def list_threads(
        self, owner: str | None = None, limit: int = 50, before: str | None = None
    ) -> Sequence[Thread]:
        return await self._read(reads.threads(owner, limit, before), owner, before)

    async def delete_thread(self, thread_id: str) -> bool:
        return await self._change(reads.delete_thread(thread_id), thread_id)

    async def append_messages(self, thread_id: str, messages: Sequence[Message], owner: str | None = None) -> None:
        check_ids(thread_id, owner)
        what = f"a message of thread {thread_id!r}"
        rows = [(thread_id, self._encode(m.to_json(), what)) for m in messages]
        now = time.time()
        size = sum(len(data) for _, data in rows) + _ROW_BYTES * len(rows)
        if owner is not None:
            theirs = [(*row, owner) for row in rows]
            await self._put([(TOUCHED_OF, [(now, thread_id, owner)], _ROW_BYTES), (MESSAGES_OF, theirs, size)])
            return
        touched = (thread_id, _NEW_THREAD.owner, now, now)
        await self._put([(TOUCHED, [touched], _ROW_BYTES), (MESSAGES, rows, size)])

    async def messages(self, thread_id: str, limit: int | None = None) -> Sequence[Message]:
        return await self._read(reads.messages(thread_id, limit), thread_id)

    # --- runs

    async def put_run(self, run: RunRecord) -> None:
        row = self._run_row(run)
        await self._put([(RUNS, [row], len(row[-1]) + _ROW_BYTES)])

    async def replace_run(self, old: RunRecord, new: RunRecord) -> bool:
        if old.id != new.id:
            raise InputError(f"run {old.id!r} cannot be replaced by run {new.id!r}")
        work = reads.replace_run(self._run_row(new), old.status, old.updated_at)
        replaced: bool = await self._ask(work, writes=True, lasting=True)
        return replaced

    async def get_run(self, run_id: str) -> RunRecord | None:
        return await self._read(reads.run(run_id), run_id)

    async def list_runs(self, where: RunFilter) -> Sequence[RunRecord]:
        return await self._read(
            reads.runs(where), where.agent, where.status, where.thread_id, where.owner, where.before
        )

    async def append_events(self, run_id: str, events: Sequence[Mapping[str, Any]]) -> None:
        if not events:
            return
        check_ids(run_id)
        now = time.time()
        packed = event_rows(run_id, events, self._settings.max_row_bytes, encode)
        rows = [(run_id, first, last, now, data) for first, last, data in packed]
        await self._put([(EVENTS, rows, sum(len(r[4]) + _ROW_BYTES for r in rows))])

    async def events(self, run_id: str, after: int = 0) -> Sequence[Mapping[str, Any]]:
        return await self._read(reads.events(run_id, after), run_id)

    # --- values

    async def kv_get(self, namespace: str, key: str) -> Any:
        return await self._read(reads.value(namespace, key), namespace, key)

    async def kv_set(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> None:
        row = self._value_row(namespace, key, value, ttl)
        await self._put([(VALUES, [row], len(row[2]) + _ROW_BYTES)])

    async def kv_add(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> bool:
        row = self._value_row(namespace, key, value, ttl)
        added: bool = await self._ask(reads.add_value(row), writes=True, lasting=True)
        return added

    async def kv_delete(self, namespace: str, key: str) -> bool:
        return await self._change(reads.delete_value(namespace, key), namespace, key)

    async def kv_keys(self, namespace: str, prefix: str = "") -> Sequence[str]:
        return await self._read(reads.keys(namespace, prefix), namespace, prefix)

    # --- the whole

    async def flush(self) -> None:
        await self._ask(None, writes=False)

    async def purge(self, before: float) -> int:
        total = 0
        for delete in PURGES:
            while count := await self._change(_at(delete, before)):
                total += count
        return total

    async def health(self) -> dict[str, Any]:
        """Return ``{ok, detail, queued}``: whether rows are being committed, why not, and how many rows wait."""
        trouble = self._writer.trouble or self._writer.lost
        return {"ok": trouble is None, "detail": str(trouble or ""), "queued": self._writer.rows}

    async def aclose(self) -> None:
        self._writer.close()
        await asyncio.to_thread(self._writer.join, self._settings.timeout + self._settings.busy_timeout)

    # --- within

    def _run_row(self, run: RunRecord) -> Row:
        check_ids(run.id, run.owner, run.agent, run.thread_id)
        data = self._encode(run.to_json(), f"run {run.id!r}")
        return (run.id, run.owner, run.agent, run.thread_id, run.status, run.created_at, run.updated_at, data)

    def _value_row(self, namespace: str, key: str, value: Any, ttl: float | None) -> Row:
        check_ids(namespace, key)
        data = self._encode(value, f"value {namespace}/{key}")
        now = time.time()
        return (namespace, key, data, now, None if ttl is None else now + ttl)

    def _encode(self, value: Any, what: str) -> str:
        return encode_within(value, what, self._settings.max_value_bytes)

    async def _put(self, writes: list[Write]) -> None:
        """Queue writes, waiting a little for room. Raises StorageError when there is none: then nothing was taken."""
        if self._writer.offer(writes):
            return
        deadline = time.monotonic() + self._settings.timeout
        while self._writer.trouble is None and time.monotonic() < deadline:
            await asyncio.sleep(_POLL)
            if self._writer.offer(writes):
                return
        raise self._refusal(f"the queue of {self._settings.path} is full: this was not taken")

    async def _read(self, work: Callable[[sqlite3.Connection], T], *ids: str | None) -> T:
        check_ids(*ids)
        result: T = await self._ask(work, writes=False)
        return result

    async def _change(self, work: Callable[[sqlite3.Connection], T], *ids: str | None) -> T:
        check_ids(*ids)
        result: T = await self._ask(work, writes=True)
        return result

    async def _ask(
        self, work: Callable[[sqlite3.Connection], Any] | None, *, writes: bool, lasting: bool = False
    ) -> Any:
        call = Call(work, writes=writes, lasting=lasting, loop=asyncio.get_running_loop())
        self._writer.submit(call)
        timer = call.loop.call_later(self._settings.timeout, call.expire)
        try:
            return await call.future
        except TimeoutError:
            waiting = f"{self._settings.path} did not answer within {self._settings.timeout:g} s"
            raise self._refusal(f"{waiting}; {self._writer.rows} rows are still queued") from None
        finally:
            timer.cancel()

    def _refusal(self, what: str) -> StorageError:
        trouble = self._writer.trouble
        return StorageError(f"{what}: {trouble.message}" if trouble else what, hint=trouble.hint if trouble else None)


def _at(delete: Delete, before: float) -> Callable[[sqlite3.Connection], int]:
    return lambda connection: delete(connection, before)
