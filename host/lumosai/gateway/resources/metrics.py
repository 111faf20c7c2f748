"""``/metrics``: where Prometheus looks for them, answered by the plugin that keeps them."""

from __future__ import annotations

from http import HTTPStatus

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.errors import NoSuchPathError
from lumosai.gateway.operation import LATER, Operation
from lumosai.gateway.peers.service import METRICS
from lumosai.gateway.resources.plugin_routes import serve


async def metrics(call: Call) -> ASGIApp:
    """Answer as ``/plugins/prometheus/metrics`` does, for all processes of the service.

    Raises NoSuchPathError while nobody keeps metrics.
    """
    entry = call.gate.host.registry.find("route", METRICS)
    if entry is None:
        raise NoSuchPathError(
            "no metrics are kept", hint='pip install "lumosai[prometheus]"; lumos plugin enable prometheus'
        )
    reply = await serve(call, entry, str(entry.data.get("path", "/metrics")))
    service = call.gate.peers.service
    if not service.group or reply.status != HTTPStatus.OK:
        return reply
    body = (await service.metrics(reply.body.decode(), call.header(b"accept"))).encode()
    kept = [(name, value) for name, value in reply.headers if name != b"content-length"]
    reply.headers = [(b"content-length", b"%d" % len(body)), *kept]
    reply.body = body
    return reply


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
        description="Served by the `prometheus` plugin; 404 while it is not there. Where several processes serve, the "
        "label `worker` tells whose a sample is.",
        media_type="text/plain",
        example="# TYPE lumosai_runs_total counter\nlumosai_runs_total 12\n",
    ),
)
