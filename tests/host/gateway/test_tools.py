"""Tools, panels, health and metrics over HTTP."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lumosai_sdk import (
    HttpRequest,
    HttpResponse,
    PanelBlock,
    PanelView,
    PluginContext,
    ToolContext,
    ToolError,
    ToolSpec,
)
from lumosai_sdk.decorators import panel, route, tool
from lumosai_sdk.testing.hosts import contribute

Open = Callable[..., Any]
DECLARED = {"input_schema": {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": False}}


@tool
async def odd(n: int = 1) -> Any:
    """Misbehave."""
    if n == 1:
        raise ToolError("one is no number")
    if n == 2:
        raise RuntimeError("/home/owner/.ssh/id_rsa")
    return {"a": {1, 2}, "b": object()} if n == 3 else float("inf") if n == 4 else "\ud800"


@tool
async def question(context: ToolContext) -> str:
    """Ask."""
    return await context.ask("which one?")


async def test_tools_are_listed_with_their_schemas(gateway: Open) -> None:
    async with gateway() as g:
        listed = {t["id"]: t for t in (await g.client.get("/v1/tools")).json()["data"]}
        one = (await g.client.get("/v1/tools/calculator.evaluate")).json()
        assert listed["calculator.evaluate"] == one
        assert one["plugin"] == "calculator"
        assert one["input_schema"]["required"] == ["expression"]


async def test_a_tool_that_cannot_be_loaded_does_not_hide_the_others(gateway: Open) -> None:
    class Broken:
        async def call(self, arguments: Any, context: Any) -> None: ...

        @property
        def spec(self) -> Any:
            from lumosai_sdk.errors import PluginLoadError

            raise PluginLoadError("broken", "loading", "ImportError: no")

    async with gateway() as g:
        g.host.registry.add(_generation(g.host), "tool", {"id": "broken", "target": "x:y"})
        listed = {t["id"]: t for t in (await g.client.get("/v1/tools")).json()["data"]}
        assert listed["broken"]["error"]["code"] == "plugin_load"
        assert "calculator.evaluate" in listed
        assert (await g.client.get("/v1/tools/broken")).status_code == 502


def _generation(host: Any) -> Any:
    from lumosai.plugins.generation import Generation

    record = {"name": "broken", "version": "0", "dist": "x", "package": "x", "runtime": "python", "contributes": {}}
    return Generation(record, PluginContext("broken"), lambda *_: None)


async def test_a_tool_is_called(gateway: Open) -> None:
    async with gateway() as g:
        body = {"arguments": {"expression": "17*4"}}
        assert (await g.client.post("/v1/tools/calculator.evaluate/call", json=body)).json() == {"result": "68"}


@pytest.mark.parametrize(
    ("tool_id", "arguments", "status", "code"),
    [
        ("calculator.evaluate", {"expression": 7}, 422, "invalid_input"),
        ("calculator.evaluate", {}, 422, "invalid_input"),
        ("calculator.nothing", {}, 404, "not_found"),
        ("odd", {"n": "x"}, 422, "invalid_input"),
        ("odd", {"n": 1}, 422, "tool_error"),
        ("odd", {"n": 2}, 502, "plugin_error"),
        ("odd", {"n": 3}, 502, "plugin_error"),
        ("question", {}, 409, "conflict"),
    ],
)
async def test_a_call_that_fails_says_whose_fault_it_is(
    gateway: Open, tool_id: str, arguments: Any, status: int, code: str
) -> None:
    async with gateway() as g:
        contribute(g.host, "tool", "odd", odd, **DECLARED)
        contribute(g.host, "tool", "question", question)
        response = await g.client.post(f"/v1/tools/{tool_id}/call", json={"arguments": arguments})
        assert (response.status_code, response.json()["code"]) == (status, code), response.text
        assert (await g.client.get("/healthz")).status_code == 200


async def test_a_result_that_is_not_json_is_its_plugins_failure(gateway: Open) -> None:
    class Odd:
        spec = ToolSpec("odd")

        async def call(self, arguments: Any, context: ToolContext) -> Any:
            return {"a": object()}

    async with gateway() as g:
        contribute(g.host, "tool", "odd", Odd())
        response = await g.client.post("/v1/tools/odd/call", json={})
        assert (response.status_code, response.json()["code"]) == (502, "plugin_error")


async def test_results_that_json_has_no_words_for_are_still_json(gateway: Open) -> None:
    async with gateway() as g:
        contribute(g.host, "tool", "odd", odd, **DECLARED)
        endless = await g.client.post("/v1/tools/odd/call", json={"arguments": {"n": 4}})
        assert endless.json() == {"result": None}
        half = await g.client.post("/v1/tools/odd/call", json={"arguments": {"n": 5}})
        assert half.json() == {"result": "\ud800"}


@panel
async def weather(context: PluginContext) -> PanelView:
    return PanelView("Weather", [PanelBlock("metric", "Now", 21)], refresh=5.0)


@panel
async def bad(context: PluginContext) -> PanelView:
    return PanelView("Bad", [PanelBlock("json", value=object())])


@panel
async def failing(context: PluginContext) -> PanelView:
    raise RuntimeError("no")


async def test_panels_are_listed_and_shown(gateway: Open) -> None:
    async with gateway() as g:
        contribute(g.host, "panel", "weather.now", weather, title="Weather", description="Now")
        listed = (await g.client.get("/v1/panels")).json()["data"]
        assert {"id": "weather.now", "plugin": "weather", "title": "Weather", "description": "Now"} in listed
        shown = (await g.client.get("/v1/panels/weather.now")).json()
        assert (shown["title"], shown["refresh"], shown["blocks"][0]["value"]) == ("Weather", 5.0, 21)


@pytest.mark.parametrize("broken", [bad, failing])
async def test_a_panel_that_fails_is_its_plugins_failure(gateway: Open, broken: Any) -> None:
    async with gateway() as g:
        contribute(g.host, "panel", "weather.now", broken)
        response = await g.client.get("/v1/panels/weather.now")
        assert (response.status_code, response.json()["code"]) == (502, "plugin_error")
        assert (await g.client.get("/v1/panels/none.such")).status_code == 404


async def test_health_is_told_and_ready_means_that_runs_are_recorded(
    gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sick() -> dict[str, Any]:
        return {"ok": False, "detail": "the disk is full"}

    async def sicker() -> dict[str, Any]:
        raise RuntimeError("no")

    async with gateway() as g:
        assert (await g.client.get("/healthz")).json()["status"] == "ok"
        assert (await g.client.get("/readyz")).status_code == 200
        for health in (sick, sicker):
            monkeypatch.setattr(g.host.storage, "health", health)
            alive, ready = await g.client.get("/healthz"), await g.client.get("/readyz")
            assert (alive.status_code, alive.json()["status"]) == (200, "degraded")
            assert (ready.status_code, ready.json()["storage"]["ok"]) == (503, False)


async def test_a_storage_that_does_not_tell_how_it_is_is_taken_to_be_well(
    gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateway() as g:
        monkeypatch.setattr(g.host, "storage", object())
        assert (await g.client.get("/readyz")).status_code == 200
        assert (await g.client.get("/healthz")).json()["storage"] == {"ok": True, "detail": ""}


@route
async def numbers(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"runs 1 # {request.path}\n", media_type="text/plain; version=0.0.4")


async def test_metrics_are_those_of_the_plugin_that_keeps_them(gateway: Open) -> None:
    async with gateway(plugins={"prometheus": {"enabled": False}}) as g:
        missing = await g.client.get("/metrics")
        assert missing.status_code == 404
        assert "lumos plugin enable prometheus" in missing.json()["hint"]
        contribute(g.host, "route", "prometheus.metrics", numbers, path="/metrics", methods=["GET"])
        found = await g.client.get("/metrics")
        assert found.text == "runs 1 # /metrics\n"
        assert found.headers["content-type"].startswith("text/plain; version=0.0.4")
