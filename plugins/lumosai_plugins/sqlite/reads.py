"""The questions, each a function of the connection; and the deletions that tell whether there was something."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from lumosai_sdk.errors import StorageError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.storage import RunFilter, RunRecord, Thread

Connection = sqlite3.Connection
_OPEN: Final = frozenset({"running", "suspended"})
_LARGEST: Final = 2**63 - 1
_THREADS: Final = "SELECT id, owner, title, created_at, updated_at, metadata FROM threads"
_RUNS: Final = "SELECT id, data FROM runs"


def thread(thread_id: str) -> Callable[[Connection], Thread | None]:
    """Find a thread."""

    def read(connection: Connection) -> Thread | None:
        row = connection.execute(f"{_THREADS} WHERE id = ?", (thread_id,)).fetchone()
        return _thread(row) if row else None

    return read


def threads(owner: str | None, limit: int, before: str | None) -> Callable[[Connection], list[Thread]]:
    """Find a page of threads, last used first."""
    terms, values = _equal({"owner": owner})
    if before is not None:
        terms.append("(updated_at, id) < (SELECT updated_at, id FROM threads WHERE id = ?)")
        values.append(before)
    query = _query(_THREADS, terms, "ORDER BY updated_at DESC, id DESC LIMIT ?")
    return lambda connection: [_thread(r) for r in connection.execute(query, (*values, _page(limit)))]


def _thread(row: Sequence[Any]) -> Thread:
    return Thread(row[0], row[1], row[2], row[3] or 0.0, row[4] or 0.0, _loads(row[5], f"thread {row[0]!r}"))


def messages(thread_id: str, limit: int | None) -> Callable[[Connection], list[Message]]:
    """Find the last messages of a thread, oldest first."""
    query = "SELECT data FROM messages WHERE thread_id = ? ORDER BY id DESC LIMIT ?"
    size = -1 if limit is None else _page(limit)
    what = f"message of thread {thread_id!r}"

    def read(connection: Connection) -> list[Message]:
        rows = connection.execute(query, (thread_id, size)).fetchall()
        return [Message.from_json(_loads(data, what)) for (data,) in reversed(rows)]

    return read


def run(run_id: str) -> Callable[[Connection], RunRecord | None]:
    """Find a run."""

    def read(connection: Connection) -> RunRecord | None:
        row = connection.execute(f"{_RUNS} WHERE id = ?", (run_id,)).fetchone()
        return _run(row) if row else None

    return read


def runs(where: RunFilter) -> Callable[[Connection], list[RunRecord]]:
    """Find a page of runs, newest first."""
    terms, values = _equal(
        {"agent": where.agent, "status": where.status, "thread_id": where.thread_id, "owner": where.owner}
    )
    if where.status in _OPEN:
        terms.append("status IN ('running', 'suspended')")  # tells SQLite that the index of the open ones fits
    if where.before is not None:
        terms.append("(created_at, id) < (SELECT created_at, id FROM runs WHERE id = ?)")
        values.append(where.before)
    query = _query(_RUNS, terms, "ORDER BY created_at DESC, id DESC LIMIT ?")
    return lambda connection: [_run(r) for r in connection.execute(query, (*values, _page(where.limit)))]


def _run(row: Sequence[Any]) -> RunRecord:
    return RunRecord.from_json(_loads(row[1], f"run {row[0]!r}"))


def events(run_id: str, after: int) -> Callable[[Connection], list[dict[str, Any]]]:
    """Find the events of a run after a ``seq``, in order."""
    query = "SELECT data FROM events WHERE run_id = ? AND last > ? ORDER BY first, id"
    what = f"events of run {run_id!r}"
    start = max(min(after, _LARGEST), -1)

    def read(connection: Connection) -> list[dict[str, Any]]:
        rows = connection.execute(query, (run_id, start)).fetchall()
        found = [e for (data,) in rows for e in _loads(data, what) if e["seq"] > start]
        found.sort(key=lambda e: e["seq"])
        return found

    return read


def replace_run(row: Sequence[Any], status: str, updated_at: float) -> Callable[[Connection], bool]:
    """Replace a run by *row*, in the order of the columns, if it is still as it was."""
    query = (
        "UPDATE runs SET owner = ?2, agent = ?3, thread_id = ?4, status = ?5, created_at = ?6, updated_at = ?7, "
        "data = ?8 WHERE id = ?1 AND status = ?9 AND updated_at = ?10"
    )
    return lambda connection: connection.execute(query, (*row, status, updated_at)).rowcount > 0


def value(namespace: str, key: str) -> Callable[[Connection], Any]:
    """Find a value that has not expired."""
    query = "SELECT value FROM kv WHERE namespace = ? AND key = ? AND (expires_at IS NULL OR expires_at > ?)"

    def read(connection: Connection) -> Any:
        row = connection.execute(query, (namespace, key, time.time())).fetchone()
        return _loads(row[0], f"value {namespace}/{key}") if row else None

    return read


def add_value(row: Sequence[Any]) -> Callable[[Connection], bool]:
    """Put in a value, *row* in the order of the columns, unless there is one that has not expired."""
    query = (
        "INSERT INTO kv (namespace, key, value, updated_at, expires_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, "
        "expires_at = excluded.expires_at WHERE kv.expires_at <= excluded.updated_at"
    )
    return lambda connection: connection.execute(query, row).rowcount > 0


def keys(namespace: str, prefix: str) -> Callable[[Connection], list[str]]:
    """Find the keys that begin with *prefix*, sorted."""
    query = (
        "SELECT key FROM kv WHERE namespace = ?1 AND key >= ?2 AND substr(key, 1, length(?2)) = ?2 "
        "AND (expires_at IS NULL OR expires_at > ?3) ORDER BY key"
    )
    return lambda connection: [k for (k,) in connection.execute(query, (namespace, prefix, time.time()))]


def delete_thread(thread_id: str) -> Callable[[Connection], bool]:
    """Delete a thread with its messages, its runs and their events."""

    def delete(connection: Connection) -> bool:
        of_runs = "DELETE FROM events WHERE run_id IN (SELECT id FROM runs WHERE thread_id = ?)"
        connection.execute(of_runs, (thread_id,))
        connection.execute("DELETE FROM runs WHERE thread_id = ?", (thread_id,))
        connection.execute("DELETE FROM messages WHERE thread_id = ?", (thread_id,))
        return connection.execute("DELETE FROM threads WHERE id = ?", (thread_id,)).rowcount > 0

    return delete


def delete_value(namespace: str, key: str) -> Callable[[Connection], bool]:
    """Delete a value; an expired one does not count as one."""
    query = "DELETE FROM kv WHERE namespace = ? AND key = ? RETURNING expires_at"

    def delete(connection: Connection) -> bool:
        rows = connection.execute(query, (namespace, key)).fetchall()
        return any(expires is None or expires > time.time() for (expires,) in rows)

    return delete


def _equal(columns: Mapping[str, str | None]) -> tuple[list[str], list[Any]]:
    given = {column: wanted for column, wanted in columns.items() if wanted is not None}
    return [f"{column} = ?" for column in given], list(given.values())


def _query(select: str, terms: Sequence[str], rest: str) -> str:
    return " ".join([select, *(["WHERE", " AND ".join(terms)] if terms else []), rest])


def _page(limit: int) -> int:
    return min(max(limit, 0), _LARGEST)


def _loads(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as e:
        raise StorageError(f"the stored {what} is not JSON: {e}", hint="was the file changed by hand?") from None
