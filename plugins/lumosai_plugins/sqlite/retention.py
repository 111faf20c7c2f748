"""Deletes what is old, or too much, in small transactions, and gives the space back to the disk."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Final

from lumosai_plugins.sqlite.settings import Settings

_VACUUM_PAGES: Final = 256
_SPARE_PAGES: Final = 1024
_DAY: Final = 86_400.0
# A limit a statement keeps a transaction short.
_OLD_RUNS: Final = """SELECT id FROM runs WHERE created_at < ?1 AND updated_at < ?1
    AND status IN ('completed', 'failed', 'cancelled', 'interrupted') ORDER BY created_at LIMIT 200"""
_OLD_THREADS: Final = """SELECT id FROM threads WHERE updated_at < ?1 AND created_at < ?1
    AND NOT EXISTS (SELECT 1 FROM runs WHERE thread_id = threads.id) ORDER BY updated_at LIMIT 200"""
_OLD_VALUES: Final = """DELETE FROM kv WHERE rowid IN
    (SELECT rowid FROM kv WHERE expires_at <= ? AND updated_at < ? LIMIT 200)"""
_STRAYS: Final = """DELETE FROM events WHERE id IN
    (SELECT id FROM (SELECT id, run_id, stored_at FROM events ORDER BY id LIMIT 5000) AS e
     WHERE stored_at < ? AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = e.run_id))"""

Delete = Callable[[sqlite3.Connection, float], int]


def delete_runs(connection: sqlite3.Connection, before: float) -> int:
    """Delete the oldest finished runs last touched before that time, with their events; return how many."""
    ids = connection.execute(_OLD_RUNS, (before,)).fetchall()
    connection.executemany("DELETE FROM events WHERE run_id = ?", ids)
    connection.executemany("DELETE FROM runs WHERE id = ?", ids)
    return len(ids)


def delete_threads(connection: sqlite3.Connection, before: float) -> int:
    """Delete threads last used before that time of which no run is left, with their messages; return how many."""
    ids = connection.execute(_OLD_THREADS, (before,)).fetchall()
    connection.executemany("DELETE FROM messages WHERE thread_id = ?", ids)
    connection.executemany("DELETE FROM threads WHERE id = ?", ids)
    return len(ids)


def delete_values(connection: sqlite3.Connection, before: float) -> int:
    """Delete expired values last set before that time; return how many."""
    return connection.execute(_OLD_VALUES, (time.time(), before)).rowcount


def _delete_strays(connection: sqlite3.Connection, before: float) -> int:
    """Delete events, among the oldest, whose run is not there."""
    return connection.execute(_STRAYS, (before,)).rowcount


PURGES: Final[tuple[Delete, ...]] = (delete_runs, delete_threads, delete_values)
"""What ``purge`` deletes, in this order: a thread goes only after its runs."""


class Retention:
    """The rules of one file."""

    def __init__(self, settings: Settings, log: logging.Logger) -> None:
        self._settings = settings
        self._log = log

    def sweep(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Delete all that is due; between two yields is one small transaction."""
        now = time.time()
        yield from _repeat(connection, delete_values, now)
        if self._settings.retention_days:
            before = now - self._settings.retention_days * _DAY
            for delete in (delete_runs, delete_threads, _delete_strays):
                yield from _repeat(connection, delete, before)
        yield from self._shrink(connection, now)
        yield from _vacuum(connection)

    def _shrink(self, connection: sqlite3.Connection, now: float) -> Iterator[None]:
        limit = self._settings.max_bytes
        for delete in (delete_runs, delete_threads):
            while limit and _bytes_used(connection) > limit and (n := _transaction(connection, delete, now)):
                self._log.warning(
                    "%s holds more than max_bytes (%d): the oldest %d %s were deleted",
                    self._settings.path,
                    limit,
                    n,
                    delete.__name__.removeprefix("delete_"),
                )
                yield


def _repeat(connection: sqlite3.Connection, delete: Delete, before: float) -> Iterator[None]:
    while _transaction(connection, delete, before):
        yield


def _transaction(connection: sqlite3.Connection, delete: Delete, before: float) -> int:
    connection.execute("BEGIN IMMEDIATE")
    count = delete(connection, before)
    connection.execute("COMMIT")
    return count


def _bytes_used(connection: sqlite3.Connection) -> int:
    pages = _pragma(connection, "page_count") - _pragma(connection, "freelist_count")
    return pages * _pragma(connection, "page_size")


def _vacuum(connection: sqlite3.Connection) -> Iterator[None]:
    """Give free pages back, but for some that the next rows will want."""
    while (free := _pragma(connection, "freelist_count")) > _SPARE_PAGES:
        connection.execute(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})").fetchall()
        if _pragma(connection, "freelist_count") >= free:
            break
        yield
    # The file itself becomes shorter when the write-ahead log is moved into it.
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
