"""Traces and metrics of runs over OTLP, by the OpenTelemetry conventions for generative AI."""
