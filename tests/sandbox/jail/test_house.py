"""All plugins together have so many workers and no more."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.sandbox.jail.conftest import LIMITS, Start
from tests.sandbox.jail.jails import tenant, until
from tests.sandbox.jail.test_jailed import say

from lumosai_sandbox.jail import house
from lumosai_sandbox.jail.client import Jailed
from lumosai_sdk.errors import PluginUnavailableError
from lumosai_sdk.types.caller import Caller


@pytest.fixture
async def two() -> None:
    """Let all plugins have two workers."""
    house._houses[asyncio.get_running_loop()] = house.House(2)


def workers(*plugins: Jailed) -> list[int]:
    return [len(p._seats.links) for p in plugins]


@pytest.mark.usefixtures("two")
async def test_the_worker_that_is_idle_longest_gives_way_whosever_it_is(jail: Start) -> None:
    a, b, c = jail(), jail(), jail()
    for plugin in (a, b, a):
        await say(plugin, "yes")
    assert workers(a, b, c) == [1, 1, 0]
    assert await say(c, "yes") == "yes"
    assert workers(a, b, c) == [1, 0, 1]
    assert await say(b, "yes") == "yes", "and comes back when it is called"
    assert workers(a, b, c) == [0, 1, 1]


@pytest.mark.usefixtures("two")
async def test_a_call_waits_for_a_worker_of_another_plugin_but_not_for_ever(jail: Start) -> None:
    free = asyncio.Event()

    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        await free.wait()
        return "null"

    busy, other = jail(replace(LIMITS, wall=5.0), host=host), jail()
    held = [asyncio.create_task(say(busy, "k", tenant(t))) for t in ("x", "y")]
    await until(lambda: busy.metrics()["host_calls"] == 2)
    hasty = jail(replace(LIMITS, wall=0.05))
    with pytest.raises(PluginUnavailableError, match="busy"):
        await say(hasty, "yes")
    waiting = asyncio.create_task(say(other, "yes"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    free.set()
    assert await waiting == "yes"
    await asyncio.gather(*held)
    assert sum(workers(busy, other, hasty)) <= 2


@pytest.mark.usefixtures("two")
async def test_workers_that_end_leave_their_place(jail: Start) -> None:
    for _ in range(3):
        plugins = [jail(), jail()]
        for plugin in plugins:
            assert await say(plugin, "yes") == "yes"
        for plugin in plugins:
            await plugin.aclose()
