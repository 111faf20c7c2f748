"""How many items a collection of the vector store ``sqlite`` has: told without counting them."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from pathlib import Path

from lumosai_plugins.sqlite.vectors.store import SqliteVectors
from lumosai_sdk.testing.conformance.vectors import item
from lumosai_sdk.types.plugins import PluginContext


async def test_what_is_counted_is_what_is_there(tmp_path: Path) -> None:
    store = SqliteVectors(PluginContext("sqlite", data_dir=tmp_path))
    await store.create("c", 3)
    rng = random.Random(5)
    for n in range(20):
        await store.upsert("c", [item(f"i{rng.randrange(30)}", 1, n=n % 3) for _ in range(10)])
        await store.delete("c", ids=[f"i{rng.randrange(30)}" for _ in range(3)], where={"n": {"ne": n % 3}})
        assert (await store.collections())[0].count == len(await store.items("c"))
    await store.aclose()
    # As a file of the version before has it, which did not count.
    with contextlib.closing(sqlite3.connect(tmp_path / "vectors.db")) as db, db:
        right = db.execute("SELECT count FROM collections").fetchone()
        db.execute("ALTER TABLE collections DROP COLUMN count")
        db.execute("PRAGMA user_version = 1")
    again = SqliteVectors(PluginContext("sqlite", data_dir=tmp_path))
    assert [c.count for c in await again.collections()] == [*right]
    await again.aclose()
