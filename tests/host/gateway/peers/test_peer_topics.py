"""What is told to all is told to those who follow over another process; where nobody does, nothing is sent."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from tests.host.gateway.peers.conftest import Pair, World, until
from tests.host.gateway.wsclient import connected

from lumosai.gateway.peers import bounds
from lumosai_sdk.types.events import HostWarning, PluginFailed

if TYPE_CHECKING:
    import pytest


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


async def test_a_connection_that_breaks_is_made_anew_and_the_gap_is_told(pair: Pair) -> None:
    a, b = pair
    async with connected(b.url) as client:
        await client.ask("subscribe", "subscribed", topic="system.*")
        a.host.bus.publish(HostWarning(at=1.0, detail="1"))
        last = (await client.next("event"))["id"]
        b.peers._links[a.id].drop()
        assert (await client.next("event", "gap")) == {"type": "gap", "topic": "system.*", "after": last}
        await until(lambda: not a.peers.topics._wants)
        await until(lambda: a.peers.topics._wants)
        a.host.bus.publish(HostWarning(at=1.0, detail="2"))
        assert (await client.next("event"))["event"]["detail"] == "2"


async def test_a_sibling_that_stops_in_order_leaves_no_gap(world: World) -> None:
    b = await world.start("b")
    async with AsyncExitStack() as stack, connected(b.url) as client:
        await client.ask("subscribe", "subscribed", topic="system.*")
        a = await world.start("a", stack)
        await until(lambda: a.peers.topics._wants)
        a.host.bus.publish(HostWarning(at=1.0, detail="last words"))
        await stack.aclose()
        kinds: list[object] = []
        while "last words" not in str(kinds):
            kinds.append(await client.next("event", "gap"))
        await until(lambda: not b.peers.topics._told)
        assert (await client.ask("ping", "pong", "gap"))["type"] == "pong"
