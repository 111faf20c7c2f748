# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from lumosai import Agent
from lumosai.events import stream as stream_module
from lumosai.events.bus import EventBus
from lumosai.events.stream import EventStream
from lumosai_sdk import Event, ToolCall
from lumosai_sdk.errors import ModelError, NotFoundError
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.events import HostWarning, ModelDelta, RunStarted

if TYPE_CHECKING:
    from tests.host.conftest import Site


async def echo(x: str) -> str:
    return f"<{x}>"


AGENT = Agent("a", model="test/m", tools=[echo])
CALL = ToolCall("c1", "echo", '{"x": "in"}')


async def test_a_run_as_events(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script([CALL, "one two three"])
    async with lumos_host(agents=[AGENT]) as host:
        events = [e async for e in host.stream("a", "go", thread="t")]
        assert [e.type for e in events] == [
            "run.started",
            "model.started",
            "model.completed",
            "tool.call",
            "tool.result",
            "model.started",
            "model.delta",
            "model.delta",
            "model.delta",
            "model.completed",
            "run.completed",
        ]
        assert [e.seq for e in events] == list(range(1, 12))
        assert len({e.run_id for e in events}) == 1
        assert "".join(e.text for e in events if isinstance(e, ModelDelta)) == "one two three"
        shown = [e.to_json() for e in events]
        assert json.loads(json.dumps(shown)) == shown
        assert shown[0]["input"] == "go"
        assert (shown[3]["tool"], shown[3]["arguments"]) == ("echo", '{"x": "in"}')
        assert (shown[4]["content"], shown[4]["error"]) == ("<in>", False)
        assert (shown[-1]["text"], shown[-1]["steps"]) == ("one two three", 2)


async def test_pieces_of_text_go_to_followers_only(
    site: Site, lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    code = (
        "from lumosai_sdk import hookimpl\nSEEN = []\n@hookimpl\ndef lumos_on_event(event): SEEN.append(event.type)\n"
    )
    site.install("watch", head='hooks = ["lumos_on_event"]\n', manifest="", files={"hooks.py": code})
    scripted_model.script("a b c d")
    async with lumos_host(agents=[AGENT]) as host:
        everything: list[str] = []
        host.bus.listen(lambda e: everything.append(e.type))
        streamed = [e.type async for e in host.stream("a", "go")]
        hooks = host.plugins.hooks._manager.get_plugin("watch").SEEN
        assert streamed.count("model.delta") == 4
        for others in (everything, hooks):
            assert "model.delta" not in others
            assert [t for t in streamed if t != "model.delta"] == [t for t in others if t.startswith(("run", "model"))]
        run_id = scripted_model.requests and (await host.storage.list_runs(_all()))[0].id
        assert "model.delta" not in [e["type"] for e in await host.storage.events(run_id)]


def _all() -> Any:
    from lumosai_sdk.types.storage import RunFilter

    return RunFilter()


async def test_followers_of_one_run_see_no_other(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(lambda request: request.messages[-1].text)
    async with lumos_host(agents=[AGENT]) as host:

        async def run(text: str) -> list[Event]:
            return [e async for e in host.stream("a", text)]

        for text, events in zip("abc", await asyncio.gather(*map(run, "abc")), strict=True):
            assert len({e.run_id for e in events}) == 1
            assert events[-1].to_json()["text"] == text


async def test_a_failure_is_an_event_and_no_exception(
    lumos_host: OpenHost, scripted_model: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    import gc

    scripted_model.script(ModelError("down", hint="start it"))
    async with lumos_host(agents=[AGENT]) as host:
        events = [e async for e in host.stream("a", "go")]
        assert events[-1].to_json()["error"] == {"code": "model_error", "message": "down", "hint": "start it"}
        with pytest.raises(NotFoundError):
            [e async for e in host.stream("nobody", "go")]
        gc.collect()
        await asyncio.sleep(0)
    assert "never retrieved" not in caplog.text


# --- the bus and its streams


def delta(n: int, text: str = "x") -> ModelDelta:
    return ModelDelta("r", n, 0.0, text)


async def drain(stream: EventStream) -> list[Event]:
    stream.close()
    return [e async for e in stream]


async def test_a_follower_that_falls_behind_loses_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = EventBus()
    with bus.follow("r") as stream:
        for n in range(10_000):
            bus.publish(delta(n, f"{n} "))
        assert len(stream._events) == stream_module.COALESCE_AT
        events = await drain(stream)
        assert "".join(e.text for e in events if isinstance(e, ModelDelta)) == "".join(f"{n} " for n in range(10_000))


async def test_a_follower_that_stays_behind_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "DROP_AT", 10)
    bus = EventBus()
    slow, quick = bus.follow("r"), EventStream()
    quick.on_close(bus.listen(quick.push, "r"))
    got: list[Event] = []
    for n in range(50):
        bus.publish(RunStarted("r", n))
        got += list(quick._events)
        quick._events.clear()
    assert [e.seq for e in got] == list(range(50))
    assert [e.seq for e in await drain(slow)] == list(range(10))
    assert bus.follows("r")
    quick.close()
    assert not bus.follows("r")


async def test_a_listener_may_stop_in_the_middle_of_an_event() -> None:
    bus = EventBus()
    got: list[str] = []

    stops: list[Callable[[], None]] = []

    def once(event: Event) -> None:
        got.append("once")
        for stop in stops:
            stop()

    for run_id in (None, "r"):
        stops.append(bus.listen(once, run_id))
        bus.listen(lambda e: got.append("always"), run_id)
    bus.publish(HostWarning("r"))
    bus.publish(HostWarning("r"))
    assert got.count("always") == 4
    assert got.count("once") == 1


async def test_a_stream_ends_when_closed_and_takes_no_more() -> None:
    bus = EventBus()
    stream = bus.follow()
    bus.publish(HostWarning(detail="one"))
    stream.close()
    stream.close()
    bus.publish(HostWarning(detail="two"))
    stream.push(HostWarning(detail="three"))
    assert [e.detail for e in [e async for e in stream] if isinstance(e, HostWarning)] == ["one"]


async def test_a_waiting_follower_is_woken() -> None:
    bus = EventBus()
    with bus.follow() as stream:

        async def read() -> Event:
            return await anext(aiter(stream))

        reading = asyncio.create_task(read())
        await asyncio.sleep(0)
        bus.warn("wake up")
        event = await reading
        assert isinstance(event, HostWarning)
        assert event.detail == "wake up"
        assert event.at > 1_700_000_000
