"""Where somebody is in the events of a run, over as many connections as it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lumosai.client.retry import backoff

OVER: Final = frozenset({"run.completed", "run.failed", "run.cancelled"})
STOPPED: Final = OVER | {"run.suspended"}


class Place:
    """The last event that was taken, and the connections since then that brought nothing.

    ``seq`` counts the events of a run, so what comes twice is told from what is new.
    """

    def __init__(self, after: int, attempts: int) -> None:
        self.seq = after
        self._type = ""
        self._attempts = attempts
        self._idle = 0

    def take(self, event: Mapping[str, Any]) -> bool:
        """Note an event; return whether it is new."""
        seq = event.get("seq")
        if not isinstance(seq, int) or seq <= self.seq:
            return False
        self.seq, self._type, self._idle = seq, str(event.get("type")), 0
        return True

    @property
    def is_over(self) -> bool:
        """Whether nothing can follow."""
        return self._type in OVER

    @property
    def has_stopped(self) -> bool:
        """Whether a stream that ends here ended because the run stopped."""
        return self._type in STOPPED

    def again(self) -> float | None:
        """Return how long to wait before the next connection, None when too many brought nothing."""
        self._idle += 1
        return None if self._idle > self._attempts else backoff(self._idle)
