"""Opens the file: made private, migrated, never replaced."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from pathlib import Path

from lumosai_plugins.sqlite.errors import code_of, damaged, explain
from lumosai_plugins.sqlite.schema import Schema
from lumosai_plugins.sqlite.settings import Settings
from lumosai_sdk.errors import StorageError

_CHECKPOINT_PAGES = 4000
_WAL_BYTES = 64 * 1024**2
_HEADER = b"SQLite format 3\0"  # https://sqlite.org/fileformat.html section 1.3


def connect(settings: Settings, schema: Schema) -> sqlite3.Connection:
    """Return a connection to the migrated database. Raises StorageError naming the file and what to do."""
    path = settings.path
    deadline = time.monotonic() + settings.busy_timeout
    try:
        _make_private(path)
        connection = sqlite3.connect(path, timeout=settings.busy_timeout, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as e:
        raise explain(path, e) from e
    try:
        _prepare(connection, settings, schema, deadline)
    except sqlite3.Error as e:
        connection.close()
        raise explain(path, e) from e
    except StorageError:
        connection.close()
        raise
    return connection


def _make_private(path: Path) -> None:
    """Make the folder 0700 and the file 0600 where they are not there; SQLite gives its side files the file's mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise StorageError(f"{path} is no file", hint="name one: path in [plugins.sqlite.settings]") from None
        _check_header(path)
        if found.st_mode & 0o077 and os.name == "posix" and found.st_uid == os.geteuid():
            path.chmod(0o600)


def _check_header(path: Path) -> None:
    """Raise StorageError for a file that is something else: SQLite would write over one too short to have a header."""
    with path.open("rb") as f:
        start = f.read(len(_HEADER))
    if start and start != _HEADER:
        raise damaged(path, "it does not begin like one")


def _prepare(connection: sqlite3.Connection, settings: Settings, schema: Schema, deadline: float) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    _write_ahead(connection, deadline)
    connection.execute(f"PRAGMA synchronous = {settings.synchronous}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
    connection.execute("PRAGMA cache_size = -16000")
    _migrate(connection, settings.path, schema)


def _write_ahead(connection: sqlite3.Connection, deadline: float) -> None:
    """Switch to the write-ahead log. SQLite does not wait for others here, so this does."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError as e:
            if code_of(e) != "BUSY" or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _migrate(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    if _checked_version(connection, path, schema) == len(schema.migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in schema.migrations[_checked_version(connection, path, schema) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {schema.application_id}")
        connection.execute(f"PRAGMA user_version = {len(schema.migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _checked_version(connection: sqlite3.Connection, path: Path, schema: Schema) -> int:
    """Return the file's version. Raises StorageError when it is newer than this code, or somebody else's."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if owner != schema.application_id and (owner or version or tables):
        raise StorageError(
            f"{path} is another program's database",
            hint="name another file: path in [plugins.sqlite.settings] of lumos.toml",
        )
    if version > len(schema.migrations):
        raise StorageError(
            f"{path} was written by a newer LumosAI (schema {version}; this one knows {len(schema.migrations)})",
            hint="pip install --upgrade lumosai, or name another file: path in [plugins.sqlite.settings]",
        )
    return version
