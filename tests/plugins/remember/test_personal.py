"""A person's data: all of it is shown, all of it is deleted, and what is past its time is let go of."""

# ruff: noqa: PLR2004 - sizes are what is tested
from __future__ import annotations

import contextlib
import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.remember.fakes import Services, context

from lumosai_plugins.remember.command import MemoryCommand
from lumosai_plugins.remember.observations import Observations
from lumosai_plugins.remember.personal import Personal
from lumosai_plugins.remember.recall import Recall
from lumosai_plugins.remember.sweeping import Sweeper
from lumosai_plugins.remember.updating import UpdateWorking
from lumosai_plugins.remember.working import Working
from lumosai_sdk import Message, Principal, RunInfo, ToolContext, Turn
from lumosai_sdk.errors import ConflictError, InputError
from lumosai_sdk.testing.manifest_check import disagreements
from lumosai_sdk.types.storage import RunFilter, RunRecord, Thread

ANN, BOB = Principal("ann", "acme"), Principal("bob", "acme")
on_every_store = pytest.mark.parametrize("store", ["memory", "sqlite", "postgres"], indirect=True)


def owner(who: Principal) -> str:
    return f"{who.tenant}/{who.id}"


async def live(services: Services, who: Principal, thread: str, secret: str, by: Principal | None = None) -> None:
    """Leave a trace everywhere: a thread, runs on it and without one, each memory; said by another if *by* says so."""
    store, now, run_by = services.store, time.time(), by or who
    messages = (Message.user(secret), Message.assistant(f"noted: {secret}"))
    await store.put_thread(Thread(thread, owner(who), secret, now, now, {"about": secret}))
    await store.append_messages(thread, messages)
    for run_id, on in ((f"{thread}-1", thread), (f"{thread}-2", None)):
        run = RunRecord(run_id, "a", "completed", owner(who), on, messages=messages, text=secret, created_at=now)
        await store.put_run(run)
        await store.append_events(run_id, [{"seq": 1, "type": "run.completed", "text": secret}])
    turn = Turn(RunInfo("r", "a", thread, run_by), messages[:1])
    await Recall(context(services)).remember(turn, messages)
    observing = {"messages": 1, "recent": 0, "model": "test/x"}
    await Observations(context(services, observations=observing)).remember(turn, messages)
    for scope in ("person", "thread"):
        tool = UpdateWorking(context(services, working={"scope": scope}))
        await tool.call({"text": secret}, ToolContext("r", "a", "c", thread, run_by))


async def everything(services: Services) -> str:
    """Return all that is in the stores, however it is found."""
    store = services.store
    kv = [await store.kv_get("remember", k) for k in await store.kv_keys("remember")]
    threads = await store.list_threads()
    runs = await store.list_runs(RunFilter(limit=100))
    said = [m.text for t in ("anns", "bobs") for m in await store.messages(t)]
    events = [await store.events(f"{t}-{n}") for t in ("anns", "bobs") for n in (1, 2)]
    found = services.vectors()
    vectors = [
        (i.text, dict(i.metadata)) for c in await found.collections() for i in await found.items(c.name, limit=100)
    ]
    return json.dumps([kv, [t.to_json() for t in threads], [r.to_json() for r in runs], said, events, vectors])


@on_every_store
async def test_nothing_of_a_forgotten_person_is_left(services: Services) -> None:
    await live(services, ANN, "anns", "ann-secret")
    await live(services, BOB, "bobs", "bob-secret")
    assert (await everything(services)).count("ann-secret") > 10
    counts = await Personal(context(services), "acme/ann").forget()
    # A sweep that is at work beside it may be quicker with what belongs to a thread that is gone.
    assert {**counts, "memories": 4} == {"threads": 1, "runs": 2, "passages": 2, "memories": 4}
    assert counts["memories"] in {3, 4}
    left = await everything(services)
    assert "ann" not in left
    assert left.count("bob-secret") > 10, "nobody else is touched"
    assert await Personal(context(services), "acme/ann").forget() == dict.fromkeys(counts, 0)


async def test_what_another_said_on_the_persons_thread_goes_too(services: Services) -> None:
    await live(services, ANN, "anns", "ann-secret", by=Principal("admin", "acme"))
    exported = json.dumps(await Personal(context(services), "acme/ann").export())
    assert "passages" in exported
    await Personal(context(services), "acme/ann").forget()
    kept = await everything(services)
    assert kept.count("ann-secret") == 1, "the sheet of the admin's own is the admin's"
    await Personal(context(services), "acme/admin").forget()
    assert "ann-secret" not in await everything(services)


@on_every_store
async def test_the_export_has_all_of_it_and_nobody_elses(services: Services) -> None:
    await live(services, ANN, "anns", "ann-secret")
    await live(services, BOB, "bobs", "bob-secret")
    data = await Personal(context(services), "acme/ann").export()
    assert [t["messages"][0]["content"] for t in data["threads"]] == ["ann-secret"]
    assert {r["id"] for r in data["runs"]} == {"anns-1", "anns-2"}
    assert len(data["memories"]) == 4
    assert {p["text"] for p in data["passages"]} == {"ann-secret", "noted: ann-secret"}
    assert "bob" not in json.dumps(data)


