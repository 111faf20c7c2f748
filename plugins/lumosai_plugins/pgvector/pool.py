"""The connections, made when they are first needed; vectors cross them in pgvector's binary form."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lumosai_plugins.pgvector.codec import pack, unpack
from lumosai_plugins.pgvector.errors import explain
from lumosai_plugins.pgvector.schema import prepare
from lumosai_plugins.pgvector.settings import HINT, Settings
from lumosai_sdk.errors import LumosError, MissingExtraError, StorageError


class Pool:
    """Connections of one event loop to one database."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: Any = None
        self._opening = asyncio.Lock()
        self._closed = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """Lend a connection within a transaction. Raises LumosError, also for what the driver raises."""
        try:
            async with asyncio.timeout(self._settings.timeout):
                pool = self._pool or await self._opened()
                async with pool.acquire() as connection, connection.transaction():
                    yield connection
        except (LumosError, asyncio.CancelledError):
            raise
        except Exception as e:
            raise explain(e) from e

    async def _opened(self) -> Any:
        async with self._opening:
            if self._closed:
                raise StorageError("the vector store 'pgvector' is closed")
            if self._pool is None:
                self._pool = await self._made()
        return self._pool

    async def _made(self) -> Any:
        try:
            import asyncpg
        except ImportError:
            raise MissingExtraError("the vector store 'pgvector'", "pgvector") from None
        settings = self._settings
        dsn = settings.dsn.reveal()
        try:
            first = await asyncpg.connect(dsn, timeout=settings.timeout)
        except ValueError:
            # Not told further: where a URL is not one, the driver's words may have a part of the password in them.
            raise StorageError("PostgreSQL: dsn is no URL of a database", hint=HINT) from None
        try:
            extension = await prepare(first, settings.schema)
        finally:
            await first.close()

        async def init(connection: Any) -> None:
            await connection.set_type_codec("vector", schema=extension, encoder=pack, decoder=unpack, format="binary")

        path = f'"{settings.schema}", "{extension}"'
        return await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=settings.pool,
            timeout=settings.timeout,
            init=init,
            server_settings={"search_path": path, "application_name": "lumosai", "jit": "off"},
        )

    async def aclose(self) -> None:
        """Close the connections, those in use after a while at the latest."""
        self._closed = True
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            await asyncio.wait_for(pool.close(), self._settings.timeout)
        except TimeoutError:
            pool.terminate()
