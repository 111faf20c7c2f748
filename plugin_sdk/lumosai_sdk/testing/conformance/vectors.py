"""What every vector store must do."""

# ruff: noqa: PLR2004, S101 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from lumosai_sdk.errors import ConflictError, InputError, NotFoundError
from lumosai_sdk.filters import matches, parse
from lumosai_sdk.kinds.vectors import VectorStore
from lumosai_sdk.types.vectors import Metric, VectorItem

Reopen = Callable[[], Awaitable[VectorStore]]
HOSTILE = ["'; DROP TABLE items; --", '" OR 1=1', "a\\b", "%_", "$1", "{}", "../x", "🙂", "x" * 1000, "a\nb", "NULL"]

METADATA: Sequence[dict[str, Any]] = (
    {"source": "a.md", "year": 2020, "draft": False, "tags": ["x", "y"]},
    {"source": "b.md", "year": 2021, "draft": True, "tags": []},
    {"source": "c.md", "year": 2021.5, "draft": None, "tags": ["y"]},
    {"source": "A.md", "year": "2021", "score": -0.5, "tags": "x"},
    {"Source": "ä.md", "year": -1, "tags": ["z", 1, True, None]},
    {},
)
CONDITIONS: Sequence[dict[str, Any]] = (
    {"source": "a.md"},
    {"source": {"ne": "a.md"}},
    {"source": {"gt": "a"}},
    {"source": {"lte": "b.md"}},
    {"year": 2021},
    {"year": {"gte": 2021}},
    {"year": {"lt": 2021, "gt": -5}},
    {"year": "2021"},
    {"draft": False},
    {"draft": None},
    {"draft": {"ne": None}},
    {"tags": "x"},
    {"tags": 1},
    {"tags": True},
    {"tags": None},
    {"tags": {"in": ["x", "z"]}},
    {"tags": {"nin": ["x", "z"]}},
    {"tags": {"exists": True}},
    {"score": {"exists": False}},
    {"score": {"lt": 0}},
    {"source": "a.md", "year": 2020},
    {"$or": [{"source": "b.md"}, {"tags": "z"}]},
    {"$and": [{"year": {"gt": 0}}, {"$not": {"tags": "y"}}]},
    {"$not": {"$or": [{"source": "a.md"}, {"year": -1}]}},
    {"$or": []},
    {"$and": []},
    {"absent' OR '1'='1": 1},
    {"source": "' OR '1'='1"},
)


def item(id: str, *vector: float, text: str = "", **metadata: Any) -> VectorItem:  # noqa: A002 - the field's word
    """Return an item of three dimensions."""
    return VectorItem(id, (*vector, *[0.0] * (3 - len(vector))), text, metadata)


