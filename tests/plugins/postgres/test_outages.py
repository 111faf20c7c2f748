"""The database goes away, comes back, refuses, or is somebody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lumosai_plugins.postgres.codec import key, unkeyed
from lumosai_plugins.postgres.statements import ADD_EVENTS, ADD_MESSAGES_OF, PUT_RUN, PUT_THREAD
from lumosai_plugins.postgres.store import PostgresStorage
from lumosai_plugins.postgres.writer import together
from lumosai_sdk.errors import ConfigError, StorageError
from lumosai_sdk.secrets import Secret
from lumosai_sdk.testing.conformance.storage import run
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext


@pytest.fixture
async def store(context: PluginContext) -> AsyncIterator[PostgresStorage]:
    opened = PostgresStorage(context)
    yield opened
    await opened.aclose()


def killed(server: Any) -> None:
    """End every connection to the database, as a server that is restarted does."""
    server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lumosai'")


async def test_what_was_taken_outlives_broken_connections(store: PostgresStorage, server: Any) -> None:
    await store.put_run(run("before"))
    await store.flush()
    for i in range(5):
        await store.put_run(run(f"r{i}"))
        killed(server)
        await store.put_run(run(f"s{i}"))
    await store.flush()
    for name in ("before", *(f"r{i}" for i in range(5)), *(f"s{i}" for i in range(5))):
        assert await store.get_run(name) is not None, name
    assert (await store.health())["ok"]


async def test_one_that_is_away_is_told_and_writes_wait(
    monkeypatch: pytest.MonkeyPatch, context: PluginContext
) -> None:
    monkeypatch.setenv("LUMOS_TEST_AWAY", "postgresql://me:hunter2@127.0.0.1:1/none")
    settings = {**context.settings, "dsn": Secret("env:LUMOS_TEST_AWAY"), "timeout": 0.3}
    store = PostgresStorage(PluginContext("postgres", settings=settings))
    await store.put_run(run("r"))
    with pytest.raises(StorageError, match="did not answer within") as late:
        await store.flush()
    told = await store.health()
    assert (told["ok"], told["queued"]) == (False, 1)
    assert "hunter2" not in f"{late.value} {told}"
    with pytest.raises(StorageError, match="1 rows could not be written"):
        await store.aclose()


async def test_a_full_queue_refuses_and_keeps_what_it_has(context: PluginContext, server: Any) -> None:
    store = PostgresStorage(PluginContext("postgres", settings={**context.settings, "queue_bytes": 1024, "timeout": 5}))
    taken = [store.put_run(run(f"r{i}", text="x" * 400)) for i in range(50)]
    await asyncio.gather(*taken)
    await store.flush()
    assert all([await store.get_run(f"r{i}") for i in range(50)])
    await store.aclose()


async def test_a_row_that_is_refused_takes_no_other_with_it(store: PostgresStorage) -> None:
    store._writer.offer([("INSERT INTO kv (namespace, key, data) VALUES ($1, $2, $3)", [("n", "k", None)], 1)])
    await store.put_run(run("r"))
    with pytest.raises(StorageError, match="refused 1 rows"):
        await store.flush()
    await store.flush()
    assert await store.get_run("r") is not None


async def test_a_newer_schema_is_left_alone(store: PostgresStorage, context: PluginContext, dsn: str) -> None:
    import asyncpg

    await store.put_run(run("r"))
    await store.flush()
    connection = await asyncpg.connect(dsn)
    await connection.execute(f'UPDATE "{context.settings["schema"]}".version SET number = 99')
    await connection.close()
    newer = PostgresStorage(context)
    with pytest.raises(StorageError, match="newer LumosAI"):
        await newer.get_run("r")
    await newer.aclose()


def test_without_a_database_it_says_how_to_name_one() -> None:
    with pytest.raises(ConfigError, match="told no database") as refusal:
        PostgresStorage(PluginContext("postgres"))
    assert "LUMOS_POSTGRES" in str(refusal.value.hint)


@pytest.mark.parametrize("text", ["a", "a\0b", "\\0", "\\\\0", "\0\\\0", "\\"])
def test_every_id_comes_back_from_its_key(text: str) -> None:
    assert "\0" not in key(text)
    assert unkeyed(key(text)) == text


def test_rows_of_a_statement_go_together_where_their_order_does_not_matter() -> None:
    kinds = [PUT_RUN, PUT_THREAD, ADD_EVENTS, PUT_RUN, ADD_MESSAGES_OF, PUT_RUN, PUT_THREAD, ADD_EVENTS]
    grouped = together([(kind, [(i,)], 1) for i, kind in enumerate(kinds)])
    assert [(s, [r[0] for r in rows]) for s, rows in grouped] == [
        (PUT_RUN, [0, 3, 5]),
        (PUT_THREAD, [1]),
        (ADD_EVENTS, [2, 7]),
        (ADD_MESSAGES_OF, [4]),
        (PUT_THREAD, [6]),
    ]


async def test_a_thread_that_another_host_deleted_does_not_come_back(
    store: PostgresStorage, context: PluginContext
) -> None:
    other = PostgresStorage(context)
    await store.append_messages("t", [Message.user("hi")])
    await store.flush()
    assert await other.delete_thread("t")
    await store.append_messages("t", [Message.user("late")], "default/local")
    assert list(await store.messages("t")) == []
    await other.aclose()


@pytest.mark.parametrize("dsn", ["postgresql://u:a@b:hunter2@h/db", "postgresql://u:hunter2/x@h/db", "hunter2"])
async def test_a_url_that_is_none_is_not_told(
    dsn: str, monkeypatch: pytest.MonkeyPatch, context: PluginContext
) -> None:
    monkeypatch.setenv("LUMOS_TEST_AWAY", dsn)
    settings = {**context.settings, "dsn": Secret("env:LUMOS_TEST_AWAY"), "timeout": 0.5}
    store = PostgresStorage(PluginContext("postgres", settings=settings))
    with pytest.raises(StorageError) as told:
        await store.get_run("r")
    health = await store.health()
    assert "hunter2" not in f"{told.value}{told.value.hint}{told.value.__cause__}{health}"
    await store.aclose()
