"""The connections, made when they are first needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lumosai_plugins.postgres.schema import migrate
from lumosai_plugins.postgres.settings import HINT, Settings
from lumosai_plugins.postgres.writer import closed
from lumosai_sdk.errors import MissingExtraError, StorageError


class Pool:
    """Connections of one event loop to one database."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: Any = None
        self._opening = asyncio.Lock()
        self._closed = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """Lend a connection whose search path is the schema. Raises what the driver raises, or StorageError."""
        pool = self._pool or await self._opened()
        async with pool.acquire(timeout=self._settings.timeout) as connection:
            yield connection

    async def _opened(self) -> Any:
        async with self._opening:
            if self._closed:
                raise closed()
            if self._pool is None:
                self._pool = await self._made()
        return self._pool

    async def _made(self) -> Any:
        try:
            import asyncpg
        except ImportError:
            raise MissingExtraError("the storage 'postgres'", "postgres") from None
        settings = self._settings
        dsn = settings.dsn.reveal()
        try:
            connection = await asyncpg.connect(dsn, timeout=settings.timeout)
        except ValueError:
            # Not told further: where a URL is not one, the driver's words may have a part of the password in them.
            raise StorageError("PostgreSQL: dsn is no URL of a database", hint=HINT) from None
        try:
            await migrate(connection, settings.schema)
        finally:
            await connection.close()
        return await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=settings.pool,
            timeout=settings.timeout,
            command_timeout=settings.timeout,
            server_settings={"search_path": f'"{settings.schema}"', "application_name": "lumosai"},
        )

    async def aclose(self, seconds: float) -> None:
        """Close the connections, those in use after so many *seconds* at the latest."""
        self._closed = True
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            await asyncio.wait_for(pool.close(), seconds)
        except TimeoutError:
            pool.terminate()
