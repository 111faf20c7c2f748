"""Who has a worker: a seat for each tenant, and no more workers at once than there may be."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from lumosai_sandbox.jail.house import House, of_loop
from lumosai_sandbox.jail.link import Link
from lumosai_sandbox.turns import Gate, Turns


@dataclass(slots=True, eq=False)
class Seat:
    """A tenant's place: its worker, if it has one now, and the order of its calls."""

    name: Hashable
    turns: Turns
    link: Link | None = None
    users: int = 0
    """Calls that run or wait."""


class Seats:
    """The seats of one plugin. The worker unused longest gives way to one that is needed."""

    def __init__(self, plugin: str, concurrency: int, workers: int) -> None:
        """Let every seat run *concurrency* calls at once, and *workers* seats have a worker."""
        self._plugin = plugin
        self._concurrency = concurrency
        self._seats: OrderedDict[Hashable, Seat] = OrderedDict()
        self._gate = Gate(workers)
        self._house: House | None = None

    def take(self, name: Hashable) -> Seat:
        """Return the seat of *name* for a call; ``give_back`` after it."""
        seat = self._seats.get(name)
        if seat is None:
            seat = self._seats[name] = Seat(name, Turns(self._plugin, self._concurrency))
        else:
            self._seats.move_to_end(name)
        seat.users += 1
        return seat

    def give_back(self, seat: Seat) -> None:
        """End a call."""
        seat.users -= 1
        if seat.users:
            return
        if seat.link is None:
            self._seats.pop(seat.name, None)
        elif self._gate.waiting or (self._house is not None and self._house.crowded):
            seat.link.close()

    async def enter(self) -> None:
        """Make room for one more worker, whose end is told by ``left``."""
        if not self._gate.enter_now():
            if (idle := self.idle) is not None:
                idle.close()
            await self._gate.enter()
        self._house = of_loop(asyncio.get_running_loop())
        try:
            await self._house.enter(self)
        except BaseException:
            self._gate.leave()
            raise

    def leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """A worker of *loop* is no more, or was not started."""
        self._gate.leave()
        of_loop(loop).leave()

    @property
    def idle(self) -> Link | None:
        """The worker without a call that is so for longest."""
        return next((s.link for s in self._seats.values() if s.link is not None and not s.users), None)

    def left(self, link: Link) -> None:
        """The worker of a seat is no more."""
        for seat in list(self._seats.values()):
            if seat.link is link:
                seat.link = None
                if not seat.users:
                    del self._seats[seat.name]
        self.leave(link.loop)

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return self._gate.waiting + sum(s.turns.waiting for s in self._seats.values())

    @property
    def links(self) -> list[Link]:
        """The workers there are."""
        return [s.link for s in self._seats.values() if s.link is not None]

    def close(self, error: Exception) -> None:
        """Turn those away who wait."""
        self._gate.turn_away(error)
        for seat in self._seats.values():
            seat.turns.close()
