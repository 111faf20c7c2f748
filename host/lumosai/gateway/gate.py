"""What the operations of one service share: the host, and what is remembered between requests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from lumosai.gateway.direct import DirectModels
from lumosai.gateway.idempotency.book import Book
from lumosai.gateway.peers.peers import Peers
from lumosai.host import Host

MODELS_TTL = 15.0


class Gate:
    """The host as the gateway sees it."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.peers = Peers(host)
        self.direct = DirectModels(host)
        host.spending.ledger.keep(host.storage)
        self.book = Book(host)
        self.started = int(time.time())
        self.configuring = asyncio.Lock()
        self.background: set[asyncio.Task[None]] = set()
        self.models = Remembered(host.models, MODELS_TTL, lambda: host.registry.version)


@dataclass(slots=True)
class Remembered:
    """What a slow question was answered with, asked again after *ttl* seconds or when *version* has changed."""

    ask: Callable[[], Coroutine[Any, Any, Any]]
    ttl: float
    version: Callable[[], int]
    _value: Any = None
    _asked: tuple[float, int] | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self) -> Any:
        """Return the answer, asking once however many wait for it."""
        async with self._lock:
            now, version = time.monotonic(), self.version()
            if self._asked is None or now - self._asked[0] > self.ttl or self._asked[1] != version:
                self._value = await self.ask()
                # Asking may itself load plugins; what they answered is as new as that.
                self._asked = (now, self.version())
            return self._value
