# ruff: noqa: PLR2004 - tests count things
from __future__ import annotations

import asyncio
from dataclasses import fields
from importlib.resources import files
from typing import Any

import pytest

from lumosai_plugins.memory.settings import Settings
from lumosai_plugins.memory.store import MemoryStorage
from lumosai_sdk.errors import StorageError
from lumosai_sdk.manifest import parse
from lumosai_sdk.testing.conformance.storage import full_run, run, thread
from lumosai_sdk.types.messages import ImagePart, Message
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.storage import RunFilter


def store(**settings: Any) -> MemoryStorage:
    return MemoryStorage(PluginContext("memory", settings=settings))


async def test_the_oldest_finished_run_makes_room() -> None:
    s = store(max_runs=3)
    await s.put_run(run("open", "running"))
    for i in range(5):
        await s.put_run(run(f"r{i}", at=float(i)))
        await s.append_events(f"r{i}", [{"type": "x", "seq": 1}])
    assert {r.id for r in await s.list_runs(RunFilter())} == {"open", "r3", "r4"}
    assert list(await s.events("r0")) == []
    assert len(await s.events("r4")) == 1


async def test_runs_under_way_are_never_forgotten() -> None:
    s = store(max_runs=2)
    await s.put_run(run("a", "running"))
    await s.put_run(run("b", "suspended"))
    with pytest.raises(StorageError, match="max_runs"):
        await s.put_run(run("c", "running"))
    await s.put_run(run("a", "completed"))
    await s.put_run(run("c", "running"))
    assert {r.id for r in await s.list_runs(RunFilter())} == {"b", "c"}


async def test_the_thread_least_recently_used_makes_room() -> None:
    s = store(max_threads=2)
    await s.put_thread(thread("a"))
    await s.put_thread(thread("b"))
    await s.append_messages("a", [Message.user("hi")])
    await s.put_thread(thread("c"))
    assert {t.id for t in await s.list_threads()} == {"a", "c"}


async def test_a_thread_with_a_run_under_way_is_kept() -> None:
    s = store(max_threads=1)
    await s.put_thread(thread("a"))
    await s.put_run(run("r", "running", thread_id="a"))
    with pytest.raises(StorageError, match="max_threads"):
        await s.put_thread(thread("b"))
    await s.put_run(run("r", "completed", thread_id="a"))
    await s.put_thread(thread("b"))
    assert await s.get_run("r") is None


async def test_values_are_bounded_and_the_dead_make_room() -> None:
    s = store(max_values=2)
    await s.kv_set("n", "a", 1, ttl=0.01)
    await s.kv_set("n", "b", 1)
    await s.kv_set("n", "b", 2)
    await asyncio.sleep(0.05)
    await s.kv_set("n", "c", 3)
    with pytest.raises(StorageError, match="max_values"):
        await s.kv_set("m", "d", 4)
    assert list(await s.kv_keys("n")) == ["b", "c"]


async def test_bytes_are_bounded() -> None:
    s = store(max_bytes=50_000)
    for i in range(30):
        await s.put_run(run(f"r{i}", text="x" * 2_000))
        await s.append_events(f"r{i}", [{"type": "x", "seq": 1, "text": "y" * 2_000}])
        await s.append_events("stray", [{"type": "x", "seq": i, "text": "y" * 200}])
    assert 5 < len(await s.list_runs(RunFilter())) < 15
    assert s._shelf._bytes <= 50_000
    with pytest.raises(StorageError, match="max_bytes"):
        await s.append_messages("t", [Message.user((ImagePart("data:" + "x" * 60_000),))])
    assert list(await s.messages("t")) == []


async def test_values_are_not_forgotten_for_want_of_bytes() -> None:
    s = store(max_bytes=10_000)
    await s.append_messages("t", [Message.user("x" * 4_000)])
    for i in range(9):
        await s.kv_set("n", str(i), "x" * 1_000)
    with pytest.raises(StorageError, match="memory is full"):
        await s.kv_set("n", "9", "x" * 1_000)
    assert len(await s.kv_keys("n")) == 9
    assert await s.get_thread("t") is None


async def test_what_goes_gives_back_all_it_took() -> None:
    s = store()
    await s.put_thread(thread("t1"))
    await s.put_run(full_run())
    await s.put_run(full_run())
    await s.append_events("full", [{"type": "x", "seq": 1}])
    await s.append_messages("t1", list(full_run().messages))
    await s.kv_set("n", "k", "v")
    await s.kv_delete("n", "k")
    await s.delete_thread("t1")
    assert s._shelf._bytes == 0
    assert not s._shelf._runs_of


async def test_a_run_that_moves_to_another_thread_goes_with_that_one() -> None:
    s = store()
    for t in ("a", "b"):
        await s.put_thread(thread(t))
        await s.put_run(run("r", thread_id=t))
    await s.delete_thread("a")
    assert await s.get_run("r") is not None
    await s.delete_thread("b")
    assert await s.get_run("r") is None


async def test_health_and_closing() -> None:
    s = store()
    assert (await s.health())["ok"]
    await s.aclose()
    assert not (await s.health())["ok"]
    with pytest.raises(StorageError, match="closed"):
        await s.flush()


def test_the_manifest_and_the_code_agree_on_the_defaults() -> None:
    manifest = parse(files("lumosai_plugins.memory").joinpath("lumos-plugin.toml").read_bytes(), "memory", "manifest")
    assert manifest.settings_schema is not None
    defaults = {k: v["default"] for k, v in manifest.settings_schema["properties"].items()}
    assert defaults == {f.name: f.default for f in fields(Settings)}
