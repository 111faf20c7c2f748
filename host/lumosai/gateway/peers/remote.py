"""A run of a sibling, as it is followed here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from lumosai.gateway.peers.connection import Connection
from lumosai.gateway.peers.errors import GoneError
from lumosai_sdk.errors import LumosError

Take = Callable[[Mapping[str, Any]], None]


class RemoteRun:
    """Events of a run come once over the connection, and go to all who follow it here.

    It is ``over`` when no more come: the run has stopped, or the sibling is out of reach. Then the record tells more.
    """

    def __init__(self, connection: Connection, run_id: str) -> None:
        self.connection = connection
        self.run_id = run_id
        self.over = False
        self._takes: dict[object, tuple[Take, Callable[[], None]]] = {}
        self._asked: asyncio.Task[bool] | None = None

    def __len__(self) -> int:
        return len(self._takes)

    async def join(self, key: object, take: Take, on_lost: Callable[[], None]) -> None:
        """Let *take* have what happens from now on. Raises GoneError when the sibling does not answer."""
        self._takes[key] = (take, on_lost)
        if self._asked is None:
            self._asked = asyncio.create_task(self._ask())
        if not await asyncio.shield(self._asked):
            raise GoneError(f"the process {self.connection.host_id} was not to be asked")

    async def _ask(self) -> bool:
        try:
            answer = await self.connection.ask("follow", {"run": self.run_id})
        except LumosError:
            self.end()
            return False
        if not (isinstance(answer, dict) and answer.get("active")):
            self.end()
        return True

    def leave(self, key: object) -> None:
        """Let somebody have no more."""
        self._takes.pop(key, None)

    def take(self, event: Mapping[str, Any]) -> None:
        """Give an event to all who follow."""
        for take, _ in tuple(self._takes.values()):
            take(event)

    def end(self, *, lost: bool = False) -> None:
        """Take no more; *lost* when some may have been missed, which is told to all who follow."""
        if self.over:
            return
        self.over = True
        takes, self._takes = self._takes, {}
        for _, on_lost in takes.values():
            if lost:
                on_lost()
