"""What is asked of the database."""

from __future__ import annotations

from typing import Final

PUT_THREAD: Final = """
    INSERT INTO threads (id, owner, created_at, updated_at, data) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, created_at = excluded.created_at,
    updated_at = excluded.updated_at, data = excluded.data"""
TOUCH_THREAD: Final = """
    INSERT INTO threads (id, owner, created_at, updated_at, data) VALUES ($1, $2, $3, $3, $4)
    ON CONFLICT (id) DO UPDATE SET updated_at = greatest(threads.updated_at, excluded.updated_at)"""
ADD_MESSAGE: Final = "INSERT INTO messages (thread_id, data) VALUES ($1, $2)"
ADD_MESSAGES_OF: Final = """
    WITH t AS (
        UPDATE threads SET updated_at = greatest(updated_at, $3) WHERE id = $1 AND owner = $2 RETURNING id
    )
    INSERT INTO messages (thread_id, data) SELECT t.id, d FROM t, unnest($4::text[]) WITH ORDINALITY AS given (d, i)
    ORDER BY i"""
OF_THREADS: Final = frozenset({PUT_THREAD, TOUCH_THREAD, ADD_MESSAGE, ADD_MESSAGES_OF})
"""Of these a later one may undo what an earlier one did: their order matters."""
PUT_RUN: Final = """
    INSERT INTO runs (id, owner, agent, thread_id, status, created_at, updated_at, data)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, agent = excluded.agent, thread_id = excluded.thread_id,
    status = excluded.status, created_at = excluded.created_at, updated_at = excluded.updated_at,
    data = excluded.data"""
REPLACE_RUN: Final = """
    UPDATE runs SET owner = $2, agent = $3, thread_id = $4, status = $5, created_at = $6, updated_at = $7, data = $8
    WHERE id = $1 AND status = $9 AND updated_at = $10 RETURNING id"""
ADD_EVENTS: Final = "INSERT INTO events (run_id, first, last, at, data) VALUES ($1, $2, $3, $4, $5)"
PUT_VALUE: Final = """
    INSERT INTO kv (namespace, key, data, expires_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (namespace, key) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at"""
ADD_VALUE: Final = """
    INSERT INTO kv (namespace, key, data, expires_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (namespace, key) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at
    WHERE kv.expires_at <= $5 RETURNING key"""

THREADS: Final = "SELECT id, owner, created_at, updated_at, data FROM threads"
MESSAGES: Final = "SELECT data FROM messages WHERE thread_id = $1 ORDER BY n DESC LIMIT $2"
RUN: Final = "SELECT data FROM runs WHERE id = $1"
EVENTS: Final = "SELECT data FROM events WHERE run_id = $1 AND last > $2 ORDER BY first, n"
VALUE: Final = "SELECT data FROM kv WHERE namespace = $1 AND key = $2 AND (expires_at IS NULL OR expires_at > $3)"
DELETE_VALUE: Final = "DELETE FROM kv WHERE namespace = $1 AND key = $2 RETURNING expires_at"
KEYS: Final = """
    SELECT key FROM kv WHERE namespace = $1 AND key >= $2 AND left(key, length($2)) = $2
    AND (expires_at IS NULL OR expires_at > $3)"""

DELETE_THREAD: Final = """
    WITH gone AS (DELETE FROM runs WHERE thread_id = $1 RETURNING id),
    told AS (DELETE FROM events WHERE run_id IN (SELECT id FROM gone)),
    said AS (DELETE FROM messages WHERE thread_id = $1)
    DELETE FROM threads WHERE id = $1 RETURNING id"""
PURGES: Final = (
    """
    WITH old AS (
        DELETE FROM runs WHERE id IN (
            SELECT id FROM runs WHERE status IN ('completed', 'failed', 'cancelled', 'interrupted')
            AND updated_at < $1 LIMIT 1000
        ) RETURNING id
    ), told AS (DELETE FROM events WHERE run_id IN (SELECT id FROM old))
    SELECT count(*) FROM old""",
    """
    WITH old AS (
        DELETE FROM threads WHERE id IN (
            SELECT id FROM threads t WHERE updated_at < $1
            AND NOT EXISTS (SELECT 1 FROM runs WHERE thread_id = t.id) LIMIT 1000
        ) RETURNING id
    ), said AS (DELETE FROM messages WHERE thread_id IN (SELECT id FROM old))
    SELECT count(*) FROM old""",
    """
    WITH old AS (
        DELETE FROM kv WHERE (namespace, key) IN (
            SELECT namespace, key FROM kv WHERE expires_at <= least($1, extract(epoch FROM clock_timestamp()))
            LIMIT 1000
        ) RETURNING 1
    )
    SELECT count(*) FROM old""",
)
"""Each deletes a page of what was last touched before a time, and counts."""
