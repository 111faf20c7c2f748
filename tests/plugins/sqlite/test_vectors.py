"""The vector store ``sqlite``: conformance, memory, several processes, and what a file may be."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import random
import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_plugins.sqlite.vectors.matrix import Matrix, checked
from lumosai_plugins.sqlite.vectors.store import SqliteVectors
from lumosai_plugins.sqlite.vectors.words import MAX_WORDS, telling, terms
from lumosai_sdk.errors import StorageError
from lumosai_sdk.kinds.vectors import VectorStore
from lumosai_sdk.testing.conformance.vectors import Reopen, VectorStoreConformance, item
from lumosai_sdk.types.plugins import PluginContext


def opened(folder: Path, **settings: Any) -> SqliteVectors:
    return SqliteVectors(PluginContext("sqlite", data_dir=folder, settings=settings))


class Suite(VectorStoreConformance):
    SETTINGS: dict[str, Any] = {}  # noqa: RUF012 - one for each class

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[VectorStore]:
        store = opened(tmp_path, **self.SETTINGS)
        yield store
        await store.aclose()

    @pytest.fixture
    def reopened(self, tmp_path: Path, store: VectorStore) -> Reopen | None:
        async def reopen() -> VectorStore:
            await store.aclose()
            return opened(tmp_path, **self.SETTINGS)

        return reopen


class TestConformance(Suite):
    """With its vectors in memory."""


async def test_what_does_not_fit_into_memory_is_searched_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lumosai_plugins.sqlite.vectors.cache._ROWS_AT_ONCE", 7)
    rng = random.Random(1)
    vectors = [[rng.gauss(0, 1) for _ in range(3)] for _ in range(100)]
    found = []
    for mib in (1024, 0):
        store = opened(tmp_path, vectors_cache_mib=mib)
        await store.create("c", 3, "l2")
        await store.upsert("c", [item(f"{n:03}", *v, odd=bool(n % 2)) for n, v in enumerate(vectors)])
        hits = await store.query("c", [0.1, 0.2, 0.3], limit=9, where={"odd": True})
        found.append([(h.id, h.score) for h in hits])
        await store.aclose()
    assert found[0] == found[1]
    assert len(found[0]) == 9


async def test_memory_holds_what_was_searched_last(tmp_path: Path) -> None:
    store = opened(tmp_path, vectors_cache_mib=1)
    for name in "abc":
        await store.create(name, 1000)
        await store.upsert(name, [item_of(1000, f"{n}") for n in range(100)])
        await store.query(name, [1.0] * 1000)
    kept = store._cache._kept
    assert len(kept) == 1
    assert sum(m.nbytes for m in kept.values()) <= 2 * 1024**2
    await store.aclose()


def item_of(dimensions: int, name: str) -> Any:
    from lumosai_sdk.types.vectors import VectorItem

    return VectorItem(name, [1.0] * dimensions)


async def test_processes_see_what_others_change(tmp_path: Path) -> None:
    one, two = opened(tmp_path), opened(tmp_path)
    await one.create("c", 3)
    await one.upsert("c", [item("a", 1), item("b", 1, 1)])
    assert [h.id for h in await two.query("c", [1, 0, 0])] == ["a", "b"]
    await one.upsert("c", [item("c", 1, 0.1)])
    await one.delete("c", ids=["a"])
    assert [h.id for h in await two.query("c", [1, 0, 0])] == ["c", "b"]
    await one.drop("c")
    await one.create("c", 3)
    assert await two.query("c", [1, 0, 0]) == []
    await one.aclose()
    await two.aclose()


async def test_the_file_is_private_and_nobody_elses(tmp_path: Path) -> None:
    store = opened(tmp_path / "data")
    await store.create("c", 3)
    await store.aclose()
    file = tmp_path / "data" / "vectors.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StorageError, match="another program's"):
        await opened(tmp_path, vectors_path=str(other)).collections()
    with pytest.raises(StorageError, match="closed"):
        await store.collections()


async def test_a_file_that_is_held_is_told_of(tmp_path: Path) -> None:
    store = opened(tmp_path, busy_timeout=0)
    await store.create("c", 3)
    holder = sqlite3.connect(tmp_path / "vectors.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked"):
        await store.upsert("c", [item("a", 1)])
    holder.execute("ROLLBACK")
    holder.close()
    await store.upsert("c", [item("a", 1)])
    await store.aclose()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["add", "keep"]), max_size=8), st.randoms(use_true_random=False))
def test_a_matrix_holds_what_a_list_would(steps: list[str], rng: random.Random) -> None:
    matrix, model = Matrix(2, "dot"), dict[int, list[float]]()
    for step in steps:
        if step == "add":
            first = max([matrix.last, *model]) + 1
            more = {first + n: [rng.random(), rng.random()] for n in range(rng.randrange(300))}
            matrix.add(list(more), [checked([v], 2)[0].tobytes() for v in more.values()])
            model |= more
        else:
            model = {r: v for r, v in model.items() if rng.random() < 0.5}
            matrix.keep(list(model))
    found = matrix.snapshot().closest(checked([[1, 0]], 2)[0], 5)
    right = sorted(model, key=lambda r: (-model[r][0], r))[:5]
    assert [model[r][0] for r, _ in found] == pytest.approx([model[r][0] for r in right])


@given(st.text())
def test_no_text_is_fts5s_language(text: str) -> None:
    made = terms(text)
    assert len(made) <= MAX_WORDS
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(text)")
    assert telling(db, "t", made, 0) == made
    if made:
        db.execute("SELECT * FROM t WHERE t MATCH ?", (" OR ".join(made),)).fetchall()
    db.close()


async def test_what_everybody_says_is_not_looked_for(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await store.create("c", 3)
    await store.upsert("c", [item(f"{n:03}", 1, text=f"the common text {n}") for n in range(300)])
    assert [h.id for h in await store.search("c", "the common text 42")] == ["042"]
    assert len(await store.search("c", "the common", limit=50)) == 50, "unless there is nothing else"
    await store.aclose()