class VectorStoreConformance:
    """Subclass it, and give it the fixture ``store``; ``reopened`` where the store outlives its object."""

    @pytest.fixture
    def store(self) -> Any:
        """Return an empty store."""
        raise NotImplementedError

    @pytest.fixture
    def reopened(self) -> Reopen | None:
        """Return what closes the store and opens it again, or None where nothing outlives it."""
        return None

    async def made(self, store: VectorStore, *items: VectorItem, metric: Metric = "cosine") -> None:
        await store.create("c", 3, metric)
        await store.upsert("c", items)

    async def test_a_collection_is_made_once(self, store: VectorStore) -> None:
        """What is made again the same way stays; another way is a conflict."""
        made = await store.create("notes", 3, "dot", {"model": "m"})
        assert (made.name, made.dimensions, made.metric, made.count) == ("notes", 3, "dot", 0)
        await store.upsert("notes", [item("a", 1)])
        again = await store.create("notes", 3, "dot", {"model": "other"})
        assert (again.count, dict(again.metadata)) == (1, {"model": "m"})
        for dimensions, metric in ((4, "dot"), (3, "cosine")):
            with pytest.raises(ConflictError):
                await store.create("notes", dimensions, metric)  # type: ignore[arg-type]

    async def test_collections_are_listed_by_name(self, store: VectorStore) -> None:
        """With what they hold."""
        assert list(await store.collections()) == []
        await store.create("b", 3)
        await store.create("a", 2, "l2", {"k": [1, "x"]})
        await store.upsert("b", [item("1", 1), item("2", 1)])
        told = [(c.name, c.dimensions, c.metric, c.count, dict(c.metadata)) for c in await store.collections()]
        assert told == [("a", 2, "l2", 0, {"k": [1, "x"]}), ("b", 3, "cosine", 2, {})]

    @pytest.mark.parametrize("name", ["", ".", "a b", "a/b", "a;b", 'a"b', "é", "a" * 129])
    async def test_a_name_is_a_plain_one(self, store: VectorStore, name: str) -> None:
        """Nothing of it may mean something to a database or a file system."""
        with pytest.raises(InputError):
            await store.create(name, 3)

    @pytest.mark.parametrize(("dimensions", "metric"), [(0, "cosine"), (-1, "dot"), (10**6, "l2"), (3, "hamming")])
    async def test_no_such_collection_is_made(self, store: VectorStore, dimensions: int, metric: Any) -> None:
        """Dimensions and metrics that are none."""
        with pytest.raises(InputError):
            await store.create("c", dimensions, metric)

    async def test_a_collection_that_is_dropped_is_gone(self, store: VectorStore) -> None:
        """And another of its name is empty."""
        await self.made(store, item("a", 1, text="one"))
        assert await store.drop("c")
        assert not await store.drop("c")
        with pytest.raises(NotFoundError):
            await store.get("c", ["a"])
        await store.create("c", 2)
        assert await store.search("c", "one") == []
        assert await store.query("c", [1, 0]) == []

    async def test_there_is_no_collection_that_was_not_made(self, store: VectorStore) -> None:
        """Every operation says so."""
        calls: list[Awaitable[Any]] = [
            store.upsert("c", [item("a", 1)]),
            store.delete("c", ids=["a"]),
            store.get("c", ["a"]),
            store.items("c"),
            store.query("c", [1, 0, 0]),
            store.search("c", "a"),
        ]
        for call in calls:
            with pytest.raises(NotFoundError):
                await call

    async def test_items_come_back_as_they_were_put(self, store: VectorStore) -> None:
        """In the order that they are asked for in."""
        put = item("ü/1", 0.5, -2, text="Ünï\ncode 🙂", s="ä", n=1.5, i=-3, t=True, z=None, many=["a", 1])
        await self.made(store, put, item("b", 1))
        [b, back] = await store.get("c", ["b", "absent", "ü/1"])
        assert (b.id, back.id, back.text) == ("b", put.id, put.text)
        assert list(back.vector) == pytest.approx(list(put.vector))
        assert dict(back.metadata) == dict(put.metadata)

    async def test_an_item_is_replaced_whole(self, store: VectorStore) -> None:
        """Its vector, its words and its metadata."""
        await self.made(store, item("a", 1, text="apple", k=1), item("b", 0, 1, text="bread", k=1))
        await store.upsert("c", [item("a", 0, 0, 1, text="cherry", j=2), item("b", 0, 1, text="bread", k=1)])
        assert (await store.collections())[0].count == 2
        assert await store.search("c", "apple") == []
        assert [h.id for h in await store.search("c", "cherry")] == ["a"]
        assert [h.id for h in await store.query("c", [0, 0, 1], limit=1)] == ["a"]
        assert [i.id for i in await store.items("c", where={"k": 1})] == ["b"]

    async def test_of_two_items_of_one_id_the_last_stays(self, store: VectorStore) -> None:
        """Also within one call."""
        await self.made(store, item("a", 1, text="old"), item("a", 0, 1, text="new"))
        assert [i.text for i in await store.get("c", ["a"])] == ["new"]

    @pytest.mark.parametrize(
        "wrong",
        [
            VectorItem("w", (1.0,)),
            VectorItem("w", (1.0, 2.0, 3.0, 4.0)),
            VectorItem("w", (1.0, math.nan, 0.0)),
            VectorItem("w", (1.0, math.inf, 0.0)),
            VectorItem("w", (1e300, 0.0, 0.0)),
            VectorItem("", (1.0, 0.0, 0.0)),
            VectorItem("w", (1.0, 0.0, 0.0), "nul\0"),
            VectorItem("w", (1.0, 0.0, 0.0), "\ud800"),
            VectorItem("w", (1.0, 0.0, 0.0), "", {"a": {"b": 1}}),
            VectorItem("w", (1.0, 0.0, 0.0), "", {"a": math.nan}),
            VectorItem("w", (1.0, 0.0, 0.0), "", {"$a": 1}),
        ],
        ids=range(11),
    )
    async def test_all_or_none_are_put(self, store: VectorStore, wrong: VectorItem) -> None:
        """What is wrong with one item keeps all of its call out."""
        await self.made(store, item("a", 1, text="old"))
        with pytest.raises(InputError):
            await store.upsert("c", [item("a", 1, text="new"), item("b", 1), wrong])
        assert [(i.id, i.text) for i in await store.items("c")] == [("a", "old")]

    @pytest.mark.parametrize("vector", [(1.0,), (1.0, 0.0, math.nan), (1.0, 0.0, math.inf)])
    async def test_what_is_looked_for_has_the_right_length(self, store: VectorStore, vector: Sequence[float]) -> None:
        """And finite numbers."""
        await self.made(store, item("a", 1))
        with pytest.raises(InputError):
            await store.query("c", vector)

    @pytest.mark.parametrize(("metric", "order"), [("cosine", "cabd"), ("dot", "dcab"), ("l2", "abcd")])
    async def test_the_closest_come_first(self, store: VectorStore, metric: Metric, order: str) -> None:
        """As the metric has it; scores fall."""
        near = [item("a", 1, 0.1), item("b", 1, 0.5), item("c", 3, 0), item("d", 4, 9)]
        await self.made(store, *near, metric=metric)
        hits = await store.query("c", [1, 0, 0])
        assert "".join(h.id for h in hits) == order
        assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
        assert [h.id for h in await store.query("c", [1, 0, 0], limit=2)] == list(order[:2])

    async def test_scores_of_cosines_are_cosines(self, store: VectorStore) -> None:
        """From -1 to 1; a vector without a direction is close to nothing."""
        await self.made(store, item("same", 2, 0), item("across", 0, 5), item("against", -1, 0), item("none"))
        found = {h.id: h.score for h in await store.query("c", [7, 0, 0])}
        assert found["same"] == pytest.approx(1, abs=1e-5)
        assert found["across"] == pytest.approx(0, abs=1e-5)
        assert found["against"] == pytest.approx(-1, abs=1e-5)
        assert found.get("none", 0.0) == pytest.approx(0, abs=1e-5)

    async def test_the_closest_are_those_that_a_comparison_with_all_finds(self, store: VectorStore) -> None:
        """At least nine of ten, where a store does not compare with all."""
        rng = random.Random(7)  # noqa: S311 - no secret
        vectors = {f"v{i}": [rng.gauss(0, 1) for _ in range(8)] for i in range(400)}
        await store.create("c", 8, "l2")
        await store.upsert("c", [VectorItem(i, v) for i, v in vectors.items()])
        for _ in range(5):
            wanted = [rng.gauss(0, 1) for _ in range(8)]
            right = sorted(vectors, key=lambda i: math.dist(vectors[i], wanted))[:10]
            found = [h.id for h in await store.query("c", wanted, limit=10)]
            assert len(set(right) & set(found)) >= 9

    @pytest.mark.parametrize("where", CONDITIONS, ids=str)
    async def test_conditions_mean_what_they_mean(self, store: VectorStore, where: dict[str, Any]) -> None:
        """The same everywhere: to lists, to both searches, and to deletion."""
        all_ = [item(f"i{n}", 1, n / 10, text="word", **m) for n, m in enumerate(METADATA)]
        await self.made(store, *all_)
        right = {i.id for i in all_ if matches(parse(where), i.metadata)}
        assert {i.id for i in await store.items("c", where=where)} == right
        assert {h.id for h in await store.query("c", [1, 0, 0], where=where)} == right
        assert {h.id for h in await store.search("c", "word", where=where)} == right
        assert await store.delete("c", where=where) == len(right)
        assert {i.id for i in await store.items("c")} == {i.id for i in all_} - right

    async def test_what_is_no_condition_is_refused(self, store: VectorStore) -> None:
        """By all that take one, and nothing is deleted."""
        await self.made(store, item("a", 1))
        bad: dict[str, Any] = {"a": {"like": "x"}}
        calls: list[Awaitable[Any]] = [
            store.items("c", where=bad),
            store.query("c", [1, 0, 0], where=bad),
            store.search("c", "x", where=bad),
            store.delete("c", where=bad),
            store.delete("c"),
        ]
        for call in calls:
            with pytest.raises(InputError):
                await call
        assert len(await store.items("c")) == 1

    async def test_what_is_deleted_is_found_no_more(self, store: VectorStore) -> None:
        """By ids, and by ids among those that fit."""
        await self.made(store, *(item(i, 1, text=f"text {i}", even=i in "bd") for i in "abcd"))
        assert await store.delete("c", ids=["a", "absent"]) == 1
        assert await store.delete("c", ids=["b", "c"], where={"even": True}) == 1
        assert await store.delete("c", ids=[]) == 0
        assert [h.id for h in await store.query("c", [1, 0, 0])] == ["c", "d"]
        assert {h.id for h in await store.search("c", "text")} == {"c", "d"}

    async def test_items_come_in_pages(self, store: VectorStore) -> None:
        """By id, the next from the last of the page before."""
        await self.made(store, *(item(f"i{n:02}", 1, odd=bool(n % 2)) for n in range(25)))
        seen: list[str] = []
        after = None
        while page := await store.items("c", limit=7, after=after, where={"odd": True}):
            seen += [i.id for i in page]
            after = page[-1].id
        assert seen == [f"i{n:02}" for n in range(1, 25, 2)]

    async def test_limits_are_limits(self, store: VectorStore) -> None:
        """None of nothing, and none without end."""
        await self.made(store, item("a", 1))
        for limit in (0, -1, 10**9):
            for call in (store.items("c", limit=limit), store.query("c", [1, 0, 0], limit=limit)):
                with pytest.raises(InputError):
                    await call

    async def test_words_are_found(self, store: VectorStore) -> None:
        """Whatever their case; the text with more of them, and rarer ones, first."""
        texts = {"a": "The cat sat on the mat", "b": "A dog and a cat", "c": "Nothing here", "d": "zygote cat"}
        await self.made(store, *(item(i, 1, text=t) for i, t in texts.items()))
        assert {h.id for h in await store.search("c", "CAT")} == {"a", "b", "d"}
        assert (await store.search("c", "zygote cat"))[0].id == "d"
        assert len(await store.search("c", "cat", limit=2)) == 2
        hits = await store.search("c", "dog cat")
        assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
        assert hits[0].text == texts["b"]

    @pytest.mark.parametrize(
        "words",
        ["", " ", '"', "'", "a AND", "NOT cat*", "(cat", "text:cat", "cat OR 1=1; --", "^", "🙂", "&|!", "\0", "-cat"],
    )
    async def test_any_text_may_be_searched_for(self, store: VectorStore, words: str) -> None:
        """Nothing of it is a language."""
        await self.made(store, item("a", 1, text="a cat"))
        assert [h.id for h in await store.search("c", words)] in ([], ["a"])

    async def test_long_searches_end(self, store: VectorStore) -> None:
        """Somewhere."""
        await self.made(store, item("a", 1, text="a cat"))
        await store.search("c", "cat " * 50_000)

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    async def test_data_is_data(self, store: VectorStore, text: str) -> None:
        """As an id, a text, a key or a value."""
        key = text[:100]
        await self.made(store, VectorItem(text, (1, 0, 0), text, {} if key[0] == "$" else {key: text}), item("b", 0, 1))
        [back] = await store.get("c", [text])
        assert (back.id, back.text) == (text, text)
        if back.metadata:
            assert [i.id for i in await store.items("c", where={key: text})] == [text]
        await store.search("c", text)
        assert await store.delete("c", ids=[text]) == 1
        assert [i.id for i in await store.items("c")] == ["b"]

    async def test_collections_do_not_mix(self, store: VectorStore) -> None:
        """The same ids and words in two of them."""
        for name, x in (("one", 1.0), ("two", 2.0)):
            await store.create(name, 3, "l2")
            await store.upsert(name, [item("a", x, text=f"word {name}", k=name)])
        assert [h.text for h in await store.search("one", "word")] == ["word one"]
        assert [h.text for h in await store.query("two", [1, 0, 0])] == ["word two"]
        assert await store.items("one", where={"k": "two"}) == []
        await store.drop("one")
        assert [i.id for i in await store.get("two", ["a"])] == ["a"]

    async def test_many_may_write_at_once(self, store: VectorStore) -> None:
        """And all is there."""
        await store.create("c", 3)

        async def put(n: int) -> None:
            await store.upsert("c", [item(f"{n}-{i}", n, i, text=f"word{n}") for i in range(20)])

        await asyncio.gather(*(put(n) for n in range(10)))
        assert (await store.collections())[0].count == 200
        assert len(await store.query("c", [1, 1, 0], limit=300)) == 200

    async def test_a_write_is_seen_by_the_next_search(self, store: VectorStore) -> None:
        """Searching between writes changes nothing."""
        await store.create("c", 3)
        for n in range(10):
            await store.upsert("c", [item(f"i{n}", 1, n)])
            assert len(await store.query("c", [1, 0, 0], limit=50)) == n + 1
        for n in range(0, 10, 3):
            await store.delete("c", ids=[f"i{n}"])
            assert f"i{n}" not in {h.id for h in await store.query("c", [1, 0, 0], limit=50)}
        await store.upsert("c", [item("i0", 1, text="again")])
        assert (await store.query("c", [1, 0, 0], limit=1))[0].text == "again"

    async def test_it_outlives_its_object(self, store: VectorStore, reopened: Reopen | None) -> None:
        """Where there is a disk behind it."""
        if reopened is None:
            pytest.skip("nothing outlives this store")
        await self.made(store, item("a", 1, text="kept", k=[1, "x"]))
        again = await reopened()
        try:
            assert [h.text for h in await again.query("c", [1, 0, 0])] == ["kept"]
            assert [h.id for h in await again.search("c", "kept", where={"k": "x"})] == ["a"]
        finally:
            await again.aclose()
