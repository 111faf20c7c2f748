"""The vector store ``pgvector``: conformance on a server of the tests' own, its index, and what goes wrong."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tests.postgres import database, postgresql

from lumosai_plugins.pgvector.errors import explain
from lumosai_plugins.pgvector.store import PgVectors
from lumosai_plugins.pgvector.words import MAX_WORDS, expression
from lumosai_sdk.errors import ConfigError, InputError, NotFoundError, StorageError
from lumosai_sdk.kinds.vectors import VectorStore
from lumosai_sdk.secrets import Secret
from lumosai_sdk.testing.conformance.vectors import Reopen, VectorStoreConformance, item
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.vectors import VectorItem

ENOUGH = 0.9


@pytest.fixture(scope="session")
def dsn() -> Iterator[str]:
    with postgresql() as server:
        yield database(server)


@pytest.fixture
def context(dsn: str, monkeypatch: pytest.MonkeyPatch) -> PluginContext:
    monkeypatch.setenv("LUMOS_TEST_PGVECTOR", dsn)
    return PluginContext("pgvector", settings={"dsn": Secret("env:LUMOS_TEST_PGVECTOR"), "pool": 2})


@pytest.fixture
async def store(context: PluginContext) -> AsyncIterator[VectorStore]:
    store = PgVectors(context)
    yield store
    for collection in await store.collections():
        await store.drop(collection.name)
    await store.aclose()


class TestConformance(VectorStoreConformance):
    @pytest.fixture
    def store(self, store: VectorStore) -> VectorStore:
        return store

    @pytest.fixture
    def reopened(self, context: PluginContext) -> Reopen | None:
        async def reopen() -> VectorStore:
            return PgVectors(context)

        return reopen


@pytest.mark.parametrize("metric", ["cosine", "dot", "l2"])
async def test_the_index_finds_nearly_the_closest(store: VectorStore, context: PluginContext, metric: Any) -> None:
    rng = random.Random(3)
    await store.create("many", 8, metric)
    items = [VectorItem(f"v{i}", [rng.gauss(0, 1) for _ in range(8)], "", {"odd": bool(i % 2)}) for i in range(600)]
    await store.upsert("many", items)
    indexed = PgVectors(PluginContext("pgvector", settings={**context.settings, "exact_rows": 0}))
    shares = []
    for where in (None, {"odd": True}):
        wanted = [rng.gauss(0, 1) for _ in range(8)]
        right = await store.query("many", wanted, where=where)
        found = await indexed.query("many", wanted, where=where)
        assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)
        assert where is None or all(h.metadata["odd"] for h in found)
        shares.append(len({h.id for h in right} & {h.id for h in found}) / 10)
    await indexed.aclose()
    assert min(shares) >= ENOUGH


async def test_vectors_too_long_for_an_index_are_compared(store: VectorStore) -> None:
    await store.create("long", 2001)
    await store.upsert("long", [VectorItem("a", [1.0] + [0.0] * 2000), VectorItem("b", [0.0] * 2000 + [1.0])])
    assert [h.id for h in await store.query("long", [0.5] + [0.1] * 2000, limit=1)] == ["a"]


async def test_numbers_compare_as_they_do_in_python(store: VectorStore) -> None:
    large = 2**62
    await store.create("c", 3)
    await store.upsert("c", [item("a", 1, n=large), item("b", 1, n=float(large)), item("c", 1, n=large + 1)])
    assert [i.id for i in await store.items("c", where={"n": large})] == ["a", "b"]
    assert [i.id for i in await store.items("c", where={"n": {"gt": float(large)}})] == ["c"]


async def test_two_stores_see_one_another(store: VectorStore, context: PluginContext) -> None:
    other = PgVectors(context)
    await store.create("c", 3)
    await other.upsert("c", [item("a", 1, text="from elsewhere")])
    assert [h.id for h in await store.search("c", "elsewhere")] == ["a"]
    await other.drop("c")
    with pytest.raises(NotFoundError):
        await store.items("c")
    await other.aclose()


async def test_an_id_that_no_index_takes_is_the_callers_fault(store: VectorStore) -> None:
    await store.create("c", 3)
    rng = random.Random(1)
    with pytest.raises(InputError):
        await store.upsert("c", [item("".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(1024)), 1)])
    assert await store.items("c") == []


async def test_words_of_any_length_and_text_of_any_size(store: VectorStore) -> None:
    await store.create("c", 3)
    text = " ".join(f"w{n}" for n in range(300_000))
    await store.upsert("c", [item("a", 1, text=text), item("b", 1, text="x" * 5000)])
    assert [h.id for h in await store.search("c", "w7 " + "x" * 5000)] == ["a"]


def test_an_expression_is_of_words_alone() -> None:
    assert expression("it's a_b & !c:* \\ 'd'") == "'it' | 's' | 'a' | 'b' | 'c' | 'd'"
    assert expression(" '\"&|!():* ") == ""
    assert expression(" ".join(f"w{n}" for n in range(1000))).count("|") == MAX_WORDS - 1


def test_without_a_database_there_is_no_store() -> None:
    with pytest.raises(ConfigError, match="told no database"):
        PgVectors(PluginContext("pgvector"))


async def test_a_server_that_is_not_there_is_told_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_TEST_PGVECTOR", "postgresql://u:hunter2@127.0.0.1:1/db")
    store = PgVectors(PluginContext("pgvector", settings={"dsn": Secret("env:LUMOS_TEST_PGVECTOR"), "timeout": 5}))
    with pytest.raises(StorageError) as told:
        await store.collections()
    assert "hunter2" not in str(told.value)
    await store.aclose()
    with pytest.raises(StorageError, match="closed"):
        await store.collections()


@pytest.mark.parametrize("dsn", ["postgresql://u:a@b:hunter2@h/db", "postgresql://u:hunter2/x@h/db", "hunter2"])
async def test_a_url_that_is_none_is_not_told(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_TEST_PGVECTOR", dsn)
    store = PgVectors(PluginContext("pgvector", settings={"dsn": Secret("env:LUMOS_TEST_PGVECTOR")}))
    with pytest.raises(StorageError, match="no URL") as told:
        await store.collections()
    assert "hunter2" not in f"{told.value}{told.value.__cause__}"


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("58P01", "postgresql-NN-pgvector"),
        ("42501", "CREATE EXTENSION"),
        ("28P01", "dsn"),
        ("53300", "pool"),
        ("57P01", "is it up"),
    ],
)
def test_errors_tell_what_to_do(code: str, hint: str) -> None:
    error = Exception("no")
    error.sqlstate = code  # type: ignore[attr-defined]
    assert hint in str(explain(error))
