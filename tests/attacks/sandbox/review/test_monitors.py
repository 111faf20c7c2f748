"""Who is behind what a monitor asks for: nobody in particular, whoever's request it was that brought the monitor in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from lumosai_sdk import Principal
from lumosai_sdk.testing.hosts import OpenHost, contribute
from lumosai_sdk.types.caller import NOBODY, RUN, Caller, current
from lumosai_sdk.types.events import Event, HostWarning
from lumosai_sdk.types.processors import RunInfo


class Monitor:
    def __init__(self) -> None:
        self.told = asyncio.Event()
        self.callers: list[Caller] = []

    async def export(self, _: Sequence[Event]) -> None:
        self.callers.append(current("m"))
        self.told.set()

    async def aclose(self) -> None: ...


@pytest.mark.parametrize("tenant", ["", "other"], ids=["at the start", "by a request"])
async def test_a_monitor_acts_for_nobody_whoever_brought_it_in(lumos_host: OpenHost, tenant: str) -> None:
    async with lumos_host() as host:
        monitor = Monitor()
        contribute(host, "monitor", "m", monitor)
        before = RUN.set(RunInfo(principal=Principal("x", tenant, frozenset({"admin"})))) if tenant else None
        host.monitors.set_entries(list(host.registry.entries("monitor")))
        if before is not None:
            RUN.reset(before)
        host.monitors.push(HostWarning(detail="hello"))
        async with asyncio.timeout(5):
            await monitor.told.wait()
        found = monitor.callers[0]
        assert (found.tenant, found.subject, found.scopes) == (NOBODY.tenant, NOBODY.subject, NOBODY.scopes)
