# ruff: noqa: PLR2004 - tests count things
from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import sys
from dataclasses import fields, replace
from importlib.resources import files
from typing import Any

import pytest
from opentelemetry import trace

from lumosai_plugins.otel import semconv
from lumosai_plugins.otel.monitor import OtelMonitor
from lumosai_plugins.otel.settings import Settings
from lumosai_sdk.errors import ConfigError, MissingExtraError
from lumosai_sdk.manifest import parse
from lumosai_sdk.secrets import Secret
from lumosai_sdk.testing.conformance.monitor import AT, MonitorConformance, classes, hostile, sample, story
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.models import Usage
from lumosai_sdk.types.plugins import PluginContext

from .conftest import Collector, attributes

OK, ERROR = 0, 2
CLIENT, INTERNAL = 3, 1


@pytest.fixture(autouse=True)
def no_otel_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)


def monitor(**settings: Any) -> OtelMonitor:
    return OtelMonitor(PluginContext("otel", "1.2.3", settings))


async def export(collector: Collector, events: list[ev.Event], **settings: Any) -> None:
    m = monitor(endpoint=collector.url, **settings)
    await m.export(events)
    await m.aclose()


def named(collector: Collector) -> dict[str, Any]:
    return {s.name: s for s in collector.spans}


class TestOtel(MonitorConformance):
    @pytest.fixture
    async def monitor(self, collector: Collector) -> Any:
        m = monitor(endpoint=collector.url, capture_content=True)
        yield m
        await m.aclose()


async def test_a_run_is_a_tree_of_spans_at_its_own_times(collector: Collector) -> None:
    await export(collector, story("r1"))
    spans = collector.spans
    assert [s.name for s in spans] == [
        "chat echo",
        "execute_tool calculator.evaluate",
        "chat echo",
        "invoke_agent assistant",
    ]
    run = spans[-1]
    assert run.parent_span_id == b""
    assert {s.parent_span_id for s in spans[:-1]} == {run.span_id}
    assert {s.trace_id for s in spans} == {run.trace_id}
    times = [(s.start_time_unix_nano / 1e9 - AT, s.end_time_unix_nano / 1e9 - AT) for s in spans]
    assert times == [(1, 2), (3, 4), (5, 6), (0, 7)]
    assert [s.kind for s in spans] == [INTERNAL] * 4
    assert {s.status.code for s in spans} == {OK}


async def test_attributes_follow_the_conventions(collector: Collector) -> None:
    await export(collector, story("r1"))
    chat, tool, _, run = (attributes(s.attributes) for s in collector.spans)
    assert chat == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "scripted",
        "gen_ai.request.model": "echo",
        "gen_ai.response.finish_reasons": ["tool_calls"],
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 2,
        "lumosai.usage.cost": 0.001,
    }
    assert tool == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "calculator.evaluate",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "c1",
    }
    assert run == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "assistant",
        "gen_ai.provider.name": "scripted",
        "gen_ai.conversation.id": "t1",
        "gen_ai.usage.input_tokens": 30,
        "gen_ai.usage.output_tokens": 12,
        "gen_ai.usage.cache_read.input_tokens": 2,
        "lumosai.usage.cost": 0.001,
        "lumosai.run.id": "r1",
        "lumosai.run.status": "completed",
        "lumosai.run.steps": 2,
    }


@pytest.mark.parametrize(
    ("reference", "provider", "model", "kind"),
    [
        ("openai/gpt-5", "openai", "gpt-5", CLIENT),
        ("openai/org/model", "openai", "org/model", CLIENT),
        ("bedrock/claude", "aws.bedrock", "claude", CLIENT),
        ("local/smollm2", "local", "smollm2", INTERNAL),
        ("", "_OTHER", "", CLIENT),
    ],
)
async def test_providers(collector: Collector, reference: str, provider: str, model: str, kind: int) -> None:
    await export(collector, [ev.ModelCompleted("r", 1, AT, reference, duration=1.0)], metrics=False)
    span = named(collector)[f"chat {model}".rstrip()]
    got = attributes(span.attributes)
    assert (got["gen_ai.provider.name"], got["gen_ai.request.model"]) == (provider, model)
    assert span.kind == kind


