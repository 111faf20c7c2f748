"""The store: records in, records out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lumosai_plugins.postgres import statements as sql
from lumosai_plugins.postgres.codec import decode, encode, encode_within, key, key_or_none, unkeyed
from lumosai_plugins.postgres.errors import explain
from lumosai_plugins.postgres.pool import Pool
from lumosai_plugins.postgres.retention import Retention
from lumosai_plugins.postgres.settings import Settings
from lumosai_plugins.postgres.writer import Row, Write, Writer
from lumosai_sdk.errors import InputError, LumosError, StorageError
from lumosai_sdk.storing import check_ids, event_rows
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.storage import RunFilter, RunRecord, Thread

_ROW_BYTES = 200
_POLL = 0.005
_LARGEST = 2**63 - 1
_NEW = Thread("")
_NEW_DATA = encode({"title": "", "metadata": {}}, "a thread")


class PostgresStorage:
    """Storage in a PostgreSQL database, which hosts on several machines may share.

    A write returns when it is queued, ``flush`` when it is committed; a read first waits for the writes before it.
    """

    def __init__(self, context: PluginContext) -> None:
        self._settings = settings = Settings.of(context)
        self._pool = Pool(settings)
        self._writer = Writer(self._pool.connection, settings.queue_bytes, context.log)
        self._retention = Retention(self.purge, self._pool.connection, settings.retention_days, context.log)

    # --- threads

    async def put_thread(self, thread: Thread) -> None:
        check_ids(thread.id, thread.owner)
        data = self._encode({"title": thread.title, "metadata": thread.metadata}, f"thread {thread.id!r}")
        row = (key(thread.id), key(thread.owner), thread.created_at, thread.updated_at, data)
        await self._put([(sql.PUT_THREAD, [row], len(data) + _ROW_BYTES)])

    async def get_thread(self, thread_id: str) -> Thread | None:
        check_ids(thread_id)
        rows = await self._read(f"{sql.THREADS} WHERE id = $1", key(thread_id))
        return _thread(rows[0]) if rows else None

    async def list_threads(
        self, owner: str | None = None, limit: int = 50, before: str | None = None
    ) -> Sequence[Thread]:
        check_ids(owner, before)
        query = _Query(sql.THREADS, owner=owner)
        if before is not None:
            query.after("(updated_at, id) < (SELECT updated_at, id FROM threads WHERE id = {})", before)
        text, values = query.page("updated_at DESC, id DESC", limit)
        return [_thread(r) for r in await self._read(text, *values)]

    async def delete_thread(self, thread_id: str) -> bool:
        check_ids(thread_id)
        return bool(await self._read(sql.DELETE_THREAD, key(thread_id)))

    async def append_messages(self, thread_id: str, messages: Sequence[Message], owner: str | None = None) -> None:
        check_ids(thread_id, owner)
        what = f"a message of thread {thread_id!r}"
        rows = [self._encode(m.to_json(), what) for m in messages]
        now, size = time.time(), sum(map(len, rows)) + _ROW_BYTES * (len(rows) + 1)
        if owner is not None:
            await self._put([(sql.ADD_MESSAGES_OF, [(key(thread_id), key(owner), now, rows)], size)])
            return
        touched = (key(thread_id), _NEW.owner, now, _NEW_DATA)
        said = [(key(thread_id), data) for data in rows]
        await self._put([(sql.TOUCH_THREAD, [touched], _ROW_BYTES), (sql.ADD_MESSAGE, said, size)])

    async def messages(self, thread_id: str, limit: int | None = None) -> Sequence[Message]:
        check_ids(thread_id)
        rows = await self._read(sql.MESSAGES, key(thread_id), None if limit is None else _bounded(limit))
        what = f"message of thread {thread_id!r}"
        return [Message.from_json(decode(r["data"], what)) for r in reversed(rows)]

    # --- runs

    async def put_run(self, run: RunRecord) -> None:
        row = self._run_row(run)
        await self._put([(sql.PUT_RUN, [row], len(row[-1]) + _ROW_BYTES)])

    async def replace_run(self, old: RunRecord, new: RunRecord) -> bool:
        if old.id != new.id:
            raise InputError(f"run {old.id!r} cannot be replaced by run {new.id!r}")
        return bool(await self._read(sql.REPLACE_RUN, *self._run_row(new), old.status, old.updated_at))

    async def get_run(self, run_id: str) -> RunRecord | None:
        check_ids(run_id)
        rows = await self._read(sql.RUN, key(run_id))
        return RunRecord.from_json(decode(rows[0]["data"], f"run {run_id!r}")) if rows else None

    async def list_runs(self, where: RunFilter) -> Sequence[RunRecord]:
        check_ids(where.agent, where.status, where.thread_id, where.owner, where.before)
        query = _Query(
            "SELECT data FROM runs",
            agent=where.agent,
            status=where.status,
            thread_id=where.thread_id,
            owner=where.owner,
        )
        if where.before is not None:
            query.after("(created_at, id) < (SELECT created_at, id FROM runs WHERE id = {})", where.before)
        text, values = query.page("created_at DESC, id DESC", where.limit)
        return [RunRecord.from_json(decode(r["data"], "run")) for r in await self._read(text, *values)]

    async def append_events(self, run_id: str, events: Sequence[Mapping[str, Any]]) -> None:
        if not events:
            return
        check_ids(run_id)
        packed = event_rows(run_id, events, self._settings.max_row_bytes, encode)
        now = time.time()
        rows = [(key(run_id), first, last, now, data) for first, last, data in packed]
        await self._put([(sql.ADD_EVENTS, rows, sum(len(r[4]) + _ROW_BYTES for r in rows))])

    async def events(self, run_id: str, after: int = 0) -> Sequence[Mapping[str, Any]]:
        check_ids(run_id)
        start = max(min(after, _LARGEST), -1)
        rows = await self._read(sql.EVENTS, key(run_id), start)
        found = [e for r in rows for e in decode(r["data"], f"events of run {run_id!r}") if e["seq"] > start]
        found.sort(key=lambda e: e["seq"])
        return found

    # --- values

    async def kv_get(self, namespace: str, key: str) -> Any:
        rows = await self._read(sql.VALUE, *_keys(namespace, key), time.time())
        return decode(rows[0]["data"], f"value {namespace}/{key}") if rows else None

    async def kv_set(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> None:
        row = self._value_row(namespace, key, value, ttl)
        await self._put([(sql.PUT_VALUE, [row], len(row[2]) + _ROW_BYTES)])

    async def kv_add(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> bool:
        row = self._value_row(namespace, key, value, ttl)
        return bool(await self._read(sql.ADD_VALUE, *row, time.time()))

    async def kv_delete(self, namespace: str, key: str) -> bool:
        rows = await self._read(sql.DELETE_VALUE, *_keys(namespace, key))
        return any(r["expires_at"] is None or r["expires_at"] > time.time() for r in rows)

    async def kv_keys(self, namespace: str, prefix: str = "") -> Sequence[str]:
        rows = await self._read(sql.KEYS, *_keys(namespace, prefix), time.time())
        return sorted(unkeyed(r["key"]) for r in rows)

    # --- the whole

    async def flush(self) -> None:
        await self._in_time(self._writer.committed())

    async def purge(self, before: float) -> int:
        total = 0
        for statement in sql.PURGES:
            while count := (await self._read(statement, before))[0]["count"]:
                total += count
        return total

    async def health(self) -> dict[str, Any]:
        """Return ``{ok, detail, queued}``: whether rows are being committed, why not, and how many rows wait."""
        trouble = self._writer.trouble or self._writer.lost
        return {"ok": trouble is None, "detail": str(trouble or ""), "queued": self._writer.rows}

    async def aclose(self) -> None:
        await self._retention.aclose()
        try:
            await self._writer.aclose(self._settings.timeout)
        finally:
            await self._pool.aclose(self._settings.timeout)

    # --- within

    def _run_row(self, run: RunRecord) -> Row:
        check_ids(run.id, run.owner, run.agent, run.thread_id)
        data = self._encode(run.to_json(), f"run {run.id!r}")
        ids = (key(run.id), key(run.owner), key(run.agent), key_or_none(run.thread_id))
        return (*ids, run.status, run.created_at, run.updated_at, data)

    def _value_row(self, namespace: str, name: str, value: Any, ttl: float | None) -> Row:
        data = self._encode(value, f"value {namespace}/{name}")
        return (*_keys(namespace, name), data, None if ttl is None else time.time() + ttl)

    def _encode(self, value: Any, what: str) -> str:
        return encode_within(value, what, self._settings.max_value_bytes)

    async def _put(self, writes: list[Write]) -> None:
        """Queue writes, waiting a little for room. Raises StorageError when there is none: then nothing was taken."""
        self._retention.begin()
        if self._writer.offer(writes):
            return
        deadline = time.monotonic() + self._settings.timeout
        while self._writer.trouble is None and time.monotonic() < deadline:
            await asyncio.sleep(_POLL)
            if self._writer.offer(writes):
                return
        raise self._late("the queue for PostgreSQL is full: this was not taken")

    async def _read(self, query: str, *values: Any) -> Any:
        """Return the rows of a query that sees all that was taken before it."""
        if self._writer.closing:
            raise StorageError("the store in PostgreSQL is closed")
        return await self._in_time(self._fetched(query, values))

    async def _fetched(self, query: str, values: Sequence[Any]) -> Any:
        await self._writer.committed()
        async with self._pool.connection() as connection:
            return await connection.fetch(query, *values)

    async def _in_time(self, work: Any) -> Any:
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await work
        except LumosError:
            raise
        except TimeoutError:
            raise self._late(f"PostgreSQL did not answer within {self._settings.timeout:g} s") from None
        except Exception as e:
            raise explain(e) from e

    def _late(self, what: str) -> StorageError:
        trouble = self._writer.trouble
        return StorageError(f"{what}: {trouble.message}" if trouble else what, hint=trouble.hint if trouble else None)


class _Query:
    """A query whose conditions are added one by one, their values bound and never written into it."""

    def __init__(self, select: str, **equal: str | None) -> None:
        self._select = select
        self._terms: list[str] = []
        self._values: list[Any] = []
        for column, value in equal.items():
            if value is not None:
                self.after(f"{column} = {{}}", value)

    def after(self, term: str, value: str) -> None:
        self._values.append(key(value))
        self._terms.append(term.format(f"${len(self._values)}"))

    def page(self, order: str, limit: int) -> tuple[str, list[Any]]:
        where = f" WHERE {' AND '.join(self._terms)}" if self._terms else ""
        text = f"{self._select}{where} ORDER BY {order} LIMIT ${len(self._values) + 1}"
        return text, [*self._values, _bounded(limit)]


def _thread(row: Mapping[str, Any]) -> Thread:
    data = decode(row["data"], "thread")
    made = Thread(unkeyed(row["id"]), unkeyed(row["owner"]), data["title"], row["created_at"], row["updated_at"])
    return replace(made, metadata=data["metadata"])


def _keys(namespace: str, name: str) -> tuple[str, str]:
    check_ids(namespace, name)
    return key(namespace), key(name)


def _bounded(limit: int) -> int:
    return min(max(limit, 0), _LARGEST)