async def test_more_than_a_page_is_forgotten(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lumosai_plugins.remember.personal._PAGE", 3)
    for n in range(10):
        await live(services, ANN, f"t{n}", "ann-secret")
    data = await Personal(context(services), "acme/ann").export()
    assert [len(data[k]) for k in ("threads", "runs", "passages")] == [10, 20, 20]
    counts = await Personal(context(services), "acme/ann").forget()
    assert counts == {"threads": 10, "runs": 20, "passages": 20, "memories": 31}
    assert "ann-secret" not in await everything(services)


async def test_a_person_with_a_run_under_way_is_not_half_forgotten(services: Services) -> None:
    await live(services, ANN, "anns", "ann-secret")
    await services.store.put_run(RunRecord("r9", "a", "running", "acme/ann"))
    with pytest.raises(ConflictError, match="under way"):
        await Personal(context(services), "acme/ann").forget()
    assert await services.store.get_thread("anns") is not None


async def test_names_that_look_alike_are_others(services: Services) -> None:
    await live(services, ANN, "anns", "ann-secret")
    for name in ("acme/an", "acme/ann/", "default/ann", "acme/", "acme/*", "acme/%"):
        assert await Personal(context(services), name).forget() == {
            "threads": 0,
            "runs": 0,
            "passages": 0,
            "memories": 0,
        }
    assert (await everything(services)).count("ann-secret") > 10


@pytest.mark.parametrize("late", ["kv_set", "upsert"])
async def test_what_is_kept_while_its_thread_is_deleted_goes_too(
    services: Services, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    await services.store.put_thread(Thread("anns", "acme/ann", "", time.time(), time.time()))
    store = services.store if late == "kv_set" else services.store_of_vectors
    real = getattr(store, late)

    async def slow(*given: Any) -> None:
        await Personal(context(services), "acme/ann").forget()
        await real(*given)

    monkeypatch.setattr(store, late, slow)
    turn = Turn(RunInfo("r", "a", "anns", ANN), (Message.user("ann-secret"),))
    with contextlib.suppress(ConflictError):
        await Recall(context(services)).remember(turn, turn.input)
    assert "ann-secret" not in await everything(services)
    assert await services.store.kv_keys("remember") == []


@on_every_store
async def test_what_is_past_its_time_is_let_go_of(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    with monkeypatch.context() as past:
        past.setattr(time, "time", lambda: now - 10 * 86_400)
        await live(services, ANN, "anns", "ann-secret")
    await live(services, BOB, "bobs", "bob-secret")
    assert await Sweeper(context(services)).sweep() == 0
    assert await Sweeper(context(services, retention_days=7)).sweep() == 4
    for who, thread, there in ((ANN, "anns", False), (BOB, "bobs", True)):
        data = await Personal(context(services), owner(who)).export()
        assert (bool(data["memories"]), bool(data["passages"])) == (there, there), thread


@on_every_store
async def test_what_belongs_to_deleted_threads_is_let_go_of(services: Services) -> None:
    await live(services, ANN, "anns", "ann-secret")
    await services.store.delete_thread("anns")
    await live(services, ANN, "bobs", "new-secret")
    await Sweeper(context(services)).sweep()
    data = await Personal(context(services), "acme/ann").export()
    assert {p["thread_id"] for p in data["passages"]} == {"bobs"}
    assert {m["thread"] for m in data["memories"]} == {"", "bobs"}


async def test_memories_sweep_in_the_background_one_host_at_a_time(services: Services) -> None:
    await live(services, ANN, "anns", "ann-secret")
    await services.store.kv_delete("remember.lock", "sweep")
    await services.store.delete_thread("anns")
    memory = Working(context(services))
    turn = Turn(RunInfo("r", "a", None, ANN), ())
    await memory.remember(turn, ())
    assert memory._sweeper._task is not None
    await memory._sweeper._task
    assert await services.store.kv_keys("remember", "observed/") == []
    other = Working(context(services))
    await other.remember(turn, ())
    assert other._sweeper._task is None
    await memory.aclose()


async def told(services: Services, *line: str) -> int:
    parser, command = ArgumentParser(), MemoryCommand(context(services))
    command.add_arguments(parser)
    return await command.run(parser.parse_args(line), context(services))


async def test_the_command(services: Services, tmp_path: Path, capsys: Any) -> None:
    await live(services, ANN, "anns", "ann-secret\x1b[31m")
    file = tmp_path / "ann.json"
    assert await told(services, "export", "ann", "--tenant", "acme", "--output", str(file)) == 0
    assert json.loads(file.read_text())["threads"][0]["title"] == "ann-secret\x1b[31m"
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="cannot write"):
        await told(services, "export", "ann", "--tenant", "acme", "--output", str(file))
    assert await told(services, "export", "ann", "--tenant", "acme") == 0
    assert "\x1b" not in (out := capsys.readouterr().out)
    assert json.loads(out)["owner"] == "acme/ann"
    with pytest.raises(InputError, match="for good"):
        await told(services, "forget", "ann", "--tenant", "acme")
    with pytest.raises(InputError, match="no principal"):
        await told(services, "forget", "ann", "--tenant", "a/b", "--yes")
    assert await told(services, "forget", "ann", "--tenant", "acme", "--yes") == 0
    assert capsys.readouterr().out == "forgotten: 1 threads, 2 runs, 2 passages, 4 memories\n"
    assert await told(services, "sweep") == 0


def test_the_manifest_says_what_the_code_does() -> None:
    assert disagreements("lumosai_plugins.remember") == []
