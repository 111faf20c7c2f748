"""The tables, as migrations: a file's ``user_version`` is the number of those it has seen. Only ever add to the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Schema:
    """What is in a file: ``application_id`` stands in its header."""

    application_id: int
    migrations: tuple[tuple[str, ...], ...]


_RECORDS: Final[tuple[tuple[str, ...], ...]] = (
    (
        """CREATE TABLE threads (
            id TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            title TEXT NOT NULL,
            created_at REAL,
            updated_at REAL,
            metadata TEXT NOT NULL
        )""",
        "CREATE INDEX threads_used ON threads (updated_at, id)",
        "CREATE INDEX threads_owner ON threads (owner, updated_at, id)",
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, thread_id TEXT NOT NULL, data TEXT NOT NULL)",
        "CREATE INDEX messages_thread ON messages (thread_id)",
        """CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            agent TEXT NOT NULL,
            thread_id TEXT,
            status TEXT NOT NULL,
            created_at REAL,
            updated_at REAL,
            data TEXT NOT NULL
        )""",
        "CREATE INDEX runs_created ON runs (created_at, id)",
        "CREATE INDEX runs_owner ON runs (owner, created_at, id)",
        "CREATE INDEX runs_thread ON runs (thread_id, created_at, id) WHERE thread_id IS NOT NULL",
        # Few at any time, and looked for at every start: those that died with their host.
        "CREATE INDEX runs_open ON runs (status, created_at, id) WHERE status IN ('running', 'suspended')",
        # A row holds the events of one append, a JSON array: a fifth of the cost of a row an event.
        """CREATE TABLE events (
            id INTEGER PRIMARY KEY,
            run_id TEXT NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            stored_at REAL NOT NULL,
            data TEXT NOT NULL
        )""",
        "CREATE INDEX events_run ON events (run_id, first)",
        """CREATE TABLE kv (
            namespace TEXT NOT NULL,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            updated_at REAL NOT NULL,
            expires_at REAL,
            PRIMARY KEY (namespace, key)
        )""",
        "CREATE INDEX kv_expires ON kv (expires_at) WHERE expires_at IS NOT NULL",
    ),
)

RECORDS: Final = Schema(0x4C554D4F, _RECORDS)
"""Threads, messages, runs, events and values: "LUMO"."""
