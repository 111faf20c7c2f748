"""OpenTelemetry's SDK, set up for this monitor alone: the process's global providers are left as they are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lumosai_plugins.otel.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.id_generator import IdGenerator

SCOPE = "lumosai"


def tracer_provider(settings: Settings, resource: Resource, ids: IdGenerator) -> TracerProvider | None:
    """Return what makes spans and sends them in batches; None when traces are switched off."""
    if not settings.traces or os.environ.get("OTEL_TRACES_EXPORTER") == "none":
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter = OTLPSpanExporter(
        endpoint=settings.url("traces"), headers=dict(settings.headers), timeout=settings.timeout
    )
    provider = TracerProvider(resource=resource, id_generator=ids, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def meter_provider(settings: Settings, resource: Resource) -> MeterProvider | None:
    """Return what counts and sends now and then; None when metrics are switched off."""
    if not settings.metrics or os.environ.get("OTEL_METRICS_EXPORTER") == "none":
        return None
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    exporter = OTLPMetricExporter(
        endpoint=settings.url("metrics"), headers=dict(settings.headers), timeout=settings.timeout
    )
    millis = None if settings.interval is None else settings.interval * 1000
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=millis)
    return MeterProvider([reader], resource=resource, shutdown_on_exit=False)


def resource(settings: Settings) -> Resource:
    """Return who is speaking: the settings' name, else the environment's, else ours."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource

    found = Resource.create()
    name = settings.service_name
    if name is None and str(found.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        name = "lumosai"
    return found if name is None else found.merge(Resource({SERVICE_NAME: name}))
