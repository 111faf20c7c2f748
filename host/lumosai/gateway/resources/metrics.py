"""``/metrics``: where Prometheus looks for them, answered by the plugin that keeps them."""

from __future__ import annotations

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.errors import NoSuchPathError
from lumosai.gateway.operation import LATER, Operation
from lumosai.gateway.resources.plugin_routes import serve

ROUTE = "prometheus.metrics"


async def metrics(call: Call) -> ASGIApp:
    """Answer as ``/plugins/prometheus/metrics`` does. Raises NoSuchPathError while nobody keeps metrics."""
    entry = call.gate.host.registry.find("route", ROUTE)
    if entry is None:
        raise NoSuchPathError(
            "no metrics are kept", hint='pip install "lumosai[prometheus]"; lumos plugin enable prometheus'
        )
    return await serve(call, entry, str(entry.data.get("path", "/metrics")))


OPERATIONS = (
    Operation(
        "GET",
        "/metrics",
        metrics,
        "getMetrics",
        "Get metrics in Prometheus' format",
        "service",
        action="route.call",
        resource=LATER,
        description="Served by the `prometheus` plugin; 404 while it is not there.",
        media_type="text/plain",
        example="# TYPE lumosai_runs_total counter\nlumosai_runs_total 12\n",
    ),
)
