"""The vector store ``qdrant``: conformance in its client's local mode, the filters, and what goes wrong."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("qdrant_client")

from lumosai_plugins.qdrant.client import explain
from lumosai_plugins.qdrant.conditions import is_exact
from lumosai_plugins.qdrant.store import QdrantVectors
from lumosai_plugins.qdrant.words import MAX_WORDS, wanted, weights
from lumosai_sdk.errors import ConfigError, StorageError
from lumosai_sdk.filters import parse
from lumosai_sdk.kinds.vectors import VectorStore
from lumosai_sdk.secrets import Secret
from lumosai_sdk.testing.conformance.vectors import Reopen, VectorStoreConformance, item
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.vectors import VectorItem


def opened(path: Path | str, **settings: Any) -> QdrantVectors:
    return QdrantVectors(PluginContext("qdrant", settings={"path": str(path), **settings}))


@pytest.fixture
async def store() -> AsyncIterator[VectorStore]:
    store = opened(":memory:")
    yield store
    await store.aclose()


class TestConformance(VectorStoreConformance):
    @pytest.fixture
    def store(self, store: VectorStore) -> VectorStore:
        return store


async def test_a_folder_outlives_its_object(tmp_path: Path) -> None:
    store = opened(tmp_path / "q")

    async def reopen() -> VectorStore:
        await store.aclose()
        return opened(tmp_path / "q")

    suite: Any = VectorStoreConformance()
    reopened: Reopen = reopen
    await suite.test_it_outlives_its_object(store, reopened)


async def test_a_store_that_is_closed_stays_so(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await store.create("c", 3)
    await store.aclose()
    with pytest.raises(StorageError, match="closed"):
        await store.collections()


def test_a_folder_is_of_one_process() -> None:
    # In the client's words; it leaves a file open where it really says so, which would fail another test.
    error = RuntimeError("Storage folder q is already accessed by another instance of Qdrant client.")
    assert "run a server" in str(explain(error))


@pytest.mark.parametrize(
    ("where", "exact"),
    [
        ({"a": 1}, True),
        ({"a": {"gt": 1.5}}, True),
        ({"a": {"exists": False}}, True),
        ({"a": {"gt": "text"}}, False),
        ({"a": {"lt": 2**53}}, False),
        ({"$or": [{"a": 1}, {"$not": {"a": {"lte": "x"}}}]}, False),
    ],
    ids=str,
)
def test_filters_that_qdrant_can_tell(where: dict[str, Any], exact: bool) -> None:
    assert is_exact(parse(where)) is exact


@pytest.mark.parametrize(
    "where",
    [{"t": {"gt": "b"}}, {"$not": {"t": {"gt": "b"}}}, {"n": {"gt": 2**60}}, {"$not": {"n": {"lte": 2**60}}}],
    ids=str,
)
async def test_what_qdrant_cannot_tell_is_told_here(store: VectorStore, where: dict[str, Any]) -> None:
    await store.create("c", 3)
    await store.upsert("c", [item("a", 1, text="w", t="a", n=2**60), item("c", 1, text="w", t="c", n=2**60 + 1)])
    right = {"a"} if where == {"$not": {"t": {"gt": "b"}}} else {"c"}
    assert {h.id for h in await store.query("c", [1, 0, 0], where=where)} == right
    assert {h.id for h in await store.search("c", "w", where=where)} == right
    assert await store.query("c", [1, 0, 0], where={"t": {"gt": "z"}}) == []


async def test_keys_are_no_paths(store: VectorStore) -> None:
    await store.create("c", 3)
    await store.upsert("c", [VectorItem("a", (1, 0, 0), "", {"a.b[]": 1, '"': 2}), item("b", 1, a=1)])
    assert [i.id for i in await store.items("c", where={"a.b[]": {"gte": 1}})] == ["a"]
    assert [i.id for i in await store.items("c", where={"id": "a"})] == []


async def test_collections_of_others_are_left_alone() -> None:
    store = opened(":memory:", prefix="mine.")
    client: Any = await store._client.call(lambda c: c)
    client.create_collection("theirs", vectors_config={})
    client.create_collection("mine.looks", vectors_config={})
    assert await store.collections() == []
    assert not await store.drop("looks")
    assert client.collection_exists("mine.looks")
    await store.aclose()


async def test_many_items_are_sent_in_parts(store: VectorStore) -> None:
    await store.create("c", 3)
    await store.upsert("c", [item(f"i{n:04}", 1, n, text="x" * 100, even=n % 2 == 0) for n in range(1100)])
    assert (await store.collections())[0].count == 1100
    assert await store.delete("c", where={"even": True}) == 550
    assert len(await store.get("c", [f"i{n:04}" for n in range(1100)])) == 550


def test_words_weigh_as_in_bm25() -> None:
    assert weights("Café CAFE") == weights("cafe cafe")
    few, many = weights("cat"), weights("cat " + "dog " * 500)
    assert few[next(iter(few))] > many[next(iter(few))]
    assert len(wanted(" ".join(f"w{n}" for n in range(1000)))) == MAX_WORDS


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "either url or path"),
        ({"url": "http://127.0.0.1:1", "path": "x"}, "either url or path"),
        ({"url": "http://qdrant.example:6333", "api_key": Secret("env:X")}, "clear text"),
    ],
    ids=["none", "both", "clear"],
)
def test_settings_that_name_no_place_are_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        QdrantVectors(PluginContext("qdrant", settings=settings))


async def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_TEST_QDRANT", "hunter2")
    key = Secret("env:LUMOS_TEST_QDRANT")
    url = {"url": "https://127.0.0.1:1", "api_key": key, "timeout": 2}
    store = QdrantVectors(PluginContext("qdrant", settings=url))
    with pytest.raises(StorageError, match="cannot be reached") as told:
        await store.collections()
    assert "hunter2" not in str(told.value)
    await store.aclose()


@pytest.mark.parametrize(
    ("status", "told"), [(401, "refuses the key"), (403, "refuses the key"), (500, "answered 500")]
)
def test_errors_tell_what_to_do(status: int, told: str) -> None:
    error = Exception("x" * 10_000)
    error.status_code = status  # type: ignore[attr-defined]
    assert told in explain(error).message
    assert len(str(explain(error))) < 1000
