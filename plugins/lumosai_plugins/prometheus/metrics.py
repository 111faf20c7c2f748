"""The metrics, and what each event adds to them. Names as Prometheus wants them: base units, ``_total`` on counters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from lumosai_plugins.prometheus.labels import OTHER, Labels
from lumosai_sdk.types import events as ev

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

# A tool takes milliseconds, a run of many steps minutes.
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)


class Metrics:
    """Counters and histograms in one registry; ``take`` adds an event."""

    def __init__(self, registry: CollectorRegistry, max_labels: int) -> None:
        from prometheus_client import Counter, Histogram, Info

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        def seconds(name: str, text: str, *labels: str) -> Histogram:
            return Histogram(name, text, labels, buckets=_SECONDS, registry=registry)

        self._agent, self._model = Labels(max_labels), Labels(max_labels)
        self._tool, self._plugin = Labels(max_labels), Labels(max_labels)
        self._reason, self._version, self._code = Labels(16), Labels(16), Labels(64)
        self._runs_started = counter("lumosai_runs_started", "Runs begun", "agent")
        self._runs = counter("lumosai_runs", "Runs that stopped, by how", "agent", "status")
        self._run_seconds = seconds("lumosai_run_duration_seconds", "Time from question to answer", "agent")
        self._steps = counter("lumosai_run_steps", "Model calls of completed runs", "agent")
        self._calls = counter("lumosai_model_calls", "Answers of models, by why they ended", "model", "finish_reason")
        self._call_seconds = seconds("lumosai_model_call_duration_seconds", "Time a model took to answer", "model")
        self._retries = counter("lumosai_model_retries", "Model calls that failed and were tried again", "model")
        self._fallbacks = counter("lumosai_model_fallbacks", "Models given up for the next one", "model")
        self._tokens = counter("lumosai_model_tokens", "Tokens in, out, and of those in from a cache", "model", "type")
        self._cost = counter("lumosai_model_cost_dollars", "What the calls cost in US dollars", "model")
        self._tools = counter("lumosai_tool_calls", "Tool calls that came to an end", "tool", "status")
        self._tool_seconds = seconds("lumosai_tool_call_duration_seconds", "Time a tool took to answer", "tool")
        self._failures = counter("lumosai_plugin_failures", "Failures of plugins", "plugin")
        self._denials = counter("lumosai_plugin_denials", "What plugins asked for and were not granted", "plugin")
        self._swaps = counter("lumosai_plugin_swaps", "Plugins replaced in the running host", "plugin")
        self._warnings = counter("lumosai_host_warnings", "What an operator should know")
        self._refusals = counter("lumosai_refused_requests", "Requests that were refused, by why", "code")
        self._info = Info("lumosai_host", "The host", registry=registry)
        self._takers: dict[type[ev.Event], Callable[[Any], None]] = {
            ev.RunStarted: self._run_started,
            ev.RunCompleted: self._run_completed,
            ev.RunFailed: lambda e: self._run_stopped(e, "failed"),
            ev.RunCancelled: lambda e: self._run_stopped(e, "cancelled"),
            ev.RunSuspended: lambda e: self._runs.labels(self._agent(e.agent), "suspended").inc(),
            ev.ModelCompleted: self._model_completed,
            ev.ModelRetried: lambda e: self._retries.labels(self._model(e.model)).inc(),
            ev.ModelFellBack: lambda e: self._fallbacks.labels(self._model(e.model)).inc(),
            ev.ToolReturned: self._tool_returned,
            ev.PluginFailed: lambda e: self._failures.labels(self._plugin(e.plugin)).inc(),
            ev.PluginDenied: lambda e: self._denials.labels(self._plugin(e.plugin)).inc(),
            ev.PluginSwapped: lambda e: self._swaps.labels(self._plugin(e.plugin)).inc(),
            ev.AuditRefused: self._refused,
            ev.HostWarning: lambda _: self._warnings.inc(),
            ev.HostStarted: lambda e: self._info.info({"version": self._version(e.version)}),
        }

    def take(self, event: ev.Event) -> None:
        """Add an event to the metrics it concerns."""
        if (taker := self._takers.get(type(event))) is not None:
            taker(event)

    def _run_started(self, e: ev.RunStarted) -> None:
        self._runs_started.labels(self._agent(e.agent)).inc()

    def _run_completed(self, e: ev.RunCompleted) -> None:
        self._run_stopped(e, "completed")
        self._steps.labels(self._agent(e.agent)).inc(e.steps)

    def _run_stopped(self, e: ev.RunCompleted | ev.RunFailed | ev.RunCancelled, status: str) -> None:
        agent = self._agent(e.agent)
        self._runs.labels(agent, status).inc()
        self._run_seconds.labels(agent).observe(e.duration)

    def _model_completed(self, e: ev.ModelCompleted) -> None:
        model = self._model(e.model)
        self._calls.labels(model, self._reason(e.finish_reason)).inc()
        self._call_seconds.labels(model).observe(e.duration)
        self._tokens.labels(model, "input").inc(e.usage.input_tokens)
        self._tokens.labels(model, "output").inc(e.usage.output_tokens)
        self._tokens.labels(model, "cached").inc(e.usage.cached_tokens)
        if e.usage.cost:
            self._cost.labels(model).inc(e.usage.cost)

    def _refused(self, e: ev.AuditRefused) -> None:
        self._refusals.labels(self._code(e.code)).inc()
        if e.untold > 0:  # for what is not known
            self._refusals.labels(OTHER).inc(e.untold)

    def _tool_returned(self, e: ev.ToolReturned) -> None:
        tool = self._tool(e.tool)
        self._tools.labels(tool, "error" if e.error else "ok").inc()
        self._tool_seconds.labels(tool).observe(e.duration)
