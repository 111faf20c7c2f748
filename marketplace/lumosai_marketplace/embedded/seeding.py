"""Filling an embedded marketplace: each plugin is built, signed by its author, and uploaded as anybody's would be."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lumosai_marketplace.embedded import people
from lumosai_marketplace.embedded.sources import Source
from lumosai_sdk.errors import LumosError, NotFoundError

if TYPE_CHECKING:
    from lumosai_marketplace.client.index import Index
    from lumosai_marketplace.client.publish import Signed
    from lumosai_marketplace.client.source import Trust
    from lumosai_marketplace.embedded.serving import Embedded

log = logging.getLogger("lumosai.marketplace")
State = Literal["waiting", "building", "signing", "uploading", "there", "left out"]
Build = Callable[[Source, Path], Awaitable[Path]]
"""Makes a wheel of a plugin's sources in a folder. Raises LumosError."""


@dataclass(eq=False)
class Seed:
    """A plugin on its way into the marketplace. ``why`` and ``hint`` tell why it was left out."""

    source: Source
    state: State = "waiting"
    why: str = ""
    hint: str = ""
    new: bool = False
    settled: asyncio.Event = field(default_factory=asyncio.Event)


class Seeding:
    """Fills a marketplace. What it has is not published again, also where the sources have changed: a version stays.

    ``folder`` is for what is made on the way: wheels, and what the author knows of the marketplace.
    """

    def __init__(self, embedded: Embedded, folder: Path, plugins: Iterable[Source], build: Build) -> None:
        self.seeds = [Seed(s) for s in plugins]
        self._embedded = embedded
        self._folder = folder
        self._build = build
        self._trusted: Trust | None = None
        self._token = ""

    def find(self, plugin: str) -> Seed | None:
        """Return the seed of ``hash``, or None."""
        return next((s for s in self.seeds if s.source.name.plugin == plugin), None)

    async def run(self) -> None:
        """Publish what is not there yet, one after the other; what cannot be is left out, and says why."""
        from lumosai_marketplace.client.index import Index

        try:
            await people.settle(self._embedded)
            async with Index(self._embedded.url) as index:
                missing = [s for s in self.seeds if not await self._is_there(index, s)]
                for seed in missing:
                    await self._sow(index, seed)
        finally:
            for seed in self.seeds:
                seed.settled.set()

    async def _is_there(self, index: Index, seed: Seed) -> bool:
        source = seed.source
        try:
            project = await index.project(source.name)
        except NotFoundError:
            return False
        if not any(str(f.version) == source.version for f in project.files):
            return False
        seed.state = "there"
        seed.settled.set()
        if (known := self._digests().get(source.name.wire)) and known != await asyncio.to_thread(source.digest):
            log.debug("%s %s stays as it was published; its sources have changed", source.name, source.version)
        return True

    async def _sow(self, index: Index, seed: Seed) -> None:
        try:
            await self._publish(index, seed)
        except LumosError as e:
            seed.state, seed.why, seed.hint = "left out", e.message, e.hint or ""
        except BaseException as e:
            seed.state, seed.why = "left out", f"{type(e).__name__}: {e}"
            raise
        finally:
            seed.settled.set()

    async def _publish(self, index: Index, seed: Seed) -> None:
        from lumosai_marketplace.client import publish

        source, seed.state = seed.source, "building"
        digest = await asyncio.to_thread(source.digest)
        wheel = await self._build(source, self._folder / "wheels" / source.name.plugin)
        seed.state = "signing"
        signed = await self._signed(wheel)
        seed.state = "uploading"
        self._token = self._token or await people.upload_token(self._embedded)
        await publish.upload(self._embedded.url, self._token, signed)
        await publish.follow(index, source.name, source.version, signed.wheel.sha256)
        self._remember(source, digest)
        seed.state, seed.new = "there", True

    async def _signed(self, wheel: Path) -> Signed:
        from lumosai_marketplace.client import publish

        trust = self._trusted = self._trusted or await self._trust()
        token = await asyncio.to_thread(people.identity_token, self._embedded.service)
        return await asyncio.to_thread(publish.sign, wheel, trust, token)

    async def _trust(self) -> Trust:
        """Learn whom to sign with, as any author does."""
        from lumosai_marketplace.client.keeper import Keeper, trust_root
        from lumosai_marketplace.client.market import Market

        author = self._folder / "author"
        market = Market.at(author, author)
        trust_root(market, self._embedded.url, self._embedded.root)
        return await Keeper(market).refresh(self._embedded.url)

    # --- what was published of which sources

    def _digests(self) -> dict[str, str]:
        try:
            found = json.loads((self._folder / "sources.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _remember(self, source: Source, digest: str) -> None:
        from lumosai_marketplace import durable

        self._folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**self._digests(), source.name.wire: digest}, indent=1, sort_keys=True)
        durable.replace(self._folder / "sources.json", text.encode(), 0o644)
