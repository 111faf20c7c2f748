# ruff: noqa: PLR2004 - tests count things
from __future__ import annotations

import sys
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from lumosai_plugins.prometheus.monitor import PrometheusMonitor
from lumosai_sdk.errors import MissingExtraError
from lumosai_sdk.kinds.route import Route
from lumosai_sdk.testing.conformance.monitor import MonitorConformance, classes, hostile, sample, story
from lumosai_sdk.testing.conformance.route import RouteConformance
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.http import HttpRequest
from lumosai_sdk.types.models import Usage
from lumosai_sdk.types.plugins import PluginContext

OPENMETRICS = "application/openmetrics-text; version=1.0.0,text/plain;q=0.5"


def monitor(**settings: Any) -> PrometheusMonitor:
    return PrometheusMonitor(PluginContext("prometheus", settings=settings))


async def scrape(m: PrometheusMonitor) -> dict[str, float]:
    """Return the samples, each under its name and labels as they stand in the text."""
    response = await m.handle(HttpRequest("GET", "/metrics"))
    assert isinstance(response.body, bytes)
    families = list(parse_text(response.body.decode()))
    return {
        s.name + "".join(f" {k}={v}" for k, v in sorted(s.labels.items())): s.value for f in families for s in f.samples
    }


class TestMonitor(MonitorConformance):
    @pytest.fixture
    def monitor(self) -> PrometheusMonitor:
        return monitor()


class TestRoute(RouteConformance):
    @pytest.fixture
    def route(self) -> PrometheusMonitor:
        return monitor()

    @pytest.fixture
    def request_(self) -> HttpRequest:
        return HttpRequest("GET", "/metrics", headers={"accept": "*/*"})


async def test_a_run_is_counted() -> None:
    m = monitor()
    await m.export(story("r1"))
    await m.export(story("r2"))
    got = await scrape(m)
    assert got["lumosai_runs_started_total agent=assistant"] == 2
    assert got["lumosai_runs_total agent=assistant status=completed"] == 2
    assert got["lumosai_run_steps_total agent=assistant"] == 4
    assert got["lumosai_run_duration_seconds_sum agent=assistant"] == 14
    assert got["lumosai_run_duration_seconds_bucket agent=assistant le=10.0"] == 2
    assert got["lumosai_run_duration_seconds_bucket agent=assistant le=5.0"] == 0
    assert got["lumosai_model_calls_total finish_reason=tool_calls model=scripted/echo"] == 2
    assert got["lumosai_model_calls_total finish_reason=stop model=scripted/echo"] == 2
    assert got["lumosai_model_tokens_total model=scripted/echo type=input"] == 60
    assert got["lumosai_model_tokens_total model=scripted/echo type=output"] == 24
    assert got["lumosai_model_tokens_total model=scripted/echo type=cached"] == 4
    assert got["lumosai_model_cost_dollars_total model=scripted/echo"] == pytest.approx(0.002)
    assert got["lumosai_tool_calls_total status=ok tool=calculator.evaluate"] == 2
    assert got["lumosai_tool_call_duration_seconds_count tool=calculator.evaluate"] == 2


async def test_what_goes_wrong_is_counted() -> None:
    m = monitor()
    await m.export([sample(c) for c in classes()])
    got = await scrape(m)
    assert got["lumosai_runs_total agent=assistant status=failed"] == 1
    assert got["lumosai_runs_total agent=assistant status=cancelled"] == 1
    assert got["lumosai_runs_total agent=assistant status=suspended"] == 1
    assert got["lumosai_model_retries_total model=scripted/echo"] == 1
    assert got["lumosai_model_fallbacks_total model=scripted/echo"] == 1
    assert got["lumosai_tool_calls_total status=error tool=calculator.evaluate"] == 1
    assert got["lumosai_plugin_failures_total plugin=weather"] == 1
    assert got["lumosai_plugin_denials_total plugin=weather"] == 1
    assert got["lumosai_plugin_swaps_total plugin=weather"] == 1
    assert got["lumosai_host_warnings_total"] == 1
    assert got["lumosai_host_info version=1.2.3"] == 1


async def test_refusals_are_counted_by_why() -> None:
    m = monitor()
    await m.export([ev.AuditRefused(code="budget_exceeded"), ev.AuditRefused(code="budget_exceeded", untold=3)])
    got = await scrape(m)
    assert got["lumosai_refused_requests_total code=budget_exceeded"] == 2
    assert got["lumosai_refused_requests_total code=_other"] == 3


async def test_names_that_models_make_up_are_bounded() -> None:
    m = monitor(max_labels=5)
    await m.export([ev.ToolReturned(tool=f"made.up{i}", call_id="c") for i in range(1000)])
    await m.export([ev.ToolReturned(tool="x" * 10_000)])
    await m.export([ev.ToolReturned(tool="made.up0")])
    got = await scrape(m)
    calls = {k: v for k, v in got.items() if k.startswith("lumosai_tool_calls_total")}
    assert len(calls) == 6
    assert calls["lumosai_tool_calls_total status=ok tool=_other"] == 996
    assert calls["lumosai_tool_calls_total status=ok tool=made.up0"] == 2


async def test_hostile_names_cannot_forge_a_metric() -> None:
    m = monitor()
    await m.export([ev.ToolReturned(tool='x"} 1\nlumosai_runs_total{agent="forged",status="completed"} 99\n#')])
    await m.export([hostile(sample(c)) for c in classes()])
    await m.export([ev.PluginFailed(plugin="\ud83e")])
    got = await scrape(m)
    assert not any("forged" in k and k.startswith("lumosai_runs_total") for k in got)
    assert any("forged" in k and k.startswith("lumosai_tool_calls_total") for k in got)


async def test_openmetrics_when_asked_for() -> None:
    m = monitor()
    await m.export([*story("r"), *(sample(c) for c in classes())])
    response = await m.handle(HttpRequest("GET", "/metrics", headers={"accept": OPENMETRICS}))
    assert response.media_type.startswith("application/openmetrics-text")
    assert response.body.endswith(b"# EOF\n")
    names = {f.name for f in parse_openmetrics(response.body.decode())}  # type: ignore[no-untyped-call]
    assert {"lumosai_runs", "lumosai_model_tokens", "lumosai_run_duration_seconds", "lumosai_host"} <= names


async def test_plain_text_otherwise() -> None:
    response = await monitor().handle(HttpRequest("GET", "/metrics"))
    assert response.media_type.startswith("text/plain; version=0.0.4")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("wanted", [True, False])
async def test_figures_of_the_process(wanted: bool) -> None:
    got = await scrape(monitor(process=wanted))
    assert ("process_resident_memory_bytes" in got) is wanted


async def test_what_costs_nothing_is_no_cost() -> None:
    m = monitor()
    await m.export([ev.ModelCompleted(model="local/m", usage=Usage(1, 1))])
    assert not any(k.startswith("lumosai_model_cost") for k in await scrape(m))


async def test_two_monitors_do_not_share_their_counts() -> None:
    one, two = monitor(), monitor()
    await one.export(story("r"))
    assert "lumosai_runs_total agent=assistant status=completed" not in await scrape(two)


def test_it_is_a_monitor_and_a_route() -> None:
    assert isinstance(monitor(), Route)


def test_without_the_client_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(MissingExtraError, match="pip install 'lumosai\\[prometheus\\]'"):
        monitor()
