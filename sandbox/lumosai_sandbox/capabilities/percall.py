"""What is counted for each call of a plugin, forgotten at its end, and in time where nobody told of the end."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from lumosai_sdk.types.caller import Caller

T = TypeVar("T")
FORGET = 60.0
MOST = 4096


class PerCall(Generic[T]):
    """A value for each call, made on first use by *make*."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._kept: OrderedDict[Caller, tuple[float, T]] = OrderedDict()

    def of(self, caller: Caller) -> T:
        """Return a call's value. One that was begun long ago and never ended begins anew."""
        now = time.monotonic()
        found = self._kept.get(caller)
        if found is not None and now - found[0] < FORGET:
            return found[1]
        made = self._make()
        self._kept[caller] = (now, made)
        self._kept.move_to_end(caller)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return made

    def forget(self, caller: Caller) -> None:
        """Forget a call."""
        self._kept.pop(caller, None)

    def __len__(self) -> int:
        return len(self._kept)
