"""A host's dealings with its marketplaces: one object for the command line, and for whoever has a host running."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Self

from lumosai_marketplace.client import own
from lumosai_marketplace.client import update as updating
from lumosai_marketplace.client.audit import Finding, audit
from lumosai_marketplace.client.index import Index
from lumosai_marketplace.client.install import Installed, Options, install, is_whole
from lumosai_marketplace.client.keeper import Keeper
from lumosai_marketplace.client.lock import Locked
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.client.source import Trust
from lumosai_marketplace.errors import IndexUnavailableError
from lumosai_marketplace.names import Name
from lumosai_marketplace.trust.rules import LOCAL


class Session:
    """Connections to indexes, and what was learned of whom to trust. Use it with ``async with``.

    Everything raises LumosError; a RefusedError says by its rule who refused, and has left no file.
    """

    def __init__(self, market: Market, options: Options) -> None:
        self.market = market
        self.options = options
        self._keeper = Keeper(market)
        self._indexes: dict[str, Index] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(i.aclose() for i in self._indexes.values()))
        self._indexes.clear()

    def index(self, url: str) -> Index:
        """Return the index at *url*. Raises InputError, RefusedError ``index.insecure``."""
        if url not in self._indexes:
            self._indexes[url] = Index(url)
        return self._indexes[url]

    async def trust(self, url: str) -> Trust:
        """Ask whom to believe about an index, or about one's own work.

        Raises RefusedError ``tuf.*``, ``trust.own``, IndexUnavailableError.
        """
        if url == LOCAL:
            return await asyncio.to_thread(self._keeper.known, url)
        self.options.told("trust", f"asking {url} whom to trust", 0, 0)
        return await self._keeper.refresh(url)

    async def install(self, wanted: Wanted, index: str | None = None) -> Installed:
        """Install a plugin; one that is installed keeps its version, and is put back if it was changed."""
        lock = await asyncio.to_thread(self.market.read_lock)
        locked = lock.plugins.get(wanted.name)
        if locked is not None and own.is_own(locked) and index is None:
            return await self._own(wanted, locked)
        source = self.index(self.market.index_of(wanted.name, locked, index))
        if locked is not None and wanted.versions.contains(locked.version, prereleases=True):
            wanted = Wanted(wanted.name, wanted.versions, wanted.pre, exactly=locked.sha256)
        return await install(self.market, source, await self.trust(source.url), wanted, self.options)

    async def _own(self, wanted: Wanted, locked: Locked) -> Installed:
        """Return what is installed of one's own, if it is: no index has it."""
        if not wanted.versions.contains(locked.version, prereleases=True):
            raise own.nowhere(locked, f"no index is asked for {wanted.name}{wanted.versions}")
        if not await is_whole(self.market, locked):
            raise own.nowhere(locked, "the store does not have it, and no index does")
        return Installed(locked, locked.version, changed=False)

    async def restore(self) -> list[Installed]:
        """Install all that the lock names, exactly that."""
        lock = await asyncio.to_thread(self.market.read_lock)
        return [await self.install(Wanted(name)) for name in lock.plugins]

    async def update(self, names: Sequence[Wanted] = ()) -> list[Installed]:
        """Bring plugins (all, where none is named) to their newest version."""
        lock = await asyncio.to_thread(self.market.read_lock)
        wanted = names or [Wanted(n) for n, p in lock.plugins.items() if not own.is_own(p)]
        done = []
        for each in wanted:
            locked = updating.installed(self.market, each.name)
            if own.is_own(locked):
                raise own.nowhere(locked, "its next version is the one that you build")
            source = self.index(locked.index)
            trust = await self.trust(source.url)
            done.append(await updating.update(self.market, source, trust, each, self.options))
        return done

    async def rollback(self, name: Name, to: str | None = None) -> Installed:
        """Bring a plugin back to an earlier version: without a network, if that is in the store."""
        locked = updating.installed(self.market, name)
        source = None if own.is_own(locked) else self.index(locked.index)
        try:
            trust = await self.trust(locked.index)
        except IndexUnavailableError:
            trust = await asyncio.to_thread(self._keeper.known, locked.index)
        return await updating.rollback(self.market, source, trust, name, to, self.options)

    async def remove(self, name: Name) -> Locked:
        """Remove a plugin."""
        return await asyncio.to_thread(updating.remove, self.market, name)

    async def audit(self) -> list[Finding]:
        """Look whether what is installed is still as it should be."""
        return await audit(self.market, self)
