"""``/v1/ws`` over a socket: runs started and followed, topics, coming back, decisions, the end."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
from tests.host.gateway.conftest import listening
from tests.host.gateway.test_streams import Drip, dripping
from tests.host.gateway.wsclient import connected

from lumosai import Agent
from lumosai.gateway.ws import bounds, broadcast
from lumosai.gateway.ws.frames import CLIENT, SERVER
from lumosai_sdk.types.events import HostWarning, PluginFailed
from lumosai_sdk.types.storage import RunFilter, RunRecord

if TYPE_CHECKING:
    import pytest

Open = Callable[..., Any]
WAITS = Agent("waits", model="scripted/tool", tools=["calculator.*"], approve=["*"])


async def test_a_run_is_started_and_followed_to_its_end(served: Open) -> None:
    async with served() as s, connected(s.url) as c:
        started = await c.ask("run", "started", id="a", agent="echo", input="one two three")
        assert started["id"] == "a"
        assert started["topic"] == f"run.{started['run_id']}"
        events = await c.until("run.completed")
        assert [e["type"] for e in events][:3] == ["run.started", "model.started", "model.delta"]
        assert "".join(e["text"] for e in events if e["type"] == "model.delta") == "one two three"
        assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
        ids = [(f["topic"], f["id"]) for f in c.seen if f["type"] == "event"]
        assert ids == [(started["topic"], str(e["seq"])) for e in events]
        ended = await c.next("unsubscribed")
        assert (ended["reason"], ended["status"]) == ("ended", "completed")
        assert (await s.host.runs.get(started["run_id"])).status == "completed"


async def test_many_runs_share_a_connection(served: Open) -> None:
    async with served() as s, connected(s.url) as c:
        for n in range(20):
            await c.send("run", id=n, agent="echo", input=f"word{n} and more")
        while sum(f["type"] == "unsubscribed" for f in c.seen) < 20:
            await c.next()
        topics = {f["topic"]: f["id"] for f in c.seen if f["type"] == "started"}
        texts = {f["topic"]: f["event"]["text"] for f in c.seen if f.get("event", {}).get("type") == "run.completed"}
        assert {topics[t]: text for t, text in texts.items()} == {n: f"word{n} and more" for n in range(20)}


async def test_frames_come_in_batches_for_who_asks(served: Open) -> None:
    async with served() as s, connected(s.url, welcome=False, query="?batch=true") as c:
        frames: list[Any] = []
        await c.send("run", agent="echo", input="a b c")
        while not frames or frames[-1]["type"] != "unsubscribed":
            frames += await c.socket.receive_json()
        assert [f["type"] for f in frames[:2]] == ["welcome", "started"]


async def test_what_cannot_start_is_a_problem_with_the_frames_id(served: Open) -> None:
    async with served(Agent("broken", tools=["no.such"])) as s, connected(s.url) as c:
        for ref, agent in enumerate(("nobody", "broken")):
            found = await c.ask("run", id=ref, agent=agent, input="x")
            assert (found["id"], found["problem"]["status"], found["problem"]["code"]) == (ref, 404, "not_found")
            assert found["problem"]["type"] == "urn:lumosai:problem:not_found"
        assert (await c.ask("subscribe", "subscribed", topic="runs"))["type"] == "subscribed"


async def test_a_finished_run_is_replayed_from_where_the_client_was(served: Open) -> None:
    async with served() as s, connected(s.url) as c:
        run_id = (await s.run("one two")).json()["run_id"]
        recorded = (await s.client.get(f"/v1/runs/{run_id}/events")).json()["data"]
        for after in (None, "0", "2", str(recorded[-1]["seq"])):
            c.seen.clear()
            await c.send("subscribe", topic=f"run.{run_id}", **({"after": after} if after else {}))
            assert (await c.next("unsubscribed"))["status"] == "completed"
            told = [f["event"] for f in c.seen if f["type"] == "event"]
            assert told == [e for e in recorded if e["seq"] > int(after or 0)]


async def test_whoever_comes_in_the_middle_gets_all_that_is_not_text_once_and_in_order(served: Open) -> None:
    async with served() as s, connected(s.url) as c, connected(s.url) as late:
        drip = Drip(words=3)
        drip.go_on.clear()
        dripping(s, drip)
        run_id = (await c.ask("run", "started", agent="drip", input="x"))["run_id"]
        await drip.started.wait()
        # Nothing of the step that is under way is in the record yet.
        await late.send("subscribe", topic=f"run.{run_id}")
        await late.next("event")
        sse = asyncio.create_task(s.stream(f"/v1/runs/{run_id}/events", method="GET", accept="text/event-stream"))
        await asyncio.sleep(0.2)
        drip.go_on.set()
        events = await late.until("run.completed")
        recorded = (await s.client.get(f"/v1/runs/{run_id}/events")).json()["data"]
        assert [e for e in events if e["type"] != "model.delta"] == recorded
        assert [int(f["id"]) for f in await sse if f["event"] != "model.delta"] == [e["seq"] for e in recorded]


async def test_the_end_of_a_connection_cancels_its_runs_but_those_that_are_kept(served: Open) -> None:
    async with served() as s:
        drip = Drip()
        dripping(s, drip)
        async with connected(s.url) as c:
            await c.send("run", agent="drip", input="x")
            await drip.started.wait()
        await asyncio.wait_for(drip.stopped.wait(), 10)
        await s.idle()
        drip.words = 2
        drip.go_on.clear()
        drip.started.clear()
        async with connected(s.url) as c:
            run_id = (await c.ask("run", "started", agent="drip", input="x", keep=True))["run_id"]
            await drip.started.wait()
        await asyncio.sleep(0.1)
        drip.go_on.set()
        async with connected(s.url) as c:
            await c.send("subscribe", topic=f"run.{run_id}")
            assert (await c.until("run.completed"))[0]["type"] == "run.started"
        assert [r.status for r in await s.host.storage.list_runs(RunFilter(agent="drip"))] == ["completed", "cancelled"]


async def test_a_run_is_cancelled(served: Open) -> None:
    async with served() as s, connected(s.url) as c:
        drip = Drip()
        dripping(s, drip)
        run_id = (await c.ask("run", "started", agent="drip", input="x"))["run_id"]
        await drip.started.wait()
        assert (await c.ask("cancel", "cancelling", id=7, run_id=run_id))["id"] == 7
        assert (await c.next("unsubscribed"))["status"] == "cancelled"
        assert await c.refused("cancel", run_id=run_id) == (409, "conflict")


async def test_a_person_approves_and_declines(served: Open) -> None:
    async with served(WAITS) as s, connected(s.url) as c:
        for approve, said in ((True, "2"), (False, "too dear")):
            c.seen.clear()
            run_id = (await c.ask("run", "started", agent="waits", input="1+1"))["run_id"]
            pending = (await c.until("run.suspended"))[-1]["pending"]
            decision = {"approve": approve, "reason": "" if approve else said}
            decisions = {pending[0]["call_id"]: decision}
            assert (await c.ask("decide", "started", run_id=run_id, decisions=decisions))["run_id"] == run_id
            events = await c.until("run.completed")
            # Over the same subscription: it outlives the wait.
            assert [e["type"] for e in events if e["type"].startswith("run.")] == [
                "run.started",
                "run.suspended",
                "run.resumed",
                "run.completed",
            ]
            record = await s.host.runs.get(run_id)
            assert any(said in m.text for m in record.messages if m.role == "tool")
            await c.next("unsubscribed")
            assert await c.refused("decide", run_id=run_id, decisions=decisions) == (409, "conflict")


async def test_a_run_of_another_process_is_followed_by_its_record(served: Open) -> None:
    async with served() as s, connected(s.url) as c:
        left = RunRecord("run_left", "echo", "running", host="elsewhere:1:1")
        await s.host.storage.put_run(left)
        events = [{"type": "run.started", "run_id": "run_left", "seq": n, "at": 0.0} for n in (1, 2)]
        await s.host.storage.append_events("run_left", events[:1])
        await c.send("subscribe", topic="run.run_left")
        assert (await c.next("event"))["id"] == "1"
        await s.host.storage.append_events("run_left", events[1:])
        await s.host.storage.put_run(replace(left, status="interrupted"))
        assert (await c.next("event"))["id"] == "2"
        assert (await c.next("unsubscribed"))["status"] == "interrupted"


async def test_topics_of_the_host(served: Open) -> None:
    async with served() as s, connected(s.url) as c:
        for topic in ("runs", "plugin.*", "plugin.moon", "system.*"):
            await c.ask("subscribe", "subscribed", topic=topic)
        await s.run("secret words")
        s.host.bus.publish(PluginFailed(at=1.0, plugin="moon", version="1", detail="gone"))
        s.host.bus.publish(PluginFailed(at=1.0, plugin="sun", version="1", detail="gone"))
        s.host.bus.publish(HostWarning(at=1.0, detail="warm"))
        frames = [await c.next("event") for _ in range(6)]
        assert [(f["topic"], f["event"]["type"]) for f in frames] == [
            ("runs", "run.started"),
            ("runs", "run.completed"),
            ("plugin.*", "plugin.failed"),
            ("plugin.moon", "plugin.failed"),
            ("plugin.*", "plugin.failed"),
            ("system.*", "system.warning"),
        ]
        assert "secret words" not in str(frames)
        await c.ask("unsubscribe", "unsubscribed", topic="system.*")
        s.host.bus.publish(HostWarning(at=1.0, detail="hot"))
        assert (await c.ask("ping", "pong", id=1)) == {"type": "pong", "id": 1}
        assert await c.refused("unsubscribe", topic="system.*") == (404, "not_found")
        for topic in ("", "run.", "every", "plugin.../x", "audit.*"):
            assert (await c.refused("subscribe", topic=topic))[0] == 422
        assert await c.refused("subscribe", topic="runs") == (409, "conflict")


async def test_who_comes_back_to_a_topic_misses_nothing_or_is_told(
    served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served() as s:
        async with connected(s.url) as c:
            await c.ask("subscribe", "subscribed", topic="system.*")
            s.host.bus.publish(HostWarning(at=1.0, detail="0"))
            last = (await c.next("event"))["id"]
        for n in range(1, 4):
            s.host.bus.publish(HostWarning(at=1.0, detail=str(n)))
        async with connected(s.url) as c:
            await c.send("subscribe", topic="system.*", after=last)
            assert [(await c.next("event", "gap"))["event"]["detail"] for _ in range(3)] == ["1", "2", "3"]
        monkeypatch.setattr(bounds, "KEPT_EVENTS", 2)
        s.host.bus.publish(HostWarning(at=1.0, detail="4"))
        for after in (last, "00000000.1"):
            async with connected(s.url) as c:
                await c.send("subscribe", topic="system.*", after=after)
                assert (await c.next("event", "gap")) == {"type": "gap", "topic": "system.*", "after": after}
                assert [(await c.next("event"))["event"]["detail"] for _ in range(2)] == ["3", "4"]
    assert len(broadcast.LIFE) == 6


async def test_quiet_connections_are_pinged_and_idle_ones_closed(served: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "SWEEP", 0.02)
    monkeypatch.setattr(bounds, "QUIET", 0.1)
    async with served() as s, connected(s.url) as c:
        assert "at" in await c.next("ping")
        await c.ask("subscribe", "subscribed", topic="runs")
        monkeypatch.setattr(bounds, "IDLE", 0.1)
        await asyncio.sleep(0.3)
        await c.ask("unsubscribe", "unsubscribed", topic="runs")
        assert await c.closed() == 1000


async def test_a_peer_that_answers_no_ping_is_cut(served: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PING_SECONDS", 0.2)
    async with served() as s, connected(s.url, autoping=False) as c:
        await c.send("run", agent="echo", input="x")
        message = await c.socket.receive()
        while message.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.PING}:
            message = await c.socket.receive()
        assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        await asyncio.sleep(0.1)


async def test_a_stop_lets_runs_finish_and_tells_where_to_go_on(lumos_host: Any) -> None:
    from tests.host.gateway.conftest import ECHO, Service

    async with lumos_host(agents=[ECHO], server={"port": 0}) as host:
        drip = Drip(words=3)
        drip.go_on.clear()
        dripping(Service(host, None, ""), drip)  # type: ignore[arg-type]
        opened = listening(host)
        url = await opened.__aenter__()
        async with connected(url) as c, connected(url) as other:
            run_id = (await c.ask("run", "started", agent="drip", input="x"))["run_id"]
            await other.ask("subscribe", "subscribed", topic="runs")
            await drip.started.wait()
            stopping = asyncio.create_task(opened.__aexit__(None, None, None))
            gone = await other.next("draining")
            assert list(gone["resume"]) == ["runs"]
            assert await other.closed() == 1012
            assert await c.refused("run", agent="echo", input="x") == (503, "stopping")
            drip.go_on.set()
            events = await c.until("run.completed")
            assert events[0]["run_id"] == run_id
            assert (await c.next("draining"))["type"] == "draining"
            assert await c.closed() == 1012
        await stopping


async def test_every_frame_has_an_example_that_is_one(served: Open) -> None:
    for kind, sent in CLIENT.items():
        assert sent.model_validate(sent.example).model_dump()["type"] == kind
    for kind, frame in SERVER.items():
        assert frame.model_validate(frame.example).model_dump()["type"] == kind
    async with served(WAITS) as s, connected(s.url) as c:
        await c.ask("nonsense")
        await c.ask("ping", "pong")
        await c.send("subscribe", topic="runs", after="00000000.1")
        run_id = (await c.ask("run", "started", agent="waits", input="1+1"))["run_id"]
        await c.until("run.suspended")
        await c.ask("cancel", "cancelling", run_id=run_id)
        for seen in c.seen:
            SERVER[seen["type"]].model_validate(seen, extra="ignore" if seen["type"] == "event" else "forbid")
        kinds = {f["type"] for f in c.seen}
        assert kinds == set(SERVER) - {"ping", "overflow", "draining"}
        told = [f["event"]["type"] for f in c.seen if f.get("topic") == "runs" and f["type"] == "event"]
        assert told == ["run.started", "run.suspended", "run.cancelled"]
