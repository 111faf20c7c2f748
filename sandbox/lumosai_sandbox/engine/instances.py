"""The live instances of one guest: fresh ones made ahead where that pays, stateful ones kept by key."""

from __future__ import annotations

from collections.abc import Hashable

from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.instance import Instance
from lumosai_sandbox.limits import Limits

MAX_KEPT = 256
"""Stateful instances kept at once; the one unused longest gives way."""


class Instances:
    """Hands out instances. With no key each call has one of its own, which nobody used before and nobody will after."""

    def __init__(self, guest: Guest, limits: Limits, *, spare: int = 0) -> None:
        """Keep up to *spare* fresh instances ready."""
        self.guest = guest
        self.limits = limits
        self.spare = spare
        self._spares: list[Instance] = []
        self._kept: dict[Hashable, Instance] = {}  # those that are idle, the one unused longest first

    def take(self, key: Hashable = None) -> tuple[Instance, bool]:
        """Return an instance and whether it is ready; if not, it has only begun to be instantiated."""
        if key is not None and (kept := self._kept.pop(key, None)) is not None:
            return kept, True
        if self._spares:
            return self._spares.pop(), True
        return Instance(self.guest, self.limits), False

    def give_back(self, key: Hashable, instance: Instance, *, sound: bool) -> None:
        """End a call. An instance that is not sound (trapped, given up), or was for one call only, is closed."""
        if key is None or not sound:
            instance.close()
            return
        kept = self._kept
        kept[key] = instance
        if len(kept) > MAX_KEPT:
            kept.pop(next(iter(kept))).close()

    @property
    def live(self) -> int:
        """How many are idle here, spares and kept ones."""
        return len(self._spares) + len(self._kept)

    @property
    def wanting(self) -> int:
        """How many spares should be made."""
        return max(0, self.spare - len(self._spares))

    def add_spare(self, instance: Instance) -> None:
        """Keep a fresh instance, instantiated to its end, for the next call."""
        self._spares.append(instance)

    def drop_spares(self) -> None:
        """Close the spares."""
        while self._spares:
            self._spares.pop().close()

    def close(self) -> None:
        """Close all that are idle."""
        self.drop_spares()
        while self._kept:
            self._kept.popitem()[1].close()
