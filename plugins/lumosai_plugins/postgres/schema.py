"""The tables, and how an older database becomes a newer one."""

from __future__ import annotations

from typing import Any

from lumosai_sdk.errors import StorageError

_LOCK = 0x6C756D6F73  # "lumos"
MIGRATIONS = (
    """
    CREATE TABLE threads (
        id text COLLATE "C" PRIMARY KEY, owner text COLLATE "C" NOT NULL, created_at float8 NOT NULL,
        updated_at float8 NOT NULL, data text NOT NULL
    );
    CREATE INDEX threads_used ON threads (updated_at DESC, id DESC);
    CREATE INDEX threads_of ON threads (owner, updated_at DESC, id DESC);
    CREATE TABLE messages (
        n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, thread_id text COLLATE "C" NOT NULL, data text NOT NULL
    );
    CREATE INDEX messages_of ON messages (thread_id, n);
    CREATE TABLE runs (
        id text COLLATE "C" PRIMARY KEY, owner text COLLATE "C" NOT NULL, agent text COLLATE "C" NOT NULL,
        thread_id text COLLATE "C", status text COLLATE "C" NOT NULL, created_at float8 NOT NULL,
        updated_at float8 NOT NULL, data text NOT NULL
    );
    CREATE INDEX runs_made ON runs (created_at DESC, id DESC);
    CREATE INDEX runs_of ON runs (owner, created_at DESC, id DESC);
    CREATE INDEX runs_on ON runs (thread_id, created_at DESC) WHERE thread_id IS NOT NULL;
    CREATE INDEX runs_open ON runs (status, created_at DESC) WHERE status IN ('running', 'suspended');
    CREATE INDEX runs_old ON runs (updated_at);
    CREATE TABLE events (
        n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run_id text COLLATE "C" NOT NULL, first bigint NOT NULL,
        last bigint NOT NULL, at float8 NOT NULL, data text NOT NULL
    );
    CREATE INDEX events_of ON events (run_id, first);
    CREATE TABLE kv (
        namespace text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, data text NOT NULL,
        expires_at float8, PRIMARY KEY (namespace, key)
    );
    CREATE INDEX kv_expiring ON kv (expires_at) WHERE expires_at IS NOT NULL;
    """,
)


async def migrate(connection: Any, schema: str) -> None:
    """Bring the schema to this version; hosts that start at once take turns. Raises StorageError for a newer one."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        await connection.execute(f'SET LOCAL search_path TO "{schema}"')
        await connection.execute("CREATE TABLE IF NOT EXISTS version (number int NOT NULL)")
        number = await connection.fetchval("SELECT number FROM version") or 0
        if number > len(MIGRATIONS):
            raise StorageError(
                f"the schema {schema!r} was written by a newer LumosAI ({number}; this one knows {len(MIGRATIONS)})",
                hint="pip install --upgrade lumosai, or name another schema in [plugins.postgres.settings]",
            )
        if number == len(MIGRATIONS):
            return
        for statements in MIGRATIONS[number:]:
            await connection.execute(statements)
        await connection.execute("DELETE FROM version")
        await connection.execute("INSERT INTO version VALUES ($1)", len(MIGRATIONS))
