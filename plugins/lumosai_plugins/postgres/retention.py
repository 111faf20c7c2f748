"""What is old is deleted now and then, by one of the hosts that share the database."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable

from lumosai_plugins.postgres.writer import Connect
from lumosai_sdk.errors import LumosError

_DAY = 86_400.0
_EVERY = 3600.0
_LOCK = 0x7377656570  # "sweep"


class Retention:
    """Sweeps once an hour, from a while after the first write on."""

    def __init__(
        self, purge: Callable[[float], Awaitable[int]], connect: Connect, days: float, log: logging.Logger
    ) -> None:
        self._purge = purge
        self._connect = connect
        self._days = days
        self._log = log
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin, unless that was done or nothing is ever to be deleted."""
        if self._task is None and self._days:
            self._task = asyncio.get_running_loop().create_task(self._sweep(), name="lumos-postgres-sweep")

    async def aclose(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _sweep(self) -> None:
        while True:
            # Hosts that were started together do not all come at once.
            await asyncio.sleep(_EVERY * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            try:
                await self._swept()
            except LumosError as e:
                self._log.warning("old records are not deleted now: %s", e)
            except Exception as e:  # noqa: BLE001 - a database that is away for now must not end the sweeping
                self._log.warning("old records are not deleted now: %r", e)

    async def _swept(self) -> None:
        async with self._connect() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
                return
            try:
                count = await self._purge(time.time() - self._days * _DAY)
            finally:
                await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)
        if count:
            self._log.info("%d records older than %g days are deleted", count, self._days)
