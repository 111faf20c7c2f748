"""Connections to the index: SQLite in one file, or PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from lumosai_marketplace.log.store import READS
from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

    from lumosai_marketplace.service.settings import Settings

BUSY_SECONDS = 20
STATEMENT_SECONDS = 30


def make_engine(settings: Settings) -> AsyncEngine:
    """Return the engine. Nothing is connected to yet; raises ConfigError for a password that cannot be read."""
    if settings.database.url:
        return create_async_engine(
            _postgresql(settings),
            pool_size=settings.database.connections,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args={"timeout": BUSY_SECONDS, "command_timeout": STATEMENT_SECONDS},
        )
    settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.folder / "index.db"
    # Secrets of webhooks are in it; the files that SQLite puts beside it get its mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    made = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        pool_size=settings.database.connections,
        max_overflow=0,
        connect_args={"timeout": BUSY_SECONDS},
    )
    _tune_sqlite(made.sync_engine)
    return made


def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Return what makes sessions that may write. On SQLite one at a time has begun, the others wait for it."""
    return async_sessionmaker(engine, expire_on_commit=False)


def reads(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Return what makes sessions that only read, and never wait for who writes."""
    return async_sessionmaker(engine.execution_options(**{READS: True}), expire_on_commit=False, autoflush=False)


async def reachable(engine: AsyncEngine) -> None:
    """Raise ConfigError when the database cannot be had."""
    try:
        async with engine.connect():
            pass
    except (TimeoutError, OSError, DBAPIError, InterfaceError, OperationalError) as e:
        shown = engine.url.render_as_string(hide_password=True)
        why = type(e.__cause__ or e).__name__ if isinstance(e, DBAPIError) else str(e)
        raise ConfigError(
            f"the database {shown} cannot be had: {why}", hint="[database] url in marketplace.toml"
        ) from None


@asynccontextmanager
async def upgraded(engine: AsyncEngine) -> AsyncIterator[None]:
    """Bring the tables to this version's shape, and dispose of the engine at the end."""
    from lumosai_marketplace.service.db.migrate import upgrade

    try:
        await reachable(engine)
        await upgrade(engine)
        yield
    finally:
        await engine.dispose()


def _postgresql(settings: Settings) -> URL:
    url = make_url(settings.database.url).set(drivername="postgresql+asyncpg")
    password = settings.secret(settings.database.password)
    return url if password is None else url.set(password=password)


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: we do, below
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Who reads first and writes later cannot wait for another's write: SQLite refuses at once. So it begins as a
        # writer, unless it said that it only reads.
        only_reads = connection.get_execution_options().get(READS, False)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
