"""A circuit breaker: a plugin that keeps failing is left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

from lumosai_sdk.errors import PluginUnavailableError


class CircuitBreaker:
    """Opens after *threshold* failures in a row, lets one call try after *cooldown* seconds, closes on its success."""

    __slots__ = ("_clock", "_failures", "_opened", "_trying", "cooldown", "plugin", "reason", "threshold")

    def __init__(
        self, plugin: str, threshold: int = 5, cooldown: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.plugin = plugin
        self.threshold = threshold
        self.cooldown = cooldown
        self.reason = ""
        self._clock = clock
        self._failures = 0
        self._opened = 0.0
        self._trying = False

    @property
    def is_open(self) -> bool:
        return self._failures >= self.threshold

    def check(self) -> None:
        """Return if a call may go through. Raises PluginUnavailableError saying when it will be tried again."""
        if self._failures < self.threshold:
            return
        wait = self._opened + self.cooldown - self._clock()
        if wait > 0 or self._trying:
            why = f"failed {self._failures} times in a row, last: {self.reason}"
            raise PluginUnavailableError(
                self.plugin, "circuit open", why, hint=f"it is tried again in {max(wait, 0):.0f} s"
            )
        self._trying = True

    def succeeded(self) -> None:
        if self._failures:
            self._failures = 0
            self._trying = False

    def failed(self, reason: str) -> bool:
        """Count a failure; tell whether it opened the circuit."""
        self._failures += 1
        self._trying = False
        self.reason = reason
        if self._failures >= self.threshold:
            self._opened = self._clock()
        return self._failures == self.threshold

    def abandoned(self) -> None:
        """The call ended in neither success nor failure (it was cancelled): the next one may try."""
        self._trying = False
