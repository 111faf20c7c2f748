"""Two hosts with the same data, each behind its own socket: what one runs is followed and stopped over the other."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import pytest
from tests.host.gateway.peers.conftest import Pair, World, reached, until
from tests.host.gateway.wsclient import connected

from lumosai.events.bus import EventBus
from lumosai.gateway.peers import bounds
from lumosai.gateway.peers.connection import Connection
from lumosai.gateway.peers.errors import SilentError
from lumosai.gateway.peers.peers import Peers
from lumosai.gateway.peers.run_feed import RunFeed
from lumosai_sdk.errors import NotFoundError
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.events import ModelDelta


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
        await a.host.storage.flush()
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
        await a.host.storage.flush()
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


async def test_a_run_is_cancelled_over_the_websocket_of_a_sibling(pair: Pair) -> None:
    a, b = pair
    async with AsyncExitStack() as stack:
        run_id, lines = await a.begin(stack)
        a.words.go_on(1)
        await reached(lines, "model.delta")
        client = await stack.enter_async_context(connected(b.url))
        await client.ask("subscribe", "subscribed", topic=f"run.{run_id}")
        assert (await client.ask("cancel", "cancelling", run_id=run_id))["type"] == "cancelling"
        assert (await client.until("run.cancelled"))[0]["type"] == "run.started"
        assert (await client.next("unsubscribed"))["status"] == "cancelled"


async def test_a_response_in_the_background_is_cancelled_over_a_sibling(pair: Pair) -> None:
    a, b = pair
    asked = {"model": "words", "input": "go", "background": True}
    made = (await a.client.post("/v1/responses", json=asked)).json()
    assert made["status"] == "in_progress"
    cancelled = await b.client.post(f"/v1/responses/{made['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    await asyncio.wait_for(a.words.stopped.wait(), 10)


async def test_a_stranger_learns_nothing_of_a_siblings_run_and_cannot_stop_it(pair: Pair) -> None:
    a, b = pair
    stranger = Principal("stranger", scopes=frozenset({"run.read", "run.cancel"}))
    async with AsyncExitStack() as stack:
        run_id, lines = await a.begin(stack)
        await reached(lines, "model.started")
        for _ in range(2):  # before the record is there, and after
            for refused in (b.peers.runs.get(run_id, stranger), b.peers.runs.cancel(run_id, stranger)):
                with pytest.raises(NotFoundError):
                    await refused
            await a.host.storage.flush()
        # Nor does the owner believe a sibling that did not look.
        with pytest.raises(NotFoundError):
            await b.peers.ask(a.id, "cancel", {"run": run_id, "by": stranger.to_json()})
        with pytest.raises(NotFoundError):
            await b.peers.runs.get("run_that_is_not")
        a.words.go_on()
        await reached(lines, "run.completed")


async def test_an_event_that_no_frame_holds_is_left_to_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    monkeypatch.setattr(Connection, "send", lambda _, frame: sent.append(frame))
    bus, idle = EventBus(), list[str]()
    feed = RunFeed(bus, "r", idle.append)
    feed.add(Connection.__new__(Connection))
    bus.publish(ModelDelta("r", 1, 1.0, "small"))
    bus.publish(ModelDelta("r", 2, 1.0, "x" * bounds.FRAME_BYTES))
    bus.publish(ModelDelta("r", 3, 1.0, "small"))
    await asyncio.sleep(0.01)
    assert [b'"seq":1' in f for f in sent] == [True, False]
    assert b'"why":"lost"' in sent[-1]
    assert idle == ["r"]
    assert not bus.follows("r")
