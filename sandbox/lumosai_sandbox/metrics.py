"""What is counted of a guest's calls."""

from __future__ import annotations

from collections import Counter
from typing import Any

from lumosai_sdk.errors import LumosError, PluginLimitError, PluginTimeoutError


class Metrics:
    """Counts since the start. Plain attributes: counting is on the path of every call."""

    __slots__ = ("calls", "cpu", "denied", "failures", "host_calls")

    def __init__(self) -> None:
        self.calls = 0
        self.host_calls = 0
        self.denied = 0
        self.cpu = 0.0
        self.failures: Counter[str] = Counter()

    def failed(self, error: LumosError) -> LumosError:
        """Count a call that ended badly, by what ended it, and return its error."""
        self.failures[kind_of(error)] += 1
        return error

    def to_json(self) -> dict[str, Any]:
        """Return the counts; ``failures`` are all, ``failed`` the same by kind."""
        return {
            "calls": self.calls,
            "failures": self.failures.total(),
            "failed": dict(sorted(self.failures.items())),
            "cpu_seconds": round(self.cpu, 4),
            "host_calls": self.host_calls,
            "denied": self.denied,
        }


def kind_of(error: LumosError) -> str:
    """Return ``timeout``, the name of the limit that was passed, or ``trap``."""
    if isinstance(error, PluginTimeoutError):
        return "timeout"
    return error.limit if isinstance(error, PluginLimitError) else "trap"
