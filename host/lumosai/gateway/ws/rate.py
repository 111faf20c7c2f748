"""How fast messages are taken."""

from __future__ import annotations

import time

from lumosai.gateway.ws import bounds


class Rate:
    """A bucket of messages that fills with time."""

    __slots__ = ("_at", "_left")

    def __init__(self) -> None:
        self._left = float(bounds.BURST)
        self._at = time.monotonic()

    def take(self) -> bool:
        """Tell whether one more may be taken now, and take it."""
        now = time.monotonic()
        self._left = min(float(bounds.BURST), self._left + (now - self._at) * bounds.RATE)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
