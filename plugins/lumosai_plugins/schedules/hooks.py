"""The plugin's hooks: a host that is to do the work has a worker. Others load nothing of this."""

from __future__ import annotations

import asyncio
import time
from contextvars import Context
from typing import TYPE_CHECKING

from lumosai_sdk import hookimpl
from lumosai_sdk.errors import StorageError

if TYPE_CHECKING:
    from lumosai_plugins.schedules.settings import Settings
    from lumosai_plugins.schedules.worker import Worker
    from lumosai_sdk.kinds.storage import KeyValueStore
    from lumosai_sdk.types.plugins import PluginContext
    from lumosai_sdk.types.services import TrustedServices

DRAIN = 5.0
"""Seconds tasks have to end when the host stops; the others go back to the queue."""


def hooks(context: PluginContext) -> Hooks | None:
    """Return the plugin's hooks, or None for a host that does none of the work. Raises ConfigError."""
    if not context.settings.get("jobs") and not context.settings.get("work"):
        return None
    from lumosai_plugins.schedules.settings import Settings

    settings = Settings.of(context.settings)
    return Hooks(settings, context) if settings.work else None


class Hooks:
    """Keeps a worker while the host is up."""

    def __init__(self, settings: Settings, context: PluginContext) -> None:
        self._settings = settings
        self._context = context
        self._worker: Worker | None = None
        self._running: asyncio.Task[None] | None = None

    @hookimpl
    async def lumos_startup(self) -> None:
        """Begin, in a while."""
        if self._context.services is None:
            return
        self._running = asyncio.create_task(self._work(self._context.host), name="lumos-schedules", context=Context())

    async def _work(self, services: TrustedServices) -> None:
        from lumosai_plugins.schedules.store import Store
        from lumosai_plugins.schedules.worker import Worker

        await asyncio.sleep(self._settings.after)
        while (kv := _opened(services)) is None:  # noqa: ASYNC110 - nothing tells that the storage is open
            await asyncio.sleep(self._settings.poll)
        self._worker = Worker(services, Store(kv, self._settings, time.time), self._context.log)
        await self._worker.run()

    @hookimpl
    async def lumos_shutdown(self) -> None:
        """Stop; what is under way has a little time."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})
        if self._worker is not None:
            await self._worker.stop(DRAIN)


def _opened(services: TrustedServices) -> KeyValueStore | None:
    """Return the host's storage, None as long as it has not opened it."""
    try:
        return services.kv()
    except StorageError:
        return None