async def test_what_was_said_is_not_sent_unless_asked_for(collector: Collector) -> None:
    secret = "SECRET"
    events: list[ev.Event] = [
        ev.RunStarted("r", 1, AT, "a", input=secret),
        ev.ModelStarted("r", 2, AT, "openai/x", 1),
        ev.ModelRetried("r", 3, AT, "openai/x", 1, 0.1, {"code": "model_error", "message": secret}),
        ev.ModelFellBack("r", 4, AT, "openai/x", "openai/y", {"code": "model_error", "message": secret}),
        ev.ModelCompleted("r", 5, AT, "openai/y", text=secret),
        ev.ToolCalled("r", 6, AT, "c", "t", secret),
        ev.ToolReturned("r", 7, AT, "c", "t", secret, error=True),
        ev.RunFailed("r", 8, AT, "a", {"code": "blocked", "message": secret}),
        *(replace(e, run_id="r2") for e in story("r2")),
    ]
    await export(collector, events)
    sent = b"".join(r.SerializeToString() for r in collector.traces)
    sent += b"".join(r.SerializeToString() for r in collector.metrics)
    assert len(collector.spans) == 8
    assert b"SECRET" not in sent
    assert b"2 + 2" not in sent
    assert b"2+2" not in sent


async def test_content_when_asked_for_and_cut(collector: Collector) -> None:
    await export(collector, story("r1"), capture_content=True)
    chat, tool, last, run = (attributes(s.attributes) for s in collector.spans)
    assert json.loads(run["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "what is 2 + 2?"}]}
    ]
    assert json.loads(last["gen_ai.output.messages"])[0]["finish_reason"] == "stop"
    assert json.loads(run["gen_ai.output.messages"])[0]["parts"] == [{"type": "text", "content": "4"}]
    assert (tool["gen_ai.tool.call.arguments"], tool["gen_ai.tool.call.result"]) == ('{"expression": "2+2"}', "4")
    assert json.loads(chat["gen_ai.output.messages"])[0]["parts"][0]["content"] == ""
    collector.traces.clear()
    await export(collector, [ev.ToolReturned("r", 1, AT, "c", "t", "x" * 999)], capture_content=True, max_content=20)
    assert attributes(collector.spans[0].attributes)["gen_ai.tool.call.result"] == "x" * 20 + "…"


async def test_errors(collector: Collector) -> None:
    events: list[ev.Event] = [
        ev.RunStarted("r", 1, AT, "a"),
        ev.ToolCalled("r", 2, AT + 1, "c1", "t.fails"),
        ev.ToolReturned("r", 3, AT + 2, "c1", "t.fails", "no such file", error=True),
        ev.ToolCalled("r", 4, AT + 3, "c2", "t.unfinished"),
        ev.ModelStarted("r", 5, AT + 3, "openai/x", 1),
        ev.RunFailed("r", 6, AT + 4, "a", {"code": "model_unavailable", "message": "down"}),
    ]
    await export(collector, events, capture_content=True)
    spans = named(collector)
    failed = {n: attributes(s.attributes)["error.type"] for n, s in spans.items() if s.status.code == ERROR}
    assert failed == {
        "execute_tool t.fails": "tool_error",
        "execute_tool t.unfinished": "failed",
        "chat x": "failed",
        "invoke_agent a": "model_unavailable",
    }
    assert spans["invoke_agent a"].status.message == "down"
    assert spans["execute_tool t.fails"].status.message == "no such file"
    assert spans["execute_tool t.unfinished"].end_time_unix_nano == int((AT + 4) * 1e9)


async def test_retries_are_one_call_and_a_fallback_is_another(collector: Collector) -> None:
    events: list[ev.Event] = [
        ev.RunStarted("r", 1, AT, "a"),
        ev.ModelStarted("r", 2, AT + 1, "openai/x", 1),
        ev.ModelRetried("r", 3, AT + 2, "openai/x", 1, 0.5, {"code": "model_rate_limit", "message": "busy"}),
        ev.ModelStarted("r", 4, AT + 3, "openai/x", 1),
        ev.ModelFellBack("r", 5, AT + 4, "openai/x", "local/y", {"code": "model_unavailable", "message": "down"}),
        ev.ModelStarted("r", 6, AT + 4, "local/y", 1),
        ev.ModelCompleted("r", 7, AT + 5, "local/y", 1),
        ev.RunCompleted("r", 8, AT + 6, "a"),
    ]
    await export(collector, events)
    assert [s.name for s in collector.spans] == ["chat x", "chat y", "invoke_agent a"]
    given_up = collector.spans[0]
    assert (given_up.start_time_unix_nano, given_up.end_time_unix_nano) == (int((AT + 1) * 1e9), int((AT + 4) * 1e9))
    assert [(e.name, attributes(e.attributes)["attempt"]) for e in given_up.events] == [("retry", 1)]
    assert attributes(given_up.attributes)["error.type"] == "model_unavailable"


async def test_a_call_without_a_run_is_a_span_of_its_own(collector: Collector) -> None:
    events: list[ev.Event] = [
        ev.ModelRetried("", 0, AT, "openai/x", 1, 0.5, {"code": "model_rate_limit", "message": "busy"}),
        ev.ModelFellBack("", 0, AT + 1, "openai/x", "local/y", {"code": "model_unavailable", "message": "down"}),
        ev.ModelCompleted("", 0, AT + 3, "local/y", 1, usage=Usage(3, 4), duration=2.0),
    ]
    await export(collector, events)
    (span,) = collector.spans
    assert (span.name, span.parent_span_id) == ("chat y", b"")
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (int((AT + 1) * 1e9), int((AT + 3) * 1e9))
    assert attributes(span.attributes)["gen_ai.usage.output_tokens"] == 4


async def test_a_run_that_waits_ends_its_span_and_begins_another(collector: Collector) -> None:
    events: list[ev.Event] = [
        ev.RunStarted("r", 1, AT, "a"),
        ev.RunSuspended("r", 2, AT + 1, "a"),
        ev.RunResumed("r", 3, AT + 100, "a"),
        ev.RunCancelled("r", 4, AT + 101, "a", 101.0),
    ]
    await export(collector, events)
    statuses = [attributes(s.attributes)["lumosai.run.status"] for s in collector.spans]
    assert statuses == ["suspended", "cancelled"]
    assert collector.spans[1].start_time_unix_nano == int((AT + 100) * 1e9)


async def test_ends_whose_beginning_was_missed(collector: Collector) -> None:
    await export(collector, [ev.RunCompleted("r", 9, AT, "a", duration=3.0)])
    await export(collector, [ev.ToolReturned("q", 9, AT, "c", "t", duration=2.0)])
    seconds = {s.name: (s.end_time_unix_nano - s.start_time_unix_nano) / 1e9 for s in collector.spans}
    assert seconds["invoke_agent a"] == 3
    assert seconds["execute_tool t"] == 2


async def test_metrics(collector: Collector) -> None:
    await export(collector, [*story("r1"), *story("r2"), sample(ev.RunFailed, "r3"), ev.PluginFailed(plugin="bad")])
    points = collector.points
    tokens = {attributes(p.attributes)["gen_ai.token.type"]: p for p in points["gen_ai.client.token.usage"]}
    assert (tokens["input"].count, tokens["input"].sum) == (4, 60)
    assert (tokens["output"].count, tokens["output"].sum) == (4, 24)
    assert list(tokens["input"].explicit_bounds)[:3] == [1, 4, 16]
    assert attributes(tokens["input"].attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "scripted",
        "gen_ai.request.model": "echo",
        "gen_ai.token.type": "input",
    }
    assert points["gen_ai.client.operation.duration"][0].sum == pytest.approx(3.6)
    assert points["gen_ai.execute_tool.duration"][0].count == 2
    runs = {attributes(p.attributes).get("error.type"): p.count for p in points["gen_ai.invoke_agent.duration"]}
    assert runs == {None: 2, "model_error": 1}
    assert attributes(points["lumosai.plugin.failures"][0].attributes) == {"lumosai.plugin.name": "bad"}


async def test_metrics_come_by_themselves(collector: Collector) -> None:
    m = monitor(endpoint=collector.url, interval=0.1, traces=False)
    await m.export(story("r"))
    while not collector.metrics:  # noqa: ASYNC110 - the collector's thread tells nobody
        await asyncio.sleep(0.01)
    await m.aclose()
    assert collector.spans == []


async def test_names_that_models_make_up_are_bounded(collector: Collector) -> None:
    await export(collector, [ev.ToolReturned("r", tool=f"made.up{i}") for i in range(1000)], traces=False)
    tools = {attributes(p.attributes)["gen_ai.tool.name"] for p in collector.points["gen_ai.execute_tool.duration"]}
    assert len(tools) == 201
    assert "_OTHER" in tools


async def test_hostile_text_loses_no_other_span(collector: Collector) -> None:
    events = [hostile(sample(c, f"r{i}")) for i, c in enumerate(classes())]
    await export(collector, [*events, *story("good")], capture_content=True, max_content=100)
    assert "invoke_agent assistant" in named(collector)
    assert all(len(str(v)) < 1000 for s in collector.spans for v in attributes(s.attributes).values())


async def test_runs_that_never_end_are_given_up(collector: Collector) -> None:
    m = monitor(endpoint=collector.url, metrics=False)
    for i in range(1500):
        await m.export([ev.RunStarted(f"r{i}", 1, AT, "a")])
    assert m._traces is not None
    assert len(m._traces._runs) == 1000
    await m.aclose()
    assert len(collector.spans) == 1500


async def test_headers_and_resource(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLECTOR_KEY", "s3cret")
    await export(collector, story("r"), headers={"X-Api-Key": Secret("env:COLLECTOR_KEY")}, service_name="mine")
    assert {h["x-api-key"] for h in collector.headers} == {"s3cret"}
    resource = attributes(collector.traces[0].resource_spans[0].resource.attributes)
    assert resource["service.name"] == "mine"
    scope = collector.traces[0].resource_spans[0].scope_spans[0].scope
    assert (scope.name, scope.version) == ("lumosai", "1.2.3")


@pytest.mark.parametrize(("variables", "name"), [({}, "lumosai"), ({"OTEL_SERVICE_NAME": "theirs"}, "theirs")])
async def test_standard_variables(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], name: str
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=abc")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    for variable, v in variables.items():
        monkeypatch.setenv(variable, v)
    m = monitor()
    await m.export(story("r"))
    await m.aclose()
    assert len(collector.spans) == 4
    assert {h["x-key"] for h in collector.headers} == {"abc"}
    assert attributes(collector.traces[0].resource_spans[0].resource.attributes)["service.name"] == name


@pytest.mark.parametrize("variable", ["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER"])
async def test_none_is_none(collector: Collector, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "none")
    await export(collector, story("r"))
    assert bool(collector.traces) is (variable != "OTEL_TRACES_EXPORTER")
    assert bool(collector.metrics) is (variable != "OTEL_METRICS_EXPORTER")


async def test_the_sampler_of_the_environment(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    await export(collector, story("r"))
    assert collector.spans == []
    assert collector.points


async def test_a_redirect_is_not_followed_with_the_key(collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    collector.status, collector.location = 307, collector.url + "/elsewhere"
    await export(collector, story("r"), headers={"x-key": "s3cret"}, metrics=False)
    assert len(collector.headers) == 1
    assert "s3cret" not in caplog.text


async def test_a_collector_that_is_down_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    m = monitor(endpoint="http://127.0.0.1:9", timeout=0.2)
    await m.export(story("r"))
    await m.aclose()
    assert "127.0.0.1" in caplog.text or "Failed to export" in caplog.text


@pytest.mark.parametrize(
    "endpoint", ["localhost:4318", "ftp://x", "http://", "http://x:y", "http://x/?a=b", "grpc://x:4317", "http://[x"]
)
def test_an_endpoint_that_is_none(endpoint: str) -> None:
    with pytest.raises(ConfigError, match=r"endpoint in \[plugins.otel.settings\] is no base URL"):
        monitor(endpoint=endpoint)


def test_a_password_in_the_endpoint_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError, match="holds a password") as e:
        monitor(endpoint="http://user:s3cret@collector:4318")
    assert "s3cret" not in str(e.value)


def test_a_secret_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="NO_SUCH_VARIABLE"):
        monitor(headers={"x": Secret("env:NO_SUCH_VARIABLE")})


async def test_the_global_providers_are_left_alone(collector: Collector) -> None:
    before = trace.get_tracer_provider()
    await export(collector, story("r"))
    assert trace.get_tracer_provider() is before


@pytest.mark.parametrize(
    "module", ["opentelemetry.sdk.resources", "opentelemetry.exporter.otlp.proto.http.trace_exporter"]
)
def test_without_the_sdk(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match="pip install 'lumosai\\[otel\\]'"):
        monitor()


def test_the_names_of_the_conventions_stand_in_one_file() -> None:
    package = files("lumosai_plugins.otel")
    for source in package.iterdir():
        if source.name.endswith(".py") and source.name != "semconv.py":
            assert not re.search(r"[\"']gen_ai\.", source.read_text()), source.name


def test_the_names_are_those_of_the_published_conventions() -> None:
    from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as published
    from opentelemetry.semconv._incubating.metrics import gen_ai_metrics as published_metrics

    known = {v for m in (published, published_metrics) for v in vars(m).values() if isinstance(v, str)}
    ours = {v for v in vars(semconv).values() if isinstance(v, str) and v.startswith("gen_ai.")}
    newer = {semconv.AGENT_DURATION, semconv.TOOL_DURATION}  # of the conventions' own repository
    assert ours - newer <= known


def test_the_manifest_and_the_code_agree_on_the_defaults() -> None:
    manifest = parse(files("lumosai_plugins.otel").joinpath("lumos-plugin.toml").read_bytes(), "otel", "manifest")
    assert manifest.settings_schema is not None
    properties = manifest.settings_schema["properties"]
    assert set(properties) == {f.name for f in fields(Settings)}
    for name, schema in properties.items():
        if "default" in schema and name != "headers":
            assert getattr(Settings(), name) == schema["default"]
