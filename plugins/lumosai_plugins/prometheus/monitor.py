"""The monitor that counts, and the route that tells."""

from __future__ import annotations

from collections.abc import Sequence

from lumosai_plugins.prometheus.metrics import Metrics
from lumosai_sdk.errors import MissingExtraError
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.http import HttpRequest, HttpResponse
from lumosai_sdk.types.plugins import PluginContext


class PrometheusMonitor:
    """A monitor and a route over one registry of its own.

    Formats: Prometheus text 0.0.4 and OpenMetrics 1.0, by the Accept header. Raises MissingExtraError without the
    client library.
    """

    def __init__(self, context: PluginContext) -> None:
        try:
            from prometheus_client import CollectorRegistry, ProcessCollector
        except ImportError as e:
            raise MissingExtraError("the monitor 'prometheus'", "prometheus") from e
        self._registry = CollectorRegistry()
        if context.settings.get("process", True):
            ProcessCollector(registry=self._registry)
        self._metrics = Metrics(self._registry, int(context.settings.get("max_labels", 200)))

    async def export(self, events: Sequence[Event]) -> None:
        take = self._metrics.take
        for event in events:
            take(event)

    async def handle(self, request: HttpRequest) -> HttpResponse:
        from prometheus_client.exposition import choose_encoder

        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return HttpResponse(encode(self._registry), media_type=content_type, headers={"cache-control": "no-store"})

    async def aclose(self) -> None:
        return
