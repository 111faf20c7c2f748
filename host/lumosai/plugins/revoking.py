"""What indexes revoke, in a running host: asked for now and then, and how old the answer is."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Container, Iterable
from pathlib import Path
from random import uniform
from typing import TYPE_CHECKING, TypeVar

from lumosai.plugins.index import Delivered, Record, is_delivered
from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    from lumosai_marketplace.client.market import Market

T = TypeVar("T")
SOON = (2.0, 10.0)
"""Seconds after the start at which the first look is taken, where one is due: the start itself waits for nothing."""
AGAIN = 900.0
"""Seconds to the next try where an index could not be asked."""


def stale(records: Iterable[Record], delivered: Delivered) -> dict[str, str]:
    """Return, by index, why its plugins go by revocations that are too old; nothing where none is from an index."""
    urls = {r["delivered"]["index"] for r in records if is_delivered(r)}
    if not urls:
        return {}
    from lumosai_marketplace.client.freshness import stale

    return stale(Path(delivered.revoked).parent, sorted(urls), time.time())


def is_held_back(record: Record, refused: Container[str]) -> bool:
    """Tell whether a plugin is from one of the indexes whose plugins are *refused*."""
    return is_delivered(record) and record["delivered"]["index"] in refused


class Refresher:
    """Asks the indexes of installed plugins what they revoke, every *interval* seconds, give or take a quarter.

    Only an index whose root the owner trusts is asked: without one there is no network. What it tells lands where every
    host of these files sees it; *on_fresh* is called after a round in which all have answered.
    """

    def __init__(
        self,
        delivered: Delivered,
        interval: float,
        *,
        on_fresh: Callable[[], Awaitable[object]],
        on_error: Callable[[str], None],
    ) -> None:
        self._delivered = delivered
        self._interval = interval
        self._on_fresh = on_fresh
        self._on_error = on_error
        self._told: dict[str, str] = {}

    async def run(self) -> None:
        """Refresh until cancelled; at once nothing is done where the owner wants none."""
        if not self._interval:
            return
        await asyncio.sleep(await asyncio.to_thread(self._first))
        while True:
            fine = await self.once()
            pause = self._interval if fine else min(self._interval, AGAIN)
            await asyncio.sleep(pause * uniform(0.75, 1.25))  # noqa: S311 - not all hosts at one moment

    async def once(self) -> bool:
        """Ask every index now; return whether all have answered. What goes wrong is told once, and not each time."""
        try:
            urls = await asyncio.to_thread(self._urls)
        except LumosError as e:
            self._tell("", e.message)
            return False
        done = [await self._ask(url) for url in urls]
        if urls and all(done):
            await self._on_fresh()
        return all(done)

    async def _ask(self, url: str) -> bool:
        try:
            await _in_daemon(lambda: _refresh(self._market(), url))
        except LumosError as e:
            self._tell(url, f"what {url} revokes could not be asked: {e.message}")
            return False
        except Exception as e:  # noqa: BLE001 - one round that fails must not be the last one
            self._tell(url, f"what {url} revokes could not be asked: {type(e).__name__}")
            return False
        self._told.pop(url, None)
        return True

    def _tell(self, url: str, text: str) -> None:
        if self._told.get(url) != text:
            self._told[url] = text
            self._on_error(text)

    def _first(self) -> float:
        """Return how long the first look can wait: that there was one before the start counts."""
        from lumosai_marketplace.client.freshness import freshness

        soon, now = uniform(*SOON), time.time()  # noqa: S311
        try:
            seen = [freshness(self._market().folder, u) for u in self._urls()]
        except LumosError:
            return soon
        if any(s.is_stale(now) for s in seen):
            return soon
        return max(soon, min((s.refreshed for s in seen), default=now) + self._interval - now)

    def _urls(self) -> list[str]:
        """Return the indexes of installed plugins that the owner trusts. Raises ConfigError."""
        from lumosai_marketplace.client.keeper import root_path
        from lumosai_marketplace.trust.rules import LOCAL

        market = self._market()
        urls = sorted({p.index for p in market.read_lock().plugins.values()} - {LOCAL})
        return [u for u in urls if root_path(market, u).is_file()]

    def _market(self) -> Market:
        from lumosai_marketplace.client.market import Market

        lock = Path(self._delivered.lock)
        return Market.at(lock.parent, Path(self._delivered.store).parent, lock=lock)


def _refresh(market: Market, url: str) -> None:
    from lumosai_marketplace.client.keeper import Keeper

    keeper = Keeper(market)
    keeper.read(url, keeper.client(url).refresh())


async def _in_daemon(work: Callable[[], T]) -> T:
    """Do *work* in a thread that the end of the process does not wait for: all it writes, it writes in one step."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as e:  # noqa: BLE001 - whoever waits for it is told
            error = e
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:
            return  # the loop has ended, and nobody waits any more

    threading.Thread(target=run, name="lumos-revocations", daemon=True).start()
    return await future
