"""The plugin in a host, found by its entry point like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumosai_sdk import InputError, PluginContext, ToolError
from lumosai_sdk.types.events import RunCompleted

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost


async def test_it_is_found_and_answers(lumos_host: OpenHost) -> None:
    async with lumos_host() as host:
        plugin = host.plugins.get("moon").to_json()
        assert (plugin["state"], plugin["built_in"]) == ("enabled", False)
        assert (await host.call_tool("moon.phase", {"date": "2026-11-24"}))["phase"] == "Full moon"
        with pytest.raises(ToolError, match="YYYY-MM-DD"):
            await host.call_tool("moon.phase", {"date": "soon"})
        with pytest.raises(InputError, match="do not fit"):
            await host.call_tool("moon.phase", {"dat": "soon"})


async def test_its_hook_hears_of_runs_and_its_panel_shows_them(lumos_host: OpenHost) -> None:
    async with lumos_host() as host:
        panel = host.registry.get("panel", "moon.tonight").obj
        before = [b.value for b in (await panel.view(PluginContext("moon"))).blocks if b.kind == "metric"]
        host.bus.publish(RunCompleted(run_id="r"))
        after = [b.value for b in (await panel.view(PluginContext("moon"))).blocks if b.kind == "metric"]
    assert after == [before[0] + 1]


async def test_the_owners_settings_reach_it(lumos_host: OpenHost) -> None:
    async with lumos_host(plugins={"moon": {"settings": {"longest_answer": 3}}}) as host:
        gentle = host.registry.get("processor", "moon.gentle").obj
        assert gentle.phases == {"output"}
        assert await gentle.process("output", "abc", host) == "abc"


async def test_without_third_party_plugins_it_is_not_there(lumos_host: OpenHost) -> None:
    async with lumos_host(safe_mode=True) as host:
        assert host.registry.find("tool", "moon.phase") is None
