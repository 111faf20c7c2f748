"""Days and months (UTC) in which spending is counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from lumosai_sdk.types.auth import Period

PERIODS: tuple[Period, ...] = ("day", "month", "total")
Labels = Mapping[Period, str]


class Calendar:
    """Tells which periods it is; ``labels`` is the same object until one of them ends."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._ends = 0.0
        self._labels: Labels = {}

    @property
    def labels(self) -> Labels:
        """The periods it is now: ``{"day": "2026-11-23", "month": "2026-11", "total": "total"}``."""
        now = self.clock()
        if now >= self._ends:
            day = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"
            self._labels = {"day": day, "month": day[:7], "total": "total"}
            self._ends = self.end("day") or 0.0
        return self._labels

    def end(self, period: Period) -> float | None:
        """Return when the period that it is now ends, as seconds since the epoch; None: never."""
        today = datetime.fromtimestamp(self.clock(), UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if period == "day":
            return (today + timedelta(days=1)).timestamp()
        if period == "month":
            return (today.replace(day=1) + timedelta(days=32)).replace(day=1).timestamp()
        return None
