"""Answers in memory, the latest used last, within bounds; and in the host's storage, where that is wanted."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from lumosai_plugins.cache.settings import Settings
from lumosai_sdk.errors import StorageError

if TYPE_CHECKING:
    import logging

    from lumosai_sdk.kinds.storage import KeyValueStore

NAMESPACE = "cache.answers"
OVERHEAD = 200
"""Bytes that an entry costs beside its text, more or less."""


class Memory:
    """Texts by key, each for a time."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._entries: OrderedDict[str, tuple[float, str, int]] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> str | None:
        """Return a text that is there and not too old."""
        found = self._entries.get(key)
        if found is None:
            return None
        until, text, _ = found
        if self._clock() >= until:
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return text

    def put(self, key: str, text: str) -> None:
        """Keep a text; others go if there is no room."""
        if key in self._entries:
            self._drop(key)
        size = len(text.encode("utf-8", "surrogatepass")) + OVERHEAD
        self._entries[key] = (self._clock() + self._settings.ttl, text, size)
        self.size += size
        while self._entries and (self.size > self._settings.max_bytes or len(self) > self._settings.max_entries):
            self._drop(next(iter(self._entries)))

    def _drop(self, key: str) -> None:
        self.size -= self._entries.pop(key)[2]


class Answers:
    """What was kept, in memory first. A storage that fails is as one that has nothing."""

    def __init__(self, settings: Settings, store: Callable[[], KeyValueStore] | None, log: logging.Logger) -> None:
        self._settings = settings
        self._memory = Memory(settings)
        self._store = store
        self._log = log

    async def get(self, key: str) -> str | None:
        """Return a kept text, or None."""
        text = self._memory.get(key)
        if text is not None or self._store is None:
            return text
        try:
            found = await self._store().kv_get(NAMESPACE, key)
        except StorageError as e:
            self._log.warning("the storage was not asked for an answer: %s", e.message)
            return None
        # In memory it would outlive its time in the storage, whose end is not told.
        return found if isinstance(found, str) else None

    async def put(self, key: str, text: str) -> None:
        """Keep a text."""
        if len(text) > self._settings.max_entry_bytes:
            return
        self._memory.put(key, text)
        if self._store is not None:
            try:
                await self._store().kv_set(NAMESPACE, key, text, self._settings.ttl)
            except StorageError as e:
                self._log.warning("the storage did not take an answer: %s", e.message)
