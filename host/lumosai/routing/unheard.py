"""Telling how it goes with models that are asked without a run."""

from __future__ import annotations

import time

from lumosai.events.bus import EventBus
from lumosai_sdk.errors import LumosError, ModelError
from lumosai_sdk.types import events as ev


class Unheard:
    """Publishes it as events of no run. Nobody has heard a piece of an answer before it has begun for good."""

    __slots__ = ("_bus",)

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus

    def retried(self, ref: str, attempt: int, delay: float, error: ModelError) -> None:
        """Publish ``model.retried``."""
        self._bus.publish(ev.ModelRetried("", 0, time.time(), ref, attempt, delay, error.to_json()))

    def fell_back(self, ref: str, to: str, error: LumosError) -> None:
        """Publish ``model.fell_back``."""
        self._bus.publish(ev.ModelFellBack("", 0, time.time(), ref, to, error.to_json()))

    def spoke(self) -> bool:
        """Return False."""
        return False
