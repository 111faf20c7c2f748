"""What every monitor must do, wherever it sends what it is told."""

# ruff: noqa: S101 - the class is a test
from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

import pytest

from lumosai_sdk.kinds.monitor import Monitor
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.models import Usage
from lumosai_sdk.types.runs import Pending

AT = 1_800_000_000.0
HOSTILE = "\x1b[2J\x1b]0;owned\x07\r\nlevel=info forged=\x00 \u202e\u2028 \ud83e {} %s ${jndi:x} " + "🦊" * 100
_VALUES: dict[str, Any] = {
    "agent": "assistant",
    "thread_id": "t1",
    "input": "what is 2 + 2?",
    "text": "4",
    "usage": Usage(10, 5, 2, 0.001),
    "steps": 2,
    "duration": 0.25,
    "error": {"code": "model_error", "message": "down", "hint": "start it"},
    "pending": (Pending("c1", "files.delete", {"path": "a"}, "question", "sure?"),),
    "model": "scripted/echo",
    "step": 1,
    "attempt": 1,
    "delay": 0.5,
    "to": "scripted/other",
    "call_id": "c1",
    "tool": "calculator.evaluate",
    "arguments": '{"expression": "2+2"}',
    "content": "4",
    "plugin": "weather",
    "version": "1.2.3",
    "detail": "raised ValueError",
    "plugins": 3,
}


def classes(root: type[ev.Event] = ev.Event) -> Iterator[type[ev.Event]]:
    """Yield every class of event there is but ``model.delta``, which monitors do not get."""
    for cls in root.__subclasses__():
        if cls is not ev.ModelDelta and cls.__module__ == ev.__name__:
            yield cls
            yield from classes(cls)


def sample(cls: type[ev.Event], run_id: str = "run-1", seq: int = 1) -> ev.Event:
    """Return an event of that class with something in every field."""
    values = {f.name: _VALUES[f.name] for f in fields(cls) if f.name in _VALUES}
    if cls is ev.ToolReturned:
        values["error"] = True
    of_run = not cls.type.startswith(("plugin.", "system."))
    return cls(run_id=run_id if of_run else "", seq=seq if of_run else 0, at=AT + seq, **values)


def story(run_id: str, agent: str = "assistant") -> list[ev.Event]:
    """Return the events of a run that calls a tool and answers, as the host sends them."""
    first, second = Usage(10, 5, 2, 0.001), Usage(20, 7)
    told: list[ev.Event] = [
        ev.RunStarted(agent=agent, thread_id="t1", input="what is 2 + 2?"),
        ev.ModelStarted(model="scripted/echo", step=1),
        ev.ModelCompleted(
            model="scripted/echo", step=1, tool_calls=1, finish_reason="tool_calls", usage=first, duration=0.9
        ),
        ev.ToolCalled(call_id="c1", tool="calculator.evaluate", arguments='{"expression": "2+2"}'),
        ev.ToolReturned(call_id="c1", tool="calculator.evaluate", content="4", duration=0.9),
        ev.ModelStarted(model="scripted/echo", step=2),
        ev.ModelCompleted(model="scripted/echo", step=2, text="4", usage=second, duration=0.9),
        ev.RunCompleted(agent=agent, text="4", usage=first + second, steps=2, duration=7.0),
    ]
    return [replace(e, run_id=run_id, seq=i + 1, at=AT + i) for i, e in enumerate(told)]


def hostile(event: ev.Event) -> ev.Event:
    """Return an event with hostile text in every field that is text."""
    changes: dict[str, Any] = {f.name: HOSTILE for f in fields(event) if isinstance(getattr(event, f.name), str)}
    if isinstance(getattr(event, "error", None), Mapping):
        changes["error"] = {"code": HOSTILE, "message": HOSTILE}
    return replace(event, **changes)


class MonitorConformance:
    """Subclass it and override ``monitor``; what it makes of the events is for its own tests to check.

    A check the implementation cannot pass may be marked xfail with a reason, not overridden.
    """

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def monitor(self) -> Any:
        """The monitor under test. Override it; it may be an async fixture that closes the monitor."""
        raise NotImplementedError

    async def test_is_a_monitor(self, monitor: Any) -> None:
        """It has the methods of the kind."""
        assert isinstance(monitor, Monitor)

    async def test_takes_a_run(self, monitor: Monitor) -> None:
        """It takes the events of a run in one batch, and in many."""
        await monitor.export(story("run-1"))
        for event in story("run-2"):
            await monitor.export([event])

    async def test_takes_nothing(self, monitor: Monitor) -> None:
        """An empty batch is nothing."""
        await monitor.export([])

    @pytest.mark.parametrize("cls", list(classes()), ids=lambda c: c.__name__)
    async def test_takes_every_kind_of_event(self, monitor: Monitor, cls: type[ev.Event]) -> None:
        """Any event may come first, with all fields set or none: a monitor may be switched on at any time."""
        await monitor.export([sample(cls)])
        await monitor.export([cls()])

    @pytest.mark.parametrize("cls", list(classes()), ids=lambda c: c.__name__)
    async def test_takes_hostile_text(self, monitor: Monitor, cls: type[ev.Event]) -> None:
        """Text from strangers (controls, half characters, very long) is taken like any other."""
        await monitor.export([hostile(sample(cls)), replace(hostile(sample(cls)), run_id="x" * 1_000_000)])

    async def test_takes_events_of_later_versions(self, monitor: Monitor) -> None:
        """An event it has never heard of is taken, and ignored if need be."""
        await monitor.export([ev.Event("run-1", 1, AT), ev.PluginEvent(plugin="x"), *story("run-1")])

    async def test_takes_events_twice_and_out_of_order(self, monitor: Monitor) -> None:
        """Repeated and reversed events do no harm."""
        told = story("run-1")
        await monitor.export([*told, *told, *reversed(told)])

    async def test_takes_many_runs_at_once(self, monitor: Monitor) -> None:
        """The events of many runs come interleaved, and some runs never end."""
        stories = [story(f"run-{i}") for i in range(50)]
        await monitor.export([e for events in zip(*stories, strict=True) for e in events])
        for start in range(0, 3000, 500):
            await monitor.export([e for i in range(start, start + 500) for e in story(f"lost-{i}")[:3]])

    async def test_leaves_events_alone(self, monitor: Monitor) -> None:
        """Others get the same events after it."""
        events = [sample(c) for c in classes()]
        before = [e.to_json() for e in events]
        await monitor.export(events)
        assert [e.to_json() for e in events] == before

    async def test_closes_twice(self, monitor: Monitor) -> None:
        """``aclose`` may be called again, and from a run that is not over."""
        await monitor.export(story("run-1")[:3])
        await asyncio.gather(monitor.aclose())
        await monitor.aclose()
