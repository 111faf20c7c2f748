"""Where a request says that it comes from: ``traceparent`` and ``tracestate`` (https://www.w3.org/TR/trace-context/)."""

from __future__ import annotations

from contextvars import ContextVar

from lumosai.gateway.asgi import Scope
from lumosai_sdk.types.trace import Trace, read_trace

REQUEST_ID: ContextVar[str] = ContextVar("lumosai_request_id", default="")
"""For the log, where that can tell."""


def trace_of(scope: Scope) -> Trace | None:
    """Return what the headers of a request say, or None for more than one ``traceparent``, and for what is none."""
    parents, states = [], []
    for name, value in scope["headers"]:
        if name == b"traceparent":
            parents.append(value)
        elif name == b"tracestate":
            states.append(value)
    if len(parents) != 1:
        return None
    return read_trace(parents[0].decode("latin-1").strip(" \t"), b",".join(states).decode("latin-1"))
