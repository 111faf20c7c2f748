"""How many workers all plugins together have: each is bounded, and so is their number."""

from __future__ import annotations

import asyncio
from typing import Protocol
from weakref import WeakKeyDictionary, WeakSet

from lumosai_sandbox.jail.link import Link
from lumosai_sandbox.turns import Gate

MOST = 64
"""Workers at once. Where all are there, the idle one unused longest gives way, whosever it is."""


class Plugin(Protocol):
    """Whose workers they are."""

    @property
    def idle(self) -> Link | None:
        """The one of its workers without a call that is so for longest."""
        ...


class House:
    """The workers on one event loop. Whoever entered leaves when its worker is no more."""

    def __init__(self, most: int = MOST) -> None:
        self._gate = Gate(most)
        self._plugins: WeakSet[Plugin] = WeakSet()

    @property
    def crowded(self) -> bool:
        """Whether somebody waits for a worker."""
        return self._gate.waiting > 0

    async def enter(self, plugin: Plugin) -> None:
        """Make room for one more worker, of *plugin*."""
        self._plugins.add(plugin)
        if self._gate.enter_now():
            return
        if idle := [link for p in self._plugins if (link := p.idle) is not None]:
            min(idle, key=lambda link: link.used_at).close()
        await self._gate.enter()

    def leave(self) -> None:
        """A worker is no more, or was not started."""
        self._gate.leave()


_houses: WeakKeyDictionary[asyncio.AbstractEventLoop, House] = WeakKeyDictionary()


def of_loop(loop: asyncio.AbstractEventLoop) -> House:
    """Return the house of an event loop; nearly every process has one."""
    found = _houses.get(loop)
    if found is None:
        found = _houses[loop] = House()
    return found
