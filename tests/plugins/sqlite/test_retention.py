# ruff: noqa: ASYNC240, PLR2004 - tests count things and look at files
from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest  # noqa: TC002 - its fixtures' hints

from lumosai_plugins.sqlite import writer
from lumosai_sdk.testing.conformance.storage import run, thread
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.storage import RunFilter, RunRecord, Thread

from .conftest import Open

Eventually = Callable[[Callable[[], Any]], Any]
DAY = 86_400.0


def old(run_id: str, days: float, **fields: Any) -> RunRecord:
    at = time.time() - days * DAY
    return RunRecord(run_id, "a", fields.pop("status", "completed"), created_at=at, updated_at=at, **fields)


async def fill(open_store: Open, count: int, size: int, days: float) -> None:
    store = open_store(retention_days=0)
    for i in range(count):
        await store.put_run(old(f"old{i}", days + i / 1000, text="x" * size))
        await store.append_events(f"old{i}", [{"type": "x", "seq": 1, "text": "y" * size}])
    await store.put_run(run("young"))
    await store.put_run(old("waiting", days, status="suspended"))
    await store.append_messages("talk", [Message.user("hi")])
    await store.put_thread(Thread("idle", created_at=1.0, updated_at=time.time() - days * DAY))
    await store.aclose()


async def test_what_is_old_goes_when_the_store_opens(open_store: Open, eventually: Eventually) -> None:
    await fill(open_store, 450, 10, days=40)
    store = open_store()

    async def swept() -> bool:
        return {r.id for r in await store.list_runs(RunFilter(limit=1000))} == {"young", "waiting"}

    await eventually(swept)
    assert [t.id for t in await store.list_threads()] == ["talk"]


async def test_without_retention_nothing_goes(open_store: Open) -> None:
    await fill(open_store, 5, 10, days=4000)
    store = open_store(retention_days=0)
    for _ in range(10):
        assert len(await store.list_runs(RunFilter())) == 7


async def test_a_file_too_large_loses_its_oldest_runs_and_shrinks(
    open_store: Open, eventually: Eventually, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await fill(open_store, 1200, 10_000, days=1)
    before = path.stat().st_size
    assert before > 20_000_000
    caplog.set_level(logging.WARNING)
    store = open_store(max_bytes=10_000_000)

    async def shrunk() -> bool:
        await store.flush()
        return path.stat().st_size < 16_000_000

    await eventually(shrunk)
    left = {r.id for r in await store.list_runs(RunFilter(limit=2000))}
    assert {"young", "waiting", "old0"} <= left
    assert "old1199" not in left
    assert "more than max_bytes" in caplog.text
    assert [await store.events(f"old{i}") for i in (1199, 1150, 1100)] == [[], [], []]


async def test_the_sweep_comes_again(open_store: Open, eventually: Eventually, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_SWEEP_EVERY", 0.01)
    store = open_store(retention_days=1)
    await store.flush()
    await store.put_run(old("r", 2))
    await store.kv_set("n", "k", 1, ttl=0.01)

    async def swept() -> bool:
        return await store.get_run("r") is None and await store.kv_get("n", "k") is None

    await eventually(swept)


async def test_events_of_no_run_go(open_store: Open, eventually: Eventually, path: Path) -> None:
    store = open_store(retention_days=0)
    await store.append_events("nobody", [{"type": "x", "seq": 1}])
    await store.put_run(run("r"))
    await store.append_events("r", [{"type": "x", "seq": 1}])
    await store.aclose()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE events SET stored_at = 5")
    connection.commit()
    connection.close()
    store = open_store()

    async def swept() -> bool:
        return list(await store.events("nobody")) == []

    await eventually(swept)
    assert len(await store.events("r")) == 1


async def test_a_sweep_that_fails_is_told_and_the_store_goes_on(
    open_store: Open, caplog: pytest.LogCaptureFixture, eventually: Eventually
) -> None:
    await fill(open_store, 3, 10, days=40)
    store = open_store()
    store._writer._connection.execute(
        "CREATE TEMP TRIGGER no BEFORE DELETE ON main.runs BEGIN SELECT raise(ABORT, 'not now'); END"
    )
    await store.put_run(run("new"))

    async def told() -> bool:
        await store.flush()
        return "not now" in caplog.text

    await eventually(told)
    assert await store.get_run("new") is not None
    assert await store.get_run("old0") is not None


async def test_a_deleted_thread_leaves_no_rows(open_store: Open, path: Path) -> None:
    store = open_store()
    await store.put_thread(thread("t"))
    await store.append_messages("t", [Message.user("secret")])
    await store.put_run(run("r", thread_id="t", text="secret"))
    await store.append_events("r", [{"type": "x", "seq": 1, "text": "secret"}])
    await store.delete_thread("t")
    await store.aclose()
    connection = sqlite3.connect(path)
    counts = [connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("threads", "runs", "events")]
    connection.close()
    assert counts == [0, 0, 0]
