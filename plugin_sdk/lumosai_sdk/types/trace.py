"""Where a piece of work stands in a trace that goes through several programs (https://www.w3.org/TR/trace-context/)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})
_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[\x21-\x7e]*)?")
_MEMBER = re.compile(r"[a-z0-9][a-z0-9_\-*/]{0,255}(?:@[a-z][a-z0-9_\-*/]{0,13})?=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}"
                     r"[\x21-\x2b\x2d-\x3c\x3e-\x7e]")  # fmt: skip
MAX_STATE = 512
_MAX_MEMBERS = 32


@dataclass(frozen=True, slots=True)
class Trace:
    """The headers ``traceparent`` and ``tracestate``, and the plugins whose requests to others may carry them."""

    parent: str
    state: str = ""
    carriers: frozenset[str] = frozenset()

    @property
    def trace_id(self) -> str:
        """32 hex digits."""
        return self.parent[3:35]

    @property
    def span_id(self) -> str:
        """16 hex digits."""
        return self.parent[36:52]

    @property
    def flags(self) -> int:
        """Bit 0: whether who came before keeps the trace."""
        return int(self.parent[53:55], 16)

    def headers(self) -> dict[str, str]:
        """Return the headers of a request that belongs to this."""
        out = {"traceparent": self.parent}
        if self.state:
            out["tracestate"] = self.state
        return out


TRACE: ContextVar[Trace | None] = ContextVar("lumosai_trace", default=None)
"""Where a request says that it comes from: set by who took the request."""
OUTGOING: ContextVar[Trace | None] = ContextVar("lumosai_outgoing_trace", default=None)
"""What requests to others should say that they come from: set by the monitor that makes the spans, if there is one."""


def trace_headers(plugin: str) -> Mapping[str, str]:
    """Return what a request that *plugin* is about to send should carry: nothing, unless a monitor keeps traces."""
    here = OUTGOING.get()
    return _NOTHING if here is None or plugin not in here.carriers else here.headers()


def read_trace(parent: str, state: str = "") -> Trace | None:
    """Return what two headers say, or None for a ``traceparent`` that is none; such a ``tracestate`` is left out."""
    found = _PARENT.fullmatch(parent) if len(parent) <= MAX_STATE else None
    if found is None or found[1] == "ff" or (found[1] == "00" and found[5] is not None):
        return None
    if not found[2].strip("0") or not found[3].strip("0"):
        return None
    # Of a version to come the first four parts mean what they mean now (section 4.3).
    return Trace(f"00-{found[2]}-{found[3]}-{found[4]}", _state(state))


def _state(text: str) -> str:
    members = [m for part in text.split(",") if (m := part.strip(" \t"))] if len(text) <= MAX_STATE else []
    keys = {m.partition("=")[0] for m in members}
    if len(members) > _MAX_MEMBERS or len(keys) < len(members) or not all(map(_MEMBER.fullmatch, members)):
        return ""
    return ",".join(members)
