"""Plugins over HTTP: seen, switched, reloaded, and none of their calls lost meanwhile."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

Open = Callable[..., Any]
ASKING = """
description = "Knows which version it is"
[permissions]
http = ["GET https://api.example.org/*"]
[[contributes.tool]]
id = "{name}.which"
target = "{package}.code:which"
description = "Tells which version answers"
input_schema = {{ type = "object" }}
"""
HEALTHY = """
from lumosai.hookspecs import Health
from lumosai_sdk import hookimpl

@hookimpl
async def lumos_health() -> Health:
    {0}
"""


async def test_plugins_are_listed_and_one_is_told_in_full(gateway: Open, site: Any) -> None:
    site.install("which", manifest=ASKING)
    grant = {"which": {"grant": {"http": ["GET https://api.example.org/public/*"]}}}
    async with gateway(plugins=grant) as g:
        listed = {p["name"]: p for p in (await g.client.get("/v1/plugins")).json()["data"]}
        assert listed["which"]["state"] == "enabled"
        assert listed["which"]["built_in"] is False
        one = (await g.client.get("/v1/plugins/which")).json()
        assert one["contributions"]["tool"][0]["id"] == "which.which"
        assert one["permissions"]["requested"] == {"http": ["GET https://api.example.org/*"]}
        assert one["permissions"]["effective"] == {"http": ["GET https://api.example.org/public/*"]}
        assert one["health"] is None
        assert (await g.client.get("/v1/plugins/none")).status_code == 404


async def test_a_plugin_tells_its_health(gateway: Open, site: Any) -> None:
    head = 'hooks = ["lumos_health"]\n'
    for name, body in (("well", 'return Health("well", True, "fine")'), ("ill", 'raise RuntimeError("ache")')):
        site.install(name, head=head, manifest="", files={"hooks.py": HEALTHY.format(body)})
    async with gateway() as g:
        assert (await g.client.get("/v1/plugins/well")).json()["health"] == {"ok": True, "detail": "fine"}
        ill = (await g.client.get("/v1/plugins/ill")).json()["health"]
        assert ill["ok"] is False
        assert "ache" in ill["detail"]


async def test_a_plugin_is_switched_off_and_on(gateway: Open, site: Any) -> None:
    site.install("which")
    async with gateway() as g:
        off = await g.client.post("/v1/plugins/which/disable")
        assert (off.status_code, off.json()["state"]) == (200, "disabled")
        gone = await g.client.post("/v1/tools/which.which/call", json={})
        assert (gone.status_code, gone.json()["code"]) == (503, "plugin_unavailable")
        assert gone.headers["retry-after"]
        on = await g.client.post("/v1/plugins/which/enable")
        assert on.json()["state"] == "enabled"
        assert (await g.client.post("/v1/tools/which.which/call", json={})).json() == {"result": "1.0.0"}
        for action in ("enable", "disable", "reload"):
            assert (await g.client.post(f"/v1/plugins/none/{action}")).status_code == 404


async def test_a_broken_plugin_says_why_and_stays_off(gateway: Open, site: Any) -> None:
    site.install("broken", api=">=99")
    async with gateway() as g:
        assert (await g.client.get("/v1/plugins/broken")).json()["state"] == "broken"
        response = await g.client.post("/v1/plugins/broken/enable")
        assert (response.status_code, response.json()["code"]) == (502, "plugin_error")
        assert "needs SDK API" in response.json()["detail"]


async def test_installs_upgrades_and_removals_are_taken_up(gateway: Open, site: Any) -> None:
    async with gateway() as g:
        site.install("which", "1.0.0")
        assert (await g.client.post("/v1/plugins/refresh")).json()["added"] == ["which"]
        site.install("which", "2.0.0")
        assert (await g.client.post("/v1/plugins/refresh")).json()["swapped"] == ["which"]
        assert (await g.client.post("/v1/tools/which.which/call", json={})).json() == {"result": "2.0.0"}
        assert (await g.client.post("/v1/plugins/which/reload")).json()["version"] == "2.0.0"
        site.uninstall("which")
        assert (await g.client.post("/v1/plugins/refresh")).json()["removed"] == ["which"]
        assert (await g.client.get("/v1/plugins/which")).status_code == 404


async def test_the_plugin_that_holds_the_runs_stays(gateway: Open) -> None:
    async with gateway() as g:
        for action in ("disable", "reload"):
            response = await g.client.post(f"/v1/plugins/memory/{action}")
            assert (response.status_code, response.json()["code"]) == (409, "conflict")
        assert (await g.run()).status_code == 200


async def test_no_call_is_lost_while_a_plugin_is_switched_and_swapped(served: Open, site: Any) -> None:
    site.install("which")
    answers: list[int] = []
    done = asyncio.Event()

    async def load(service: Any) -> None:
        while not done.is_set():
            response = await service.client.post("/v1/tools/which.which/call", json={})
            answers.append(response.status_code)
            if response.status_code == 503:
                assert response.json()["code"] == "plugin_unavailable"

    async with served() as s:
        callers = [asyncio.create_task(load(s)) for _ in range(8)]
        for action in ["disable", "enable", "reload"] * 5:
            assert (await s.client.post(f"/v1/plugins/which/{action}")).status_code == 200
            await asyncio.sleep(0.02)
        done.set()
        await asyncio.gather(*callers)
        assert set(answers) <= {200, 503}
        assert answers.count(200) > 20
        assert (await s.client.get("/v1/plugins/which")).json()["failures"] == 0
