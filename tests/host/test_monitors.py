# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from lumosai import Agent
from lumosai.events import monitors
from lumosai_sdk import Event
from lumosai_sdk.testing.hosts import OpenHost, contribute
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.events import HostWarning

AGENT = Agent("a", model="test/m")


class Keeping:
    """A monitor that keeps what it is given, or fails."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.batches: list[list[Event]] = []
        self.error = error

    @property
    def types(self) -> list[str]:
        return [e.type for b in self.batches for e in b]

    async def export(self, events: Sequence[Event]) -> None:
        if self.error is not None:
            raise self.error
        self.batches.append(list(events))

    async def aclose(self) -> None: ...


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitors, "INTERVAL", 0.01)


async def test_monitors_get_everything_but_pieces_of_text_in_order(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    scripted_model.script("a b c")
    keeping = Keeping()
    async with lumos_host(agents=[AGENT]) as host:
        contribute(host, "monitor", "m", keeping)
        host.add_monitor("m")
        events = [e.type async for e in host.stream("a", "?")]
        await host.monitors.flush()
        assert [t for t in keeping.types if t.startswith(("run", "model"))] == [t for t in events if t != "model.delta"]
    assert keeping.types[-1] == "system.stopping"


@pytest.mark.parametrize("error", [ValueError("oh"), SystemExit(1), asyncio.CancelledError()])
async def test_one_that_fails_is_told_and_harms_nobody(
    lumos_host: OpenHost, scripted_model: ScriptedModel, seen: Any, error: BaseException
) -> None:
    scripted_model.script("ok")
    good, bad = Keeping(), Keeping(error)
    async with lumos_host(agents=[AGENT]) as host:
        events = seen(host)
        contribute(host, "monitor", "bad", bad)
        contribute(host, "monitor", "good", good)
        host.add_monitor("bad")
        host.add_monitor("good")
        for _ in range(7):
            assert (await host.run("a", "?")).text == "ok"
            await host.monitors.flush()
        assert good.types.count("run.completed") == 7
        failed = [e for e in events if e.type == "plugin.failed"]
        assert len(failed) >= 5
        assert "circuit opened" in str([e.detail for e in failed])


async def test_one_that_never_returns_is_given_up(
    lumos_host: OpenHost, scripted_model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stuck(Keeping):
        async def export(self, events: Sequence[Event]) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(monitors, "EXPORT_TIMEOUT", 0.02)
    good = Keeping()
    async with lumos_host() as host:
        contribute(host, "monitor", "stuck", Stuck())
        contribute(host, "monitor", "good", good)
        host.add_monitor("stuck")
        host.add_monitor("good")
        host.bus.warn("one")
        await host.monitors.flush()
        host.bus.warn("two")
        await host.monitors.flush()
        assert good.types.count("system.warning") == 2


async def test_a_monitor_that_falls_behind_is_told_what_it_lost(
    lumos_host: OpenHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitors, "BACKLOG", 100)
    monkeypatch.setattr(monitors, "BATCH", 30)
    keeping = Keeping()
    async with lumos_host() as host:
        hub = host.monitors = monitors.MonitorHub()
        contribute(host, "monitor", "m", keeping)
        hub.set_entries([host.registry.get("monitor", "m")])
        for n in range(250):
            hub.push(HostWarning(seq=n))
        await hub.flush()
        kept = [e for b in keeping.batches for e in b]
        told = [e.detail for e in kept if isinstance(e, HostWarning) and e.detail]
        assert told == ["monitors fell behind: 150 events lost"]
        assert [e.seq for e in kept if not getattr(e, "detail", "")] == list(range(150, 250))
        assert max(len(b) for b in keeping.batches) <= 31
        await hub.aclose()


async def test_a_monitor_that_is_not_there_is_warned_of(lumos_host: OpenHost, seen: Any) -> None:
    async with lumos_host(host={"monitors": ["none.such"]}) as host:
        events = seen(host)
        await host.plugins.refresh()
        assert "[host] monitors: there is no monitor 'none.such' now" in [getattr(e, "detail", "") for e in events]


async def test_without_monitors_nothing_piles_up(lumos_host: OpenHost) -> None:
    async with lumos_host() as host:
        for _ in range(100):
            host.bus.warn("x")
        assert len(host.monitors._backlog) == 0
