"""Letting go: of what is past its time, and of what belongs to threads that were deleted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lumosai_plugins.remember.keeping import NAMESPACE, Keeping, Place
from lumosai_plugins.remember.passages import COUNTED, PREFIX
from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    from lumosai_sdk.kinds.vectors import VectorStore
    from lumosai_sdk.types.plugins import PluginContext
    from lumosai_sdk.types.vectors import Where

KINDS = ("working", "observed", COUNTED)
_DAY = 86_400.0
_EVERY = 3600.0
_GATE = ("remember.lock", "sweep")


class Sweeper:
    """Sweeps in the background, at the first use and then every hour, one host at a time."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._keeping = Keeping(context)
        self._days: float = context.settings.get("retention_days", 0)
        self._due = 0.0
        self._task: asyncio.Task[int] | None = None

    async def sweep_now_and_then(self) -> None:
        """Begin to sweep, if that is due; nobody waits for it. Raises StorageError."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _EVERY
        if await self._keeping.kv.kv_add(*_GATE, 1, _EVERY):
            self._task = asyncio.create_task(self._reported(), name="lumos-remember-sweep")

    async def _reported(self) -> int:
        try:
            return await self.sweep()
        except LumosError as e:
            self._context.log.warning("memories are not swept: %s", e)
            return 0

    async def sweep(self) -> int:
        """Let go of all that is to go; return how many memories. Raises LumosError."""
        before = time.time() - self._days * _DAY if self._days else 0.0
        gone = 0
        for what in KINDS:
            for key in await self._keeping.kv.kv_keys(NAMESPACE, f"{what}/"):
                gone += await self._sweep_key(key, before)
        if before:
            for store, name in await collections(self._context):
                gone += await store.delete(name, where={"at": {"lt": before}})
        return gone

    async def _sweep_key(self, key: str, before: float) -> int:
        value = await self._keeping.kv.kv_get(NAMESPACE, key)
        if not isinstance(value, dict):
            return 0
        place = Place(key.partition("/")[0], str(value.get("owner")), str(value.get("thread") or ""))
        if value.get("at", 0.0) >= before and await self._keeping.alive(place, value):
            return 0
        if place.what == COUNTED:
            person, thread = key.split("/")[1:3]
            await drop_passages(self._context, {"person": person, "thread": thread, "born": value.get("born")})
        await self._keeping.kv.kv_delete(NAMESPACE, key)
        return 1

    async def aclose(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])


async def collections(context: PluginContext) -> Sequence[tuple[VectorStore, str]]:
    """Return the stores and collections that passages are in; none where no vector store is used."""
    settings: Mapping[str, Any] = context.settings.get("recall", {})
    kv = context.host.kv()
    if not await kv.kv_keys(NAMESPACE, f"{COUNTED}/"):
        return ()  # nothing was ever put in: a host without a vector store is not asked for one
    store = context.host.vectors(settings.get("store") or None)
    return [(store, c.name) for c in await store.collections() if c.name.startswith(PREFIX)]


async def drop_passages(context: PluginContext, where: Where) -> int:
    """Delete passages; return how many. Raises LumosError."""
    return sum([await store.delete(name, where=where) for store, name in await collections(context)])
