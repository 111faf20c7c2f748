"""Telling of what was refused, without letting a loop of refusals flood the bus."""

from __future__ import annotations

import time

from lumosai_sdk.errors import PermissionDeniedError
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.events import PluginDenied
from lumosai_sdk.types.plugins import PluginContext

MOST = 20
"""Events a second. What is more is counted, and told as a number with the next event after that second."""


class Denials:
    """The ``plugin.denied`` events of one plugin."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._since = 0.0
        self._told = 0
        self._untold = 0

    def tell(self, function: str, error: PermissionDeniedError, caller: Caller) -> None:
        """Publish that *function* was refused, or count it."""
        now = time.monotonic()
        if now - self._since >= 1.0:
            untold, self._since, self._told, self._untold = self._untold, now, 0, 0
            if untold:
                self._publish(f"{untold} more requests were refused", caller)
        if self._told < MOST:
            self._told += 1
            self._publish(f"{function}: {error}", caller)
        else:
            self._untold += 1

    def _publish(self, detail: str, caller: Caller) -> None:
        context = self._context
        event = PluginDenied(
            run_id=caller.run_id, at=time.time(), plugin=context.name, version=context.version, detail=detail
        )
        context.emit(event)
