"""The monitor: events to the SDK, which sends them from its own threads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from lumosai_plugins.otel.meters import Meters
from lumosai_plugins.otel.settings import Settings
from lumosai_plugins.otel.traces import Traces
from lumosai_sdk.errors import MissingExtraError
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.plugins import PluginContext

_SLICE = 64


class OtelMonitor:
    """Traces and metrics over OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp).

    The settings come first, then the standard ``OTEL_*`` variables. Raises MissingExtraError without the SDK and
    ConfigError when a setting cannot be used.
    """

    def __init__(self, context: PluginContext) -> None:
        settings = Settings.of(context)
        try:
            from lumosai_plugins.otel import pipeline
            from lumosai_plugins.otel.places import Ids, Places

            resource, ids = pipeline.resource(settings), Ids()
            self._spans = pipeline.tracer_provider(settings, resource, ids)
            self._metrics = pipeline.meter_provider(settings, resource)
        except ImportError as e:
            raise MissingExtraError("the monitor 'otel'", "otel") from e
        self._traces = self._meters = self._places = None
        if self._spans is not None:
            tracer = self._spans.get_tracer(pipeline.SCOPE, context.version)
            self._places = places = Places(ids, self._spans.sampler, settings.propagate)
            self._traces = Traces(tracer, places, capture=settings.capture_content, max_content=settings.max_content)
        if self._metrics is not None:
            self._meters = Meters(self._metrics.get_meter(pipeline.SCOPE, context.version))

    def hear(self, event: Event) -> None:
        if self._places is not None:
            self._places.hear(event)

    async def export(self, events: Sequence[Event]) -> None:
        for start in range(0, len(events), _SLICE):
            for event in events[start : start + _SLICE]:
                self._take(event)
            await asyncio.sleep(0)

    def _take(self, event: Event) -> None:
        if self._traces is not None:
            self._traces.take(event)
        if self._meters is not None:
            self._meters.take(event)

    async def aclose(self) -> None:
        if self._traces is not None:
            self._traces.close()
        spans, metrics = self._spans, self._metrics
        self._spans = self._metrics = self._traces = self._meters = self._places = None
        if spans is not None:
            await asyncio.to_thread(spans.shutdown)
        if metrics is not None:
            await asyncio.to_thread(metrics.shutdown)
