"""Which models are left alone for a while because they failed. One asks again before all do."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST = 3600.0
_DOUBLINGS = 4


class Circuit:
    """One model's: closed, open until a time, or half open while one caller tries."""

    __slots__ = ("failures", "probing", "until")

    def __init__(self) -> None:
        self.failures = 0
        self.until = 0.0
        self.probing = False


class Circuits:
    """The circuits of the models that failed; a model without one is well."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[str, Circuit] = {}

    def admits(self, ref: str) -> bool:
        """Tell whether a model may be asked now."""
        circuit = self._open.get(ref)
        return circuit is None or not (circuit.probing or self._clock() < circuit.until)

    def until(self, ref: str) -> float:
        """Return when a model may be asked again."""
        circuit = self._open.get(ref)
        return 0.0 if circuit is None else circuit.until

    def enter(self, ref: str) -> bool:
        """Note that a model is asked. True for one who tries for all others, and must tell how it went."""
        circuit = self._open.get(ref)
        if circuit is None or circuit.probing:
            return False
        circuit.probing = True
        return True

    def leave(self, ref: str) -> None:
        """Note that who tried gave up before there was an answer: the next one tries."""
        if (circuit := self._open.get(ref)) is not None:
            circuit.probing = False

    def close(self, ref: str) -> None:
        """Note that a model answered."""
        self._open.pop(ref, None)

    def open(self, ref: str, cooldown: float, retry_after: float | None) -> float:
        """Leave a model alone, longer each time it fails again; return for how many seconds."""
        circuit = self._open.setdefault(ref, Circuit())
        seconds: float = cooldown * 2 ** min(circuit.failures, _DOUBLINGS)
        seconds = min(max(seconds, retry_after or 0.0), LONGEST)
        circuit.failures += 1
        circuit.probing = False
        circuit.until = self._clock() + seconds
        return seconds
