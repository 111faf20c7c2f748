"""What becomes of installed plugins: newer versions, earlier ones, none."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path

from packaging.specifiers import SpecifierSet

from lumosai_marketplace.client import lock as locks
from lumosai_marketplace.client import own, stored
from lumosai_marketplace.client.install import Installed, Options, install
from lumosai_marketplace.client.lock import Locked
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.client.source import Source, Trust
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.store import gc
from lumosai_sdk.errors import ConflictError, NotFoundError


async def update(market: Market, source: Source, trust: Trust, wanted: Wanted, options: Options) -> Installed:
    """Bring an installed plugin to the newest version wanted. Raises NotFoundError, and what ``install`` does."""
    installed(market, wanted.name)
    done = await install(market, source, trust, wanted, options)
    if done.changed:
        await asyncio.to_thread(clean, market)
    return done


async def rollback(
    market: Market, source: Source | None, trust: Trust, name: Name, to: str | None, options: Options
) -> Installed:
    """Go back to the version *to*, or to the one before. It is verified as any other.

    A version that is still in the store is taken from there: *source* is asked for others. Raises NotFoundError,
    ConflictError when there is none before, and what ``install`` raises.
    """
    locked = installed(market, name)
    if (found := await asyncio.to_thread(stored.earlier, market, locked, to)) is not None:
        return await stored.back(market, trust, locked, found, options)
    if source is None:
        raise own.nowhere(locked, f"the store has no {to or 'earlier'} version of it")
    versions = SpecifierSet(f"=={to}" if to else f"<{locked.version}")
    wanted = Wanted(name, versions, pre=to is not None, older=True)
    try:
        return await install(market, source, trust, wanted, options)
    except RefusedError as e:
        if e.rule == "index.none" and to is None:
            raise ConflictError(f"there is no version of {name} before {locked.version}") from None
        raise


def remove(market: Market, name: Name) -> Locked:
    """Take a plugin out of the lock, and what nobody else needs out of the store. Raises NotFoundError."""
    with market.store.guard():
        lock = market.read_lock()
        if name not in lock.plugins:
            raise _absent(market, name)
        locks.write(market.lock, lock.without(name))
        gc.collect(market.store, named)
    return lock.plugins[name]


def clean(market: Market) -> list[str]:
    """Take out of the store what no lock names, but for what a rollback needs."""
    with market.store.guard():
        return gc.collect(market.store, named)


def named(lock: Path) -> Collection[str]:
    """Return the wheels that a lock names. Raises ConfigError."""
    return {p.sha256 for p in locks.read(lock).plugins.values()}


def installed(market: Market, name: Name) -> Locked:
    """Return what the lock says of a plugin. Raises NotFoundError, ConfigError."""
    locked = market.read_lock().plugins.get(name)
    if locked is None:
        raise _absent(market, name)
    return locked


def _absent(market: Market, name: Name) -> NotFoundError:
    known = [str(n) for n in market.read_lock().plugins]
    return NotFoundError("plugin from a marketplace", str(name), known, hint="lumos plugin list")
