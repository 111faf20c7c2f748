# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lumosai import Agent, Host
from lumosai.ids import new_id
from lumosai.runs.hostid import host_id, is_alive
from lumosai_plugins.memory.store import MemoryStorage
from lumosai_sdk import Decision, Message, RunRecord, ToolCall, tool
from lumosai_sdk.errors import ModelError, StorageError
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.events import HostWarning
from lumosai_sdk.types.models import ModelRequest
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.storage import RunFilter


async def echo(x: str) -> str:
    return f"<{x}>"


AGENT = Agent("a", model="test/m", tools=[echo])
CALL = ToolCall("c1", "echo", '{"x": "in"}')


async def test_a_record_holds_the_whole_run(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script([CALL, "done"])
    async with lumos_host(agents=[AGENT]) as host:
        result = await host.run("a", "go", thread="t", metadata={"k": [1]})
        record = await host.runs.get(result.run_id)
        assert (record.status, record.agent, record.owner, record.thread_id) == ("completed", "a", "default/local", "t")
        assert (record.messages, record.usage, record.steps) == (result.messages, result.usage, 2)
        assert record.host == host_id()
        assert record.created_at <= record.updated_at
        assert RunRecord.from_json(json.loads(json.dumps(record.to_json()))) == record
        events = await host.storage.events(result.run_id)
        assert [e["type"] for e in events] == [
            "run.started",
            "model.started",
            "model.completed",
            "tool.call",
            "tool.result",
            "model.started",
            "model.completed",
            "run.completed",
        ]
        assert [e["seq"] for e in events] == list(range(1, 9))


async def test_a_failure_is_recorded_with_its_reason(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script([CALL, ModelError("down")])
    async with lumos_host(agents=[AGENT]) as host:
        with pytest.raises(ModelError):
            await host.run("a", "go")
        (record,) = await host.storage.list_runs(RunFilter())
        assert (record.status, record.error) == ("failed", {"code": "model_error", "message": "down"})
        assert [m.role for m in record.messages] == ["user", "assistant", "tool"]


async def test_events_are_not_kept_if_not_wanted(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script([CALL, "done"])
    async with lumos_host(agents=[AGENT], storage={"events": False}) as host:
        result = await host.run("a", "go")
        assert await host.storage.events(result.run_id) == []
        assert (await host.runs.get(result.run_id)).status == "completed"


class Failing(MemoryStorage):
    """A store that raises at the calls named in ``broken``, and counts flushes."""

    def __init__(self) -> None:
        super().__init__(PluginContext("memory"))
        self.broken: set[str] = set()
        self.error: BaseException = StorageError("the disk is full")
        self.flushes = 0
        self.statuses: list[str] = []

    def _check(self, name: str) -> None:
        if name in self.broken:
            raise self.error

    async def put_run(self, run: RunRecord) -> None:
        self._check(f"put_run {run.status}")
        self.statuses.append(run.status)
        await super().put_run(run)

    async def append_events(self, run_id: str, events: Sequence[Mapping[str, Any]]) -> None:
        self._check("append_events")
        await super().append_events(run_id, events)

    async def append_messages(self, thread_id: str, messages: Sequence[Message], owner: str | None = None) -> None:
        self._check("append_messages")
        await super().append_messages(thread_id, messages, owner)

    async def messages(self, thread_id: str, limit: int | None = None) -> Sequence[Message]:
        self._check("messages")
        return await super().messages(thread_id, limit)

    async def flush(self) -> None:
        self.flushes += 1
        self._check("flush")


def use(host: Host, store: Failing) -> None:
    host.storage = host.recorder.storage = store


@pytest.mark.parametrize("broken", ["put_run running", "messages", "put_run completed", "append_messages", "flush"])
async def test_a_store_that_fails_fails_the_run_and_says_so(
    lumos_host: OpenHost, scripted_model: ScriptedModel, broken: str
) -> None:
    scripted_model.script("answer")
    async with lumos_host(agents=[AGENT]) as host:
        use(host, store := Failing())
        store.broken = {broken}
        with pytest.raises(StorageError, match="the disk is full"):
            await host.run("a", "go", thread="t")
        store.broken.clear()
        events = [e async for e in host.stream("a", "go", thread="t")]
        assert events[-1].type == "run.completed"


async def test_who_hears_of_an_answer_finds_it_recorded(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script("answer")
    async with lumos_host(agents=[AGENT]) as host:
        use(host, store := Failing())
        async for event in host.stream("a", "go", thread="t"):
            if event.type == "run.completed":
                record = await store.get_run(event.run_id)
                assert record is not None
                assert record.status == "completed"
                assert [m.text for m in await store.messages("t")] == ["go", "answer"]
                assert store.flushes == 1
        store.broken = {"flush"}
        types = [e.type async for e in host.stream("a", "go")]
        assert "run.completed" not in types
        assert types[-1] == "run.failed"


@pytest.mark.parametrize("error", [StorageError("the disk is full"), OSError("bad sector"), TimeoutError("locked")])
async def test_a_store_that_fails_on_top_of_a_failure_does_not_hide_it(
    lumos_host: OpenHost, scripted_model: ScriptedModel, seen: Any, error: Exception
) -> None:
    scripted_model.script(ModelError("the model is down"))
    async with lumos_host(agents=[AGENT]) as host:
        use(host, store := Failing())
        store.broken, store.error = {"put_run failed"}, error
        events = seen(host)
        with pytest.raises(ModelError, match="the model is down"):
            await host.run("a", "go")
        assert [e.type for e in events if e.run_id][-1] == "run.failed"
        (warning,) = [e.detail for e in events if isinstance(e, HostWarning)]
        assert "ended failed and could not be recorded" in warning
        assert str(error) in warning


async def test_a_timeout_inside_the_store_is_not_taken_for_the_runs(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    scripted_model.script("answer")
    async with lumos_host(agents=[AGENT]) as host:
        use(host, store := Failing())
        store.broken, store.error = {"put_run completed"}, TimeoutError("locked")
        with pytest.raises(TimeoutError, match="locked"):
            await host.run("a", "go")
        (record,) = await store.list_runs(RunFilter())
        assert (record.status, record.error) == (
            "failed",
            {"code": "error", "message": "the host failed: TimeoutError: locked"},
        )


@pytest.mark.parametrize(("durable", "flushes"), [(True, 3), (False, 0)])
async def test_answers_wait_for_the_disk_only_if_they_must(
    lumos_host: OpenHost, scripted_model: ScriptedModel, durable: bool, flushes: int
) -> None:
    @tool(approval="always")
    async def buy() -> str:
        return "bought"

    scripted_model.script([ToolCall("c", "buy", "{}"), "ok", ModelError("x")])
    async with lumos_host(agents=[Agent("a", model="test/m", tools=[buy])], storage={"durable": durable}) as host:
        use(host, store := Failing())
        waiting = await host.run("a", "go")
        await host.resume(waiting.run_id, {"c": Decision()})
        with pytest.raises(ModelError):
            await host.run("a", "go")
        assert store.flushes == flushes
        assert store.statuses == ["running", "suspended", "completed", "running", "failed"]


async def test_what_happened_is_kept_step_by_step(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    begun = asyncio.Event()

    async def hang(request: ModelRequest) -> str:
        begun.set()
        await asyncio.Event().wait()
        return "never"

    scripted_model.script([CALL, hang])
    async with lumos_host(agents=[AGENT]) as host:
        task = asyncio.create_task(host.run("a", "go"))
        await begun.wait()
        (record,) = await host.storage.list_runs(RunFilter())
        assert record.status == "running"
        assert "tool.result" in [e["type"] for e in await host.storage.events(record.id)]
        task.cancel()
        await asyncio.wait([task])


# --- runs that died with their host

CHILD = """
import asyncio, sys
from lumosai import Agent, Host
from lumosai.config.load import build
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.testing.scripted import ScriptedModel

async def hang(request):
    if len(request.messages) == 1:
        from lumosai_sdk import ToolCall
        return ToolCall("c1", "echo", '{"x": "kept"}')
    print("hanging", flush=True)
    await asyncio.Event().wait()

async def echo(x: str) -> str:
    return x

async def main():
    config = build({"host": {"data_dir": sys.argv[1]}, "agents": {}})
    async with Host(config, agents=[Agent("a", model="test/m", tools=[echo])]) as host:
        contribute(host, "provider", "test", ScriptedModel(hang))
        await host.run("a", "do not lose me")

asyncio.run(main())
"""


@pytest.fixture
def child(tmp_path: Path) -> Callable[[], int]:
    """Return a function that has a real host process killed in the middle of a run and returns its pid."""

    def kill() -> int:
        command = [sys.executable, "-c", CHILD, str(tmp_path / "lumos-data")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"hanging\n"
            _until_written(tmp_path / "lumos-data" / "plugins" / "sqlite" / "lumos.db", "tool.result")
            process.send_signal(signal.SIGKILL)
            process.wait()
            return process.pid

    return kill


def _until_written(database: Path, event: str) -> None:
    deadline = time.monotonic() + 20
    with closing(sqlite3.connect(database)) as connection:
        while event not in str(connection.execute("SELECT data FROM events").fetchall()):
            assert time.monotonic() < deadline
            time.sleep(0.01)


async def test_a_run_whose_host_was_killed_is_marked_and_nothing_recorded_is_lost(
    lumos_host: OpenHost, child: Callable[[], int]
) -> None:
    pid = await asyncio.to_thread(child)
    async with lumos_host(storage={"use": "sqlite"}) as host:
        (record,) = await host.storage.list_runs(RunFilter())
        assert f":{pid}:" in record.host
        assert (record.status, record.error["code"]) == ("interrupted", "interrupted")
        assert record.messages[0].text == "do not lose me"
        kept = [e["type"] for e in await host.storage.events(record.id)]
        assert kept == ["run.started", "model.started", "model.completed", "tool.call", "tool.result"]


async def test_only_runs_of_dead_hosts_are_marked(lumos_host: OpenHost) -> None:
    machine = socket.gethostname()
    hosts = {
        "own": host_id(),
        "parent": f"{machine}:{os.getppid()}:2",
        "dead": f"{machine}:999999999:1",
        "recycled": f"{machine}:{os.getpid()}:1",
        "elsewhere": "another-machine:1:1",
        "nonsense": "",
    }
    async with lumos_host() as host:
        for name, of in hosts.items():
            await host.storage.put_run(RunRecord(name, "a", "running", host=of))
        await host.storage.put_run(RunRecord("ended", "a", "completed", host=hosts["dead"]))
        marked = await host.recorder.mark_interrupted(is_alive)
        statuses = {r.id: r.status for r in await host.storage.list_runs(RunFilter())}
        interrupted = {n for n, s in statuses.items() if s == "interrupted"}
        assert interrupted == {"parent", "dead", "recycled", "nonsense"}
        assert marked == 4
        assert statuses["ended"] == "completed"


async def test_more_dead_runs_than_a_page_are_all_marked(lumos_host: OpenHost) -> None:
    async with lumos_host() as host:
        for i in range(450):
            await host.storage.put_run(RunRecord(f"run_{i:05}", "a", "running", host="x", created_at=i))
        assert await host.recorder.mark_interrupted(lambda _: False) == 450
        assert await host.storage.list_runs(RunFilter(status="running")) == []


async def test_a_store_that_is_busy_at_the_start_does_not_keep_the_host_from_it(
    lumos_host: OpenHost, monkeypatch: pytest.MonkeyPatch, scripted_model: ScriptedModel
) -> None:
    async def busy(self: object, where: RunFilter) -> list[RunRecord]:
        raise StorageError("database is locked")

    scripted_model.script("ok")
    with monkeypatch.context() as patch:
        patch.setattr(MemoryStorage, "list_runs", busy)
        async with lumos_host(agents=[AGENT]) as host:
            assert (await host.run("a", "?")).text == "ok"


@pytest.mark.parametrize(
    ("host", "alive"),
    [
        (host_id(), True),
        ("", False),
        ("x", False),
        (f"{socket.gethostname()}:abc:1", False),
        (f"{socket.gethostname()}:999999999:1", False),
        ("elsewhere:12:34", True),
        (f"{socket.gethostname()}:1:not-its-start", False),
    ],
    ids=["this", "empty", "no-pid", "odd-pid", "dead", "another-machine", "recycled-pid"],
)
def test_which_hosts_are_alive(host: str, alive: bool) -> None:
    assert is_alive(host) is alive


def test_where_start_times_are_not_told_the_process_alone_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert host_id().endswith(f":{os.getpid()}:")
    assert is_alive(host_id())
    assert not is_alive(f"{socket.gethostname()}:999999999:")


def test_a_process_of_somebody_else_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, sig: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert is_alive(f"{socket.gethostname()}:1:1")


def test_ids_sort_by_time_and_do_not_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_700_000_000.0]
    monkeypatch.setattr("lumosai.ids.time.time", lambda: clock[0])
    ids = []
    for _ in range(1000):
        clock[0] += 0.0015
        ids.append(new_id("run"))
    assert ids == sorted(ids)
    assert len({new_id("run") for _ in range(1000)}) == 1000
    assert all(len(i) == len("run_") + 27 for i in ids)
