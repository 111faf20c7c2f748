"""The promise of hot swap, under load: no call is lost, none falls between two versions."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from lumosai import Agent, Host
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.messages import ToolCall
from lumosai_sdk.types.models import ModelRequest

if TYPE_CHECKING:
    from tests.host.conftest import Site

CODE = """
import asyncio

CLOSED = []

class Which:
    def __init__(self, context):
        self.open = True

    @property
    def spec(self):
        from lumosai_sdk.types.tools import ToolSpec
        return ToolSpec("swap.which")

    async def call(self, arguments, context):
        began = self.open
        await asyncio.sleep(arguments.get("seconds", 0.003))
        return ["{version}", began, self.open]

    async def aclose(self):
        self.open = False

which = Which
"""


def files(version: int) -> dict[str, str]:
    return {"code.py": CODE.replace("{version}", str(version)), "padding.py": "#" * version}


async def swaps(host: Host, site: Site, times: int) -> None:
    for version in range(2, times + 2):
        site.install("swap", f"{version}.0", files=files(version))
        await host.plugins.refresh()
        await asyncio.sleep(0.002)


async def test_two_thousand_calls_while_versions_are_swapped(site: Site, lumos_host: OpenHost) -> None:
    site.install("swap", "1.0", files=files(1))
    async with lumos_host() as host:
        swapping = asyncio.create_task(swaps(host, site, 12))

        async def caller() -> list[Any]:
            answers = [await host.call_tool("swap.which", {}) for _ in range(50)]
            while not swapping.done() and len(answers) < 2000:  # however slow the machine swaps
                answers.append(await host.call_tool("swap.which", {}))
            return answers

        callers = await asyncio.gather(*(caller() for _ in range(50)))
        await swapping
        answers = [a for c in callers for a in c]
        assert len(answers) >= 2500
        assert all(began and ended for _, began, ended in answers), "a call ran in a closed version"
        for one in callers:
            versions = [int(v) for v, _, _ in one]
            assert versions == sorted(versions), "a later call got an earlier version"
        assert len({v for v, _, _ in answers}) > 1
        assert (await host.call_tool("swap.which", {}))[0] == "13"
        assert host.plugins.get("swap").failures == 0


async def test_a_call_begun_before_a_swap_ends_on_the_version_it_began_with(site: Site, lumos_host: OpenHost) -> None:
    site.install("swap", "1.0", files=files(1))
    async with lumos_host() as host:
        await host.call_tool("swap.which", {})
        slow = [asyncio.create_task(host.call_tool("swap.which", {"seconds": 0.05})) for _ in range(100)]
        await asyncio.sleep(0)
        site.install("swap", "2.0", files=files(2))
        await host.plugins.refresh()
        assert (await host.call_tool("swap.which", {}))[0] == "2"
        assert {tuple(a) for a in await asyncio.gather(*slow)} == {("1", True, True)}


async def test_runs_under_way_see_the_new_version_at_their_next_call(
    site: Site, lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    site.install("swap", "1.0", files=files(1))

    async def three_calls(request: ModelRequest) -> Any:
        results = [m.text for m in request.messages if m.role == "tool"]
        await asyncio.sleep(0.001)
        return ToolCall(f"c{len(results)}", "swap_which", "{}") if len(results) < 3 else " ".join(results)

    scripted_model.script(three_calls)
    async with lumos_host(agents=[Agent("a", model="test/any", tools=["swap.*"])]) as host:
        swapping = asyncio.create_task(swaps(host, site, 8))
        results = await asyncio.gather(*(host.run("a", str(i)) for i in range(200)))
        await swapping
        assert {r.status for r in results} == {"completed"}
        for result in results:
            tools = [m.text for m in result.messages if m.role == "tool"]
            assert len(tools) == 3
            assert all("true,true" in t for t in tools)


async def test_a_broken_version_in_the_middle_costs_no_call(site: Site, lumos_host: OpenHost) -> None:
    site.install("swap", "1.0", files=files(1))
    async with lumos_host() as host:
        await host.call_tool("swap.which", {})

        async def break_and_mend() -> None:
            for version in range(2, 8):
                site.install("swap", f"{version}.0", files=files(version), api=">=9" if version % 2 else ">=1.0")
                await host.plugins.refresh()
                await host.call_tool("swap.which", {})

        breaking = asyncio.create_task(break_and_mend())

        async def caller() -> list[Any]:
            return [await host.call_tool("swap.which", {}) for _ in range(25)]

        answers = [a for c in await asyncio.gather(*(caller() for _ in range(20))) for a in c]
        await breaking
        assert len(answers) == 500
        assert {v for v, _, _ in answers} <= {"1", "2", "4", "6"}


async def test_swaps_leave_nothing_behind(site: Site, lumos_host: OpenHost) -> None:
    site.install("swap", "1.0", files=files(1))
    async with lumos_host() as host:
        await host.call_tool("swap.which", {})
        before = set(sys.modules)
        await swaps(host, site, 5)
        await host.call_tool("swap.which", {})
        await asyncio.sleep(0.01)
        assert set(sys.modules) == before
        assert not host.plugins._retiring
