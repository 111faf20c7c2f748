# ruff: noqa: PLR2004 - tests count things
from __future__ import annotations

import sqlite3
from pathlib import Path
from types import MappingProxyType

import pytest

from lumosai_plugins.sqlite import reads
from lumosai_plugins.sqlite.codec import encode
from lumosai_sdk.errors import InputError, StorageError
from lumosai_sdk.storing import event_rows
from lumosai_sdk.testing.conformance.storage import run
from lumosai_sdk.types.storage import RunFilter

from .conftest import Open


async def test_a_long_event_is_kept_cut_and_says_so(open_store: Open) -> None:
    store = open_store(max_row_bytes=2000)
    await store.append_events(
        "r",
        [
            {"type": "tool.call", "run_id": "r", "seq": 1, "at": 1.0, "tool": "x"},
            {"type": "tool.result", "run_id": "r", "seq": 2, "at": 2.0, "tool": "x", "content": "é" * 5000},
            {"type": "odd", "run_id": "r", "seq": 3, "at": 3.0, "data": {"list": list(range(5000))}},
            {"type": "run.completed", "run_id": "r", "seq": 4, "at": 4.0},
        ],
    )
    got = await store.events("r")
    assert [e["seq"] for e in got] == [1, 2, 3, 4]
    assert "truncated" not in got[0]
    assert got[1]["content"] == "é" * 62
    assert got[1]["truncated"]["fields"] == {"content": 10_002}
    assert (got[1]["tool"], got[1]["at"]) == ("x", 2.0)
    assert got[2]["data"] is None
    assert got[2]["truncated"]["bytes"] > 20_000


@pytest.mark.parametrize("event", [{f"k{i}": "v" * 30 for i in range(5000)}, {"k" * 5000: 1}, {"t": "\x00" * 90_000}])
def test_an_event_that_no_cutting_helps_still_keeps_its_place(event: dict[str, object]) -> None:
    rows = event_rows("r", [{"type": "x", "seq": 7, "at": 1.0, **event}, {"type": "y", "seq": 8}], 1024, encode)
    assert (rows[0][0], rows[-1][1]) == (7, 8)
    assert all(len(data) <= 1024 for _, _, data in rows)
    assert "truncated" in rows[0][2]


def test_many_events_are_split_into_rows() -> None:
    rows = event_rows("r", [{"seq": i, "text": "x" * 100} for i in range(100)], 2000, encode)
    assert len(rows) > 5
    assert all(len(data) <= 2000 for _, _, data in rows)
    assert [r[0] for r in rows] == sorted(r[0] for r in rows)
    assert rows[-1][1] == 99


@pytest.mark.parametrize("seq", [None, "1", 1.0, True, -1, 2**63])
def test_a_seq_is_a_number_that_sqlite_can_hold(seq: object) -> None:
    with pytest.raises(InputError, match="has no seq"):
        event_rows("r", [{"seq": seq}], 1000, encode)


def test_mappings_of_any_kind_are_json() -> None:
    assert encode(MappingProxyType({"a": MappingProxyType({"b": (1, 2)})}), "x") == '{"a":{"b":[1,2]}}'


def test_what_refers_to_itself_is_refused() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(InputError, match="the thing cannot be stored"):
        encode(value, "the thing")


async def test_a_row_changed_by_hand_is_told(open_store: Open, path: Path) -> None:
    store = open_store()
    await store.put_run(run("r"))
    await store.flush()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE runs SET data = '{broken'")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="stored run 'r' is not JSON"):
        await store.get_run("r")
    assert list(await store.kv_keys("n")) == []


@pytest.mark.parametrize(
    ("where", "index"),
    [
        (RunFilter(status="running"), "runs_open"),
        (RunFilter(owner="o"), "runs_owner"),
        (RunFilter(thread_id="t"), "runs_thread"),
        (RunFilter(), "runs_created"),
        (RunFilter(before="x"), "runs_created"),
    ],
)
async def test_lists_use_an_index(open_store: Open, path: Path, where: RunFilter, index: str) -> None:
    await open_store().aclose()
    connection = sqlite3.connect(path)
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    reads.runs(where)(connection)
    plan = connection.execute(f"EXPLAIN QUERY PLAN {asked[0]}").fetchall()
    connection.close()
    assert index in str(plan)
    assert "TEMP B-TREE" not in str(plan)
