"""Metrics out of events: how long, how many tokens, and which plugins fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lumosai_plugins.otel import semconv as names
from lumosai_plugins.otel.values import Few
from lumosai_sdk.types import events as ev

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram, Meter


class Meters:
    """The instruments; ``take`` adds an event to those it concerns."""

    def __init__(self, meter: Meter) -> None:
        self._tokens = meter.create_histogram(
            names.TOKEN_USAGE, "{token}", "Tokens a call used", explicit_bucket_boundaries_advisory=names.TOKEN_BUCKETS
        )
        self._calls = _seconds(meter, names.CALL_DURATION, "Time a model took to answer")
        self._runs = _seconds(meter, names.AGENT_DURATION, "Time an agent took from question to answer")
        self._tools = _seconds(meter, names.TOOL_DURATION, "Time a tool took to answer")
        self._failures = meter.create_counter(names.PLUGIN_FAILURES, "{failure}", "Failures of plugins")
        self._agent, self._model, self._tool = Few(), Few(), Few()
        self._provider, self._error, self._plugin = Few(), Few(), Few()
        self._takers: dict[type[ev.Event], Callable[[Any], None]] = {
            ev.RunCompleted: lambda e: self._run(e, None),
            ev.RunFailed: lambda e: self._run(e, str(e.error.get("code", names.OTHER))),
            ev.RunCancelled: lambda e: self._run(e, "cancelled"),
            ev.ModelCompleted: self._model_completed,
            ev.ToolReturned: self._tool_returned,
            ev.PluginFailed: lambda e: self._failures.add(1, {names.PLUGIN: self._plugin(e.plugin)}),
        }

    def take(self, event: ev.Event) -> None:
        """Add an event to the metrics."""
        if (taker := self._takers.get(type(event))) is not None:
            taker(event)

    def _run(self, e: ev.RunCompleted | ev.RunFailed | ev.RunCancelled, error: str | None) -> None:
        attributes = {names.AGENT: self._agent(e.agent)}
        if error is not None:
            attributes[names.ERROR] = self._error(error)
        self._runs.record(e.duration, attributes)

    def _model_completed(self, e: ev.ModelCompleted) -> None:
        provider, model = names.provider_and_model(e.model)
        attributes = {
            names.OPERATION: names.CHAT,
            names.PROVIDER: self._provider(provider),
            names.REQUEST_MODEL: self._model(model),
        }
        self._calls.record(e.duration, attributes)
        self._tokens.record(e.usage.input_tokens, {**attributes, names.TOKEN_TYPE: "input"})
        self._tokens.record(e.usage.output_tokens, {**attributes, names.TOKEN_TYPE: "output"})

    def _tool_returned(self, e: ev.ToolReturned) -> None:
        attributes = {names.OPERATION: names.EXECUTE_TOOL, names.TOOL: self._tool(e.tool)}
        if e.error:
            attributes[names.ERROR] = "tool_error"
        self._tools.record(e.duration, attributes)


def _seconds(meter: Meter, name: str, text: str) -> Histogram:
    return meter.create_histogram(name, "s", text, explicit_bucket_boundaries_advisory=names.SECONDS_BUCKETS)
