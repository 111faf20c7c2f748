"""Datasets: what a file becomes, versions by content, and what is refused."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai_plugins.evals import items as bounds
from lumosai_plugins.evals.datasets import NAMESPACE, Datasets
from lumosai_plugins.evals.exchange import read_file, read_text, write_text
from lumosai_plugins.evals.items import Item, checked
from lumosai_plugins.memory.store import MemoryStorage
from lumosai_sdk import PluginContext
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=40)
ITEMS = st.builds(
    Item,
    st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    TEXT.filter(lambda t: bool(t.strip())),
    st.none() | TEXT.filter(bool) | st.lists(st.integers()) | st.dictionaries(TEXT, TEXT, min_size=1, max_size=3),
    st.lists(TEXT, max_size=3).map(tuple),
    st.dictionaries(TEXT, st.integers() | st.booleans() | TEXT, max_size=3),
)


def store() -> Datasets:
    return Datasets(MemoryStorage(PluginContext("memory")))


def some(*inputs: str) -> tuple[Item, ...]:
    return checked(Item.from_json({"input": i}) for i in inputs)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
@given(items=st.lists(ITEMS, min_size=1, max_size=5, unique_by=lambda i: i.id))
def test_what_is_written_is_read_again(suffix: str, items: list[Item]) -> None:
    assert list(read_text(write_text(items, suffix), suffix)) == items


def test_a_table_holds_no_formulas_for_spreadsheets() -> None:
    items = (Item("a", '=HYPERLINK("https://evil.example")', "+1", ("@x",), {}), Item("b", "'=quoted", "-2"))
    text = write_text(items, ".csv")
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in text.splitlines() for cell in line.split(","))
    assert read_text(text, ".csv") == items


def test_a_table_has_json_where_it_is_meant() -> None:
    text = 'input,expected,context\r\nhi,"{""contains"": [""x""]}","[""a"", ""b""]"\r\nho,{not json,one text\r\n'
    first, second = read_text(text, ".csv")
    assert (first.expected, first.context) == ({"contains": ["x"]}, ("a", "b"))
    assert (second.expected, second.context) == ("{not json", ("one text",))


@pytest.mark.parametrize(
    ("suffix", "text", "why"),
    [
        (".jsonl", '{"input": "a"}\n{"input": 1}', "d:2: an item is"),
        (".jsonl", '{"input": "a"}\n\n{', "d:3: is not JSON"),
        (".jsonl", '{"input": "a", "outptu": "b"}', "d:1: an item has no 'outptu'"),
        (".jsonl", '{"input": "a", "id": []}', "an id has"),
        (".jsonl", '{"input": "a", "id": "../\\u0000"}', "an id has"),
        (".jsonl", '{"input": "a", "context": [1]}', "context must be"),
        (".jsonl", '{"input": "a", "metadata": 1}', "metadata must be"),
        (".jsonl", '{"input": "a", "expected": NaN}', "is not JSON"),
        (".jsonl", '{"input": "a", "expected": ' + "[" * 100_000, "is not JSON"),
        (".jsonl", '{"input": "' + "a" * 300_000 + '"}', "at most"),
        (".jsonl", "", "at least one item"),
        (".csv", "question\nhi", "d:1: the header"),
        (".csv", "input,expected\nhi", "d:2: 1 cells"),
        (".csv", 'input\n"hi', "is not CSV"),
        (".csv", "input\n" + "a" * 300_000, "is not CSV"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(suffix: str, text: str, why: str) -> None:
    with pytest.raises(InputError) as error:
        read_text(text, suffix, "d")
    assert why in error.value.message
    assert len(error.value.message) < 1000


def test_files_that_are_no_datasets_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "latin.csv").write_bytes(b"input\n\xe9")
    (tmp_path / "big.jsonl").write_text("x" * 2000)
    monkeypatch.setattr("lumosai_plugins.evals.exchange.MOST_BYTES", 1000)
    for name, why in [
        ("x.txt", "csv or"),
        ("no.csv", "cannot be read"),
        ("latin.csv", "UTF-8"),
        ("big.jsonl", "larger"),
    ]:
        with pytest.raises(InputError, match=why):
            read_file(tmp_path / name)


def test_there_is_an_end_to_a_dataset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_ITEMS", 2)
    with pytest.raises(InputError, match="at most 2 items"):
        some("a", "b", "c")


def test_items_of_the_same_input_are_told_apart() -> None:
    first, second = some("a", "a")
    assert second.id == f"{first.id}#2"
    assert len({i.id for i in some("a", "a", "b", "a")}) == 4


async def test_each_change_is_a_version_and_nothing_else_is() -> None:
    datasets = store()
    one = await datasets.put("qa", some("a", "b"), "first")
    assert await datasets.put("qa", some("a", "b")) == one
    two = await datasets.put("qa", some("a", "c"))
    three = await datasets.put("qa", some("a", "b"))
    assert [v.ref for v in await datasets.versions("qa")] == ["qa@1", "qa@2", "qa@3"]
    assert three.digest == one.digest
    assert [i.input for i in await datasets.items(await datasets.find("qa@2"))] == ["a", "c"]
    assert (await datasets.find("qa")).number == 3
    assert await datasets.find(f"qa@{two.digest[:12]}") == two
    with pytest.raises(NotFoundError, match="qa@9"):
        await datasets.find("qa@9")


async def test_those_who_change_it_at_once_all_get_a_version() -> None:
    datasets = store()
    made = await asyncio.gather(*(datasets.put("qa", some(str(i))) for i in range(8)))
    assert sorted(v.number for v in made) == list(range(1, 9))


async def test_items_that_are_not_what_they_were_are_not_used() -> None:
    storage = MemoryStorage(PluginContext("memory"))
    datasets = Datasets(storage)
    version = await datasets.put("qa", some(*map(str, range(250))))
    assert len(await datasets.items(version)) == 250
    await storage.kv_set(NAMESPACE, f"p/{version.digest}/00001", [{"id": "x", "input": "changed"}])
    with pytest.raises(ConflictError, match="not all there"):
        await datasets.items(version)


async def test_what_another_dataset_shares_outlives_a_deletion() -> None:
    datasets = store()
    await datasets.put("old", some("a"))
    await datasets.put("old", some("b"))
    kept = await datasets.put("new", some("a"))
    await datasets.delete("old")
    assert await datasets.names() == ["new"]
    assert [i.input for i in await datasets.items(kept)] == ["a"]
    with pytest.raises(NotFoundError):
        await datasets.delete("old")


@pytest.mark.parametrize("name", ["", "A", "a/b", "../x", "a" * 65, "-a", "a b"])
async def test_names_are_plain(name: str) -> None:
    with pytest.raises(InputError, match="small letters"):
        await store().put(name, some("a"))


def test_any_json_is_an_item_or_has_a_reason_not_to_be() -> None:
    odd: list[Any] = [None, [], 1, {"input": "x", "id": None}, {"input": "x", "id": {}}, {"input": " "}]
    for value in odd:
        try:
            assert Item.from_json(value).id
        except InputError as e:
            assert e.message  # noqa: PT017 - either will do
