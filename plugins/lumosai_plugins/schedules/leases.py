"""Leases: who works on what. They end by themselves, so that the work of a host that died is taken over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lumosai_plugins.schedules.store import LEASES
from lumosai_sdk.errors import StorageError

if TYPE_CHECKING:
    from lumosai_sdk.kinds.storage import KeyValueStore

_BEATS = 3


class Lease:
    """Several keys that one worker holds, all of them or none."""

    def __init__(self, kv: KeyValueStore, holder: str, seconds: float) -> None:
        self._kv = kv
        self._holder = holder
        self._seconds = seconds
        self._keys: list[str] = []

    async def take(self, key: str) -> bool:
        """Take a key; tell whether nobody else holds it."""
        if not await self._kv.kv_add(LEASES, key, self._holder, self._seconds):
            return False
        self._keys.append(key)
        return True

    async def take_one(self, keys: Sequence[str]) -> bool:
        """Take one of several keys; tell whether one was free."""
        for key in keys:
            if await self.take(key):
                return True
        return False

    async def renew(self) -> bool:
        """Hold on to the keys; tell whether they still are ours."""
        for key in self._keys:
            if await self._kv.kv_get(LEASES, key) != self._holder:
                return False
            await self._kv.kv_set(LEASES, key, self._holder, self._seconds)
        return True

    async def keep(self) -> None:
        """Renew until a key is lost, or the store has not answered for as long as a key lasts."""
        missed = 0
        while missed < _BEATS:
            await asyncio.sleep(self._seconds / _BEATS)
            try:
                if not await self.renew():
                    return
                missed = 0
            except StorageError:
                missed += 1

    async def release(self) -> None:
        """Let go of what still is ours."""
        for key in reversed(self._keys):
            if await self._kv.kv_get(LEASES, key) == self._holder:
                await self._kv.kv_delete(LEASES, key)
        self._keys.clear()
