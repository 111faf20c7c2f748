"""Two hosts with the same data, each behind its own socket: what one runs is followed and stopped over the other."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from tests.host.gateway.conftest import listening, parse_frames
from tests.host.gateway.wsclient import connected

from lumosai import Agent
from lumosai.gateway import gate
from lumosai.gateway.peers import bounds, wire
from lumosai.gateway.peers.connection import Connection
from lumosai.gateway.peers.errors import SilentError
from lumosai.gateway.peers.peers import Peers
from lumosai_sdk.errors import ModelError
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.events import HostWarning, PluginFailed
from lumosai_sdk.types.models import ModelChunk, ModelInfo, ModelRequest, ModelResponse

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost


AGENTS = [
    Agent("echo", model="scripted/echo"),
    Agent("words", model="words/any"),
    Agent("asks", model="scripted/tool", tools=["calculator.*"], approve=["*"]),
]
PIDS = {"a": 101, "b": 102}
STREAM = {"accept": "text/event-stream"}


class Words:
    """A model that says a word each time it is let."""

    def __init__(self) -> None:
        self.let = asyncio.Semaphore(0)
        self.stopped = asyncio.Event()

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo("any")]

    async def complete(self, request: ModelRequest) -> ModelResponse:
        raise ModelError("a followed run streams")

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        try:
            for word in ("one ", "two ", "three"):
                await self.let.acquire()
                yield ModelChunk(word)
            await self.let.acquire()
            yield ModelChunk(finish_reason="stop")
        finally:
            self.stopped.set()

    def go_on(self, times: int = 4) -> None:
        for _ in range(times):
            self.let.release()


@dataclass
class Process:
    """A host as if it were a process of its own."""

    id: str
    host: Any
    url: str
    client: httpx2.AsyncClient
    words: Words
    peers: Peers

    async def begin(self, stack: AsyncExitStack) -> tuple[str, Any]:
        """Start a run that says words, as a stream; return its id and the lines of the stream."""
        request = self.client.stream("POST", "/v1/agents/words/runs", json={"input": "go", "stream": True})
        response = await stack.enter_async_context(request)
        return response.headers["x-lumos-run"], response.aiter_lines()

    async def frames(self, run_id: str, **headers: str) -> list[Any]:
        """Follow a run to its end."""
        async with self.client.stream("GET", f"/v1/runs/{run_id}/events", headers=STREAM | headers) as response:
            assert response.status_code == 200, await response.aread()
            return parse_frames((await response.aread()).decode())


@dataclass
class World:
    """The processes that there are, and those that are dead."""

    start: Callable[[str], Any]
    dead: set[str]
    sent: list[tuple[str, bytes]]
    """What went between them: who to, and the frame."""


@pytest.fixture
async def world(lumos_host: OpenHost, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    made: list[Peers] = []
    dead: set[str] = set()
    sent: list[tuple[str, bytes]] = []

    class Noted(Peers):
        def __init__(self, host: Any) -> None:
            super().__init__(host)
            made.append(self)

    monkeypatch.setattr(gate, "Peers", Noted)
    for module in ("host", "gateway.peers.peers"):
        monkeypatch.setattr(f"lumosai.{module}.is_alive", lambda i: i not in dead)
    send = Connection.send

    def noted(self: Connection, frame: bytes) -> None:
        sent.append((self.host_id, frame))
        send(self, frame)

    monkeypatch.setattr(Connection, "send", noted)
    async with AsyncExitStack() as stack:

        async def start(name: str) -> Process:
            own = f"{socket.gethostname()}:{PIDS[name]}:1"
            for module in ("host", "gateway.peers.peers"):
                monkeypatch.setattr(f"lumosai.{module}.host_id", lambda: own)
            opened = lumos_host(agents=AGENTS, storage={"use": "sqlite"}, server={"port": 0})
            host = await stack.enter_async_context(opened)
            words = Words()
            contribute(host, "provider", "words", words)
            url = await stack.enter_async_context(listening(host))
            client = httpx2.AsyncClient(base_url=url, trust_env=False, timeout=20)
            await stack.enter_async_context(client)
            return Process(own, host, url, client, words, made[-1])

        yield World(start, dead, sent)


@pytest.fixture
async def pair(world: World) -> tuple[Process, Process]:
    return await world.start("a"), await world.start("b")


Pair = tuple[Process, Process]


async def reached(lines: AsyncIterator[str], event: str) -> None:
    async with asyncio.timeout(10):
        async for line in lines:
            if line == f"event: {event}":
                return


async def until(so: Callable[[], Any]) -> None:
    """Return once it is so."""
    async with asyncio.timeout(10):
        while not so():  # noqa: ASYNC110 - there is no event for what siblings do
            await asyncio.sleep(0.01)


async def test_a_run_is_followed_over_a_sibling_with_its_pieces_of_text(pair: Pair) -> None:
    a, b = pair
    async with AsyncExitStack() as stack:
        run_id, lines = await a.begin(stack)
        # At once: the sibling's store may not have heard of the run yet.
        follow = asyncio.create_task(b.frames(run_id))
        a.words.go_on(1)
        await reached(lines, "model.delta")
        await until(lambda: a.peers.runs._feeds)
        a.words.go_on(3)
        frames = await asyncio.wait_for(follow, 10)
    kinds = [f["event"] for f in frames]
    assert kinds[:2] == ["run.started", "model.started"]
    assert kinds[-2:] == ["model.completed", "run.completed"]
    assert kinds.count("model.delta") >= 2
    ids = [int(f["id"]) for f in frames]
    assert ids == sorted(set(ids))
    data = [json.loads(f["data"]) for f in frames]
    assert data[-1]["text"] == "one two three"
    assert not a.peers.runs._feeds
    assert not b.peers.runs._remotes


async def test_who_comes_back_to_a_siblings_run_gets_what_came_since(pair: Pair) -> None:
    a, b = pair
    async with AsyncExitStack() as stack:
        run_id, lines = await a.begin(stack)
        a.words.go_on(2)
        await reached(lines, "model.delta")
        follow = asyncio.create_task(b.frames(run_id, **{"last-event-id": "2"}))
        await until(lambda: a.peers.runs._feeds)
        a.words.go_on(2)
        frames = await asyncio.wait_for(follow, 10)
    assert min(int(f["id"]) for f in frames) > 2
    assert frames[-1]["event"] == "run.completed"


async def test_a_run_is_followed_over_the_websocket_of_a_sibling(world: World, pair: Pair) -> None:
    a, b = pair
    async with AsyncExitStack() as stack:
        run_id, _ = await a.begin(stack)
        first, second = [await stack.enter_async_context(connected(b.url)) for _ in range(2)]
        for client in (first, second):
            await client.ask("subscribe", "subscribed", topic=f"run.{run_id}")
        assert (await first.next("event"))["event"]["type"] == "run.started"
        a.words.go_on(4)
        for client in (first, second):
            events = await client.until("run.completed")
            seqs = [e["seq"] for e in events]
            assert seqs == sorted(set(seqs))
            assert [e["text"] for e in events if e["type"] == "model.delta"] == ["one ", "two ", "three"]
            assert (await client.next("unsubscribed"))["status"] == "completed"
    asked = [frame for to, frame in world.sent if to == a.id and b'"ask":"follow"' in frame]
    assert len(asked) == 1


async def test_a_run_is_cancelled_over_a_sibling(pair: Pair) -> None:
    a, b = pair
    async with AsyncExitStack() as stack:
        run_id, lines = await a.begin(stack)
        a.words.go_on(1)
        await reached(lines, "model.delta")
        response = await b.client.post(f"/v1/runs/{run_id}/cancel")
        assert (response.status_code, response.json()["status"]) == (202, "cancelled")
        await asyncio.wait_for(a.words.stopped.wait(), 10)
        await reached(lines, "run.cancelled")
    again = await b.client.post(f"/v1/runs/{run_id}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


async def test_a_suspended_run_goes_on_over_a_sibling_and_its_followers_hear_it(pair: Pair) -> None:
    a, b = pair
    async with connected(a.url) as client:
        started = await client.ask("run", "started", agent="asks", input="1+1")
        run_id = started["run_id"]
        suspended = (await client.until("run.suspended"))[-1]
        decisions = {suspended["pending"][0]["call_id"]: {"approve": True}}
        response = await b.client.post(f"/v1/runs/{run_id}/resume", json={"decisions": decisions})
        assert (response.status_code, response.json()["status"]) == (200, "completed")
        events = await client.until("run.completed")
        seqs = [e["seq"] for e in events]
        assert seqs == list(dict.fromkeys(seqs)) == sorted(seqs)
        assert "run.resumed" in [e["type"] for e in events]
    again = await a.client.post(f"/v1/runs/{run_id}/resume", json={"decisions": decisions})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


async def test_what_is_told_to_all_reaches_who_follows_over_a_sibling(pair: Pair) -> None:
    a, b = pair
    async with connected(b.url) as client:
        for topic in ("runs", "plugin.moon", "system.*"):
            await client.ask("subscribe", "subscribed", topic=topic)
        run = await a.client.post("/v1/agents/echo/runs", json={"input": "secret words"})
        a.host.bus.publish(PluginFailed(at=1.0, plugin="moon", version="1", detail="gone"))
        a.host.bus.publish(PluginFailed(at=1.0, plugin="sun", version="1", detail="gone"))
        b.host.bus.publish(HostWarning(at=1.0, detail="warm"))
        frames = [await client.next("event") for _ in range(4)]
    found = {(f["topic"], f["event"]["type"]) for f in frames}
    assert found == {
        ("runs", "run.started"),
        ("runs", "run.completed"),
        ("plugin.moon", "plugin.failed"),
        ("system.*", "system.warning"),
    }
    assert {f["event"]["run_id"] for f in frames if f["topic"] == "runs"} == {run.json()["run_id"]}
    assert "secret words" not in str(frames)


async def test_a_sibling_that_comes_later_is_heard_too(world: World) -> None:
    b = await world.start("b")
    async with connected(b.url) as client:
        await client.ask("subscribe", "subscribed", topic="system.*")
        a = await world.start("a")
        await until(lambda: a.peers.topics._wants)
        a.host.bus.publish(HostWarning(at=1.0, detail="from a"))
        assert (await client.next("event"))["event"]["detail"] == "from a"


async def test_nothing_is_sent_while_nobody_wants_it(world: World, pair: Pair) -> None:
    a, b = pair
    await until(lambda: b.peers._links)  # it has said that it is there
    await asyncio.sleep(0.05)
    before = len(world.sent)
    for n in range(20):
        await a.client.post("/v1/agents/echo/runs", json={"input": f"{n}"})
        a.host.bus.publish(HostWarning(at=1.0, detail="warm"))
    assert len(world.sent) == before
    async with connected(b.url) as client:
        await client.ask("subscribe", "subscribed", topic="plugin.*")
        before = len(world.sent)
        await a.client.post("/v1/agents/echo/runs", json={"input": "x"})
        await asyncio.sleep(3 * bounds.FLUSH_SECONDS)
        assert len(world.sent) == before


async def test_what_was_wanted_is_wanted_no_more_after_a_while(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lumosai.gateway.ws.broadcast.LINGER_SECONDS", 0.01)
    monkeypatch.setattr(bounds, "SCAN_SECONDS", 0.01)
    a, b = pair
    listeners = len(a.host.bus._all)
    async with connected(b.url) as client:
        await client.ask("subscribe", "subscribed", topic="system.*")
        assert len(a.host.bus._all) == listeners + 1
    await until(lambda: not a.peers.topics._wants and len(a.host.bus._all) == listeners)


async def test_many_events_of_a_moment_go_in_one_frame(world: World, pair: Pair) -> None:
    a, b = pair
    async with connected(b.url) as client:
        await client.ask("subscribe", "subscribed", topic="system.*")
        before = len(world.sent)
        for n in range(100):
            a.host.bus.publish(HostWarning(at=1.0, detail=str(n)))
        details = [(await client.next("event"))["event"]["detail"] for _ in range(100)]
        assert details == [str(n) for n in range(100)]
        assert len(world.sent) == before + 1


async def test_a_sibling_that_hangs_keeps_nobody_waiting(
    world: World, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "ANSWER_SECONDS", 0.1)
    a, b = pair

    async def hang(*_: Any) -> None:
        await asyncio.Event().wait()

    for name in ("follow", "events", "cancel"):
        monkeypatch.setitem(a.peers.asks, name, hang)
    monkeypatch.setattr(Connection.ask, "__defaults__", (0.1,))
    monkeypatch.setattr(Peers.ask, "__defaults__", (0.1,))
    async with AsyncExitStack() as stack:
        run_id, lines = await a.begin(stack)
        a.words.go_on(1)
        await reached(lines, "model.delta")
        await a.host.storage.flush()
        refused = await b.client.post(f"/v1/runs/{run_id}/cancel")
        assert (refused.status_code, refused.json()["code"]) == (503, "sibling_silent")
        assert int(refused.headers["retry-after"]) > 0
        follow = asyncio.create_task(b.frames(run_id))
        a.words.go_on(3)
        frames = await asyncio.wait_for(follow, 10)
        assert [f["event"] for f in frames][-1] == "run.completed"


async def test_a_sibling_that_hangs_while_it_is_followed_is_let_go(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = pair

    async def hang(*_: Any) -> None:
        await asyncio.Event().wait()

    async with AsyncExitStack() as stack:
        run_id, lines = await a.begin(stack)
        a.words.go_on(1)
        await reached(lines, "model.delta")
        follow = asyncio.create_task(b.frames(run_id))
        await until(lambda: a.peers.runs._feeds)
        monkeypatch.setitem(a.peers.asks, "ping", hang)
        monkeypatch.setattr(bounds, "PING_SECONDS", 0.05)
        b.peers._missed.set()
        await until(lambda: a.id in b.peers._shunned)
        with pytest.raises(SilentError, match="a moment ago"):
            await b.peers.ask(a.id, "counts", {})
        a.words.go_on(3)
        frames = await asyncio.wait_for(follow, 15)
    assert frames[-1]["event"] == "run.completed"


async def test_what_listens_lives_whatever_its_id_says(world: World, pair: Pair) -> None:
    a, b = pair
    async with AsyncExitStack() as stack:
        run_id, lines = await a.begin(stack)
        await reached(lines, "model.started")
        await a.host.storage.flush()
        world.dead.add(a.id)
        await b.peers.runs.bury()
        assert (await b.host.runs.get(run_id)).status == "running"
        a.words.go_on()
        await reached(lines, "run.completed")


async def test_a_run_whose_process_died_ends_for_its_followers(world: World, pair: Pair) -> None:
    a, b = pair
    async with AsyncExitStack() as stack:
        run_id, lines = await a.begin(stack)
        a.words.go_on(1)
        await reached(lines, "model.delta")
        await a.host.storage.flush()
        client = await stack.enter_async_context(connected(b.url))
        await client.ask("subscribe", "subscribed", topic=f"run.{run_id}")
        follow = asyncio.create_task(b.frames(run_id))
        await until(lambda: a.peers.runs._feeds)
        world.dead.add(a.id)
        assert a.peers._place is not None
        a.peers._place.leave(a.id)
        for connection in (*a.peers._taken, *a.peers._links.values()):
            connection.drop()
        frames = await asyncio.wait_for(follow, 10)
        assert frames[0]["event"] == "run.started"
        assert (await b.client.get(f"/v1/runs/{run_id}")).json()["status"] == "interrupted"
        assert (await client.next("unsubscribed"))["status"] == "interrupted"
        refused = await b.client.post(f"/v1/runs/{run_id}/cancel")
        assert refused.status_code == 409


async def test_a_reader_that_is_too_slow_is_dropped_and_goes_on_by_the_record(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = pair
    async with AsyncExitStack() as stack:
        run_id, lines = await a.begin(stack)
        a.words.go_on(1)
        await reached(lines, "model.delta")
        follow = asyncio.create_task(b.frames(run_id))
        await until(lambda: a.peers.runs._feeds)
        monkeypatch.setattr(bounds, "BEHIND_BYTES", -1)  # whatever is written is too much
        a.words.go_on(1)
        await until(lambda: not a.peers.runs._feeds)
        monkeypatch.setattr(bounds, "BEHIND_BYTES", 2**20)
        a.words.go_on(2)
        frames = await asyncio.wait_for(follow, 15)
    assert [f["event"] for f in frames][-1] == "run.completed"
    ids = [int(f["id"]) for f in frames]
    assert ids == sorted(set(ids))


async def test_plugins_are_switched_in_all_processes_and_what_fails_is_told(pair: Pair) -> None:
    a, b = pair
    off = (await a.client.post("/v1/plugins/calculator/disable")).json()
    assert (off["state"], off["siblings"]) == ("disabled", {"asked": 1, "failed": []})
    assert b.host.plugins.get("calculator").state == "disabled"
    on = (await b.client.post("/v1/plugins/calculator/enable")).json()
    assert on["siblings"] == {"asked": 1, "failed": []}
    assert a.host.plugins.get("calculator").state == "enabled"
    assert (await a.client.post("/v1/plugins/refresh")).json()["siblings"]["failed"] == []
    del a.host.plugins.plugins["calculator"]
    told = (await b.client.post("/v1/plugins/calculator/reload")).json()["siblings"]
    assert told["asked"] == 1
    assert [(f["process"], f["code"]) for f in told["failed"]] == [(PIDS["a"], "not_found")]


async def test_the_processes_of_one_service_are_counted_together(pair: Pair) -> None:
    a, b = pair
    async with AsyncExitStack() as stack:
        _, lines = await a.begin(stack)
        await reached(lines, "model.started")
        for group, counted in (("", (1, 0)), ("7", (2, 1)), ("8", (1, 0))):
            a.peers.service.group, b.peers.service.group = "7" if group else "", group
            told = (await b.client.get("/healthz")).json()["service"]
            assert (told["processes"], told["runs"], told["silent"]) == (*counted, 0)
        a.words.go_on()
        await reached(lines, "run.completed")


@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text; version=1.0.0"])
async def test_the_metrics_of_one_service_are_told_together(pair: Pair, accept: str) -> None:
    a, b = pair
    a.peers.service.group = b.peers.service.group = "7"
    for process in pair:
        process.host.add_monitor("prometheus")
        await process.client.post("/v1/agents/echo/runs", json={"input": "hello"})
        await process.host.monitors.flush()
    response = await b.client.get("/metrics", headers={"accept": accept})
    assert response.headers["content-type"].startswith(accept.partition(";")[0])
    for pid in PIDS.values():
        assert f'lumosai_runs_total{{worker="{pid}",agent="echo",status="completed"}} 1.0\n' in response.text
    assert response.text.count("# HELP lumosai_run_duration_seconds ") == 1
    assert response.text.endswith("# EOF\n") == ("openmetrics" in accept)
    # One that is a service by itself is not counted with others, nor told of them.
    a.peers.service.group = ""
    assert (await b.client.get("/metrics")).text.count("lumosai_runs_total{") == 1
    assert "worker" not in (await a.client.get("/metrics")).text


async def test_garbage_in_the_socket_ends_its_connection_alone(pair: Pair) -> None:
    a, b = pair
    assert a.peers._place is not None
    path = str(a.peers._place.path(a.id))
    hello = wire.packed({"hello": "evil:1:1", "version": 1})
    for garbage in (
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 4096,
        (2**31).to_bytes(4, "big"),
        wire.framed(b"[]"),
        wire.packed({"hello": 7}),
        wire.packed({"hello": "x" * 1000, "version": 1}),
        wire.packed({"hello": "evil:1:1", "version": 99}),
        hello + wire.packed({"ask": "no.such", "n": "x"}),
        hello + wire.packed({"ask": "events", "n": 1, "d": []}),
        hello + wire.packed({"note": "events", "d": {"run": "r", "events": 7}}) + b"\0\0\0\2no",
        hello + wire.packed({"note": "told", "d": 7}),
    ):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(garbage)
        async with asyncio.timeout(10):
            await reader.read()  # to the end: it was hung up on
        writer.close()
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(hello + wire.packed({"ask": "no.such", "n": 1}) + wire.packed({"ask": "cancel", "n": 2, "d": {}}))
    await wire.read(reader)
    answers = [await wire.read(reader) for _ in range(2)]
    assert {a["error"]["code"] for a in answers} == {"peers"}
    writer.close()
    [answer] = await b.peers.gather("ping", {})
    assert (answer.host_id, answer.error) == (a.id, None)
