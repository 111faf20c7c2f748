"""The writes: one upsert a table, many rows a statement.

SQLite lets go of Python's lock once a statement, not once a row: so a busy event loop is asked for it far less often.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

Row = tuple[Any, ...]
_SIZES = (128, 16, 1)


class Table:
    """A table and how rows are put into it. Rows with the same first ``key`` columns replace each other (0: never)."""

    __slots__ = ("_statements", "key", "name")

    def __init__(self, name: str, columns: Sequence[str], values: str, conflict: str = "", key: int = 0) -> None:
        self.name = name
        self.key = key
        head = ("INSERT INTO", name, "(", ", ".join(columns), ") VALUES")
        self._statements = {n: " ".join([*head, ", ".join([values] * n), conflict]) for n in _SIZES}

    def put(self, connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
        """Write *rows*, in order."""
        todo = self._last(rows) if self.key else list(rows)
        start = 0
        for size in _SIZES:
            while len(todo) - start >= size:
                flat = [value for row in todo[start : start + size] for value in row]
                connection.execute(self._statements[size], flat)
                start += size

    def _last(self, rows: Iterable[Row]) -> list[Row]:
        """Return the last row of each key: what an earlier one said would only be overwritten."""
        key = self.key
        return list({row[:key]: row for row in rows}.values())


RUNS: Final = Table(
    "runs",
    ("id", "owner", "agent", "thread_id", "status", "created_at", "updated_at", "data"),
    "(?, ?, ?, ?, ?, ?, ?, ?)",
    """ ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, agent = excluded.agent, thread_id = excluded.thread_id,
    status = excluded.status, created_at = excluded.created_at, updated_at = excluded.updated_at,
    data = excluded.data""",
    key=1,
)
THREADS: Final = Table(
    "threads",
    ("id", "owner", "title", "created_at", "updated_at", "metadata"),
    "(?, ?, ?, ?, ?, ?)",
    """ ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, title = excluded.title,
    created_at = excluded.created_at, updated_at = excluded.updated_at, metadata = excluded.metadata""",
    key=1,
)
TOUCHED: Final = Table(
    "threads",
    ("id", "owner", "title", "created_at", "updated_at", "metadata"),
    "(?, ?, '', ?, ?, '{}')",
    " ON CONFLICT (id) DO UPDATE SET updated_at = max(coalesce(updated_at, 0), excluded.updated_at)",
    key=1,
)
MESSAGES: Final = Table("messages", ("thread_id", "data"), "(?, ?)")
EVENTS: Final = Table("events", ("run_id", "first", "last", "stored_at", "data"), "(?, ?, ?, ?, ?)")
VALUES: Final = Table(
    "kv",
    ("namespace", "key", "value", "updated_at", "expires_at"),
    "(?, ?, ?, ?, ?)",
    """ ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at,
    expires_at = excluded.expires_at""",
    key=2,
)


class Condition:
    """A write that depends on what is there: done in its turn, row by row."""

    __slots__ = ("_statement", "name")

    def __init__(self, name: str, statement: str) -> None:
        self.name = name
        self._statement = statement

    def put(self, connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
        """Write *rows*, in order."""
        connection.executemany(self._statement, rows)


TOUCHED_OF: Final = Condition(
    "threads", "UPDATE threads SET updated_at = max(coalesce(updated_at, 0), ?) WHERE id = ? AND owner = ?"
)
MESSAGES_OF: Final = Condition(
    "messages",
    "INSERT INTO messages (thread_id, data) SELECT ?1, ?2 WHERE EXISTS "
    "(SELECT 1 FROM threads WHERE id = ?1 AND owner = ?3)",
)

# Two ways to write one table keep their order; different tables do not mind each other's.
ORDER_MATTERS: Final = {THREADS: TOUCHED, TOUCHED: THREADS}


class Batch:
    """Rows gathered by table, so that a transaction takes a few statements instead of one a row."""

    __slots__ = ("_connection", "_rows")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows: dict[Table, list[Row]] = {}

    def add(self, table: Table | Condition, rows: Sequence[Row]) -> None:
        """Take rows; those of a table that must come first are written now."""
        if isinstance(table, Condition):
            self.apply()
            table.put(self._connection, rows)
            return
        if (other := ORDER_MATTERS.get(table)) is not None and (waiting := self._rows.pop(other, None)):
            other.put(self._connection, waiting)
        if (gathered := self._rows.get(table)) is None:
            self._rows[table] = list(rows)
        else:
            gathered.extend(rows)

    def apply(self) -> None:
        """Write all that was gathered."""
        rows, self._rows = self._rows, {}
        for table, gathered in rows.items():
            table.put(self._connection, gathered)
