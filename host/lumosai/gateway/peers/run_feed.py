"""What a run of this process tells the siblings that follow it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lumosai.events.bus import EventBus
from lumosai.gateway.peers import bounds, wire
from lumosai.gateway.peers.connection import Connection
from lumosai.gateway.reply import dump
from lumosai.runs.state import TERMINAL
from lumosai_sdk.types.events import Event


class RunFeed:
    """The events of a run, each written once, however many siblings follow; all of one moment go in one frame."""

    def __init__(self, bus: EventBus, run_id: str, on_idle: Callable[[str], None]) -> None:
        self._run_id = run_id
        self._id = dump(run_id)
        self._on_idle = on_idle
        self._to: dict[Connection, None] = {}
        self._bodies: list[bytes] = []
        self._size = 0
        self._lost = self._ended = False
        self._stop = bus.listen(self._take, run_id)

    def add(self, connection: Connection) -> None:
        """Tell a sibling too, from now on."""
        self._to[connection] = None

    def remove(self, connection: Connection) -> None:
        """Tell a sibling no more."""
        self._to.pop(connection, None)
        if not self._to:
            self._stop()
            self._on_idle(self._run_id)

    def _take(self, event: Event) -> None:
        if not self._bodies and not self._lost:
            asyncio.get_running_loop().call_soon(self._flush)
        try:
            body = dump(event.to_json())
        except TypeError:
            body = b""
        if not body or len(body) > bounds.FRAME_BYTES - bounds.PART_BYTES:
            self._lost = True  # it goes by the record
        elif self._size + len(body) > bounds.PART_BYTES and self._bodies:
            self._send()
            self._add(body)
        else:
            self._add(body)
        self._ended = self._ended or isinstance(event, TERMINAL)

    def _add(self, body: bytes) -> None:
        self._bodies.append(body)
        self._size += len(body)

    def _flush(self) -> None:
        self._send()
        if self._lost or self._ended:
            word = b'"lost"' if self._lost else b'"ended"'
            self._tell(wire.note("over", run=self._id, why=word))
            for connection in tuple(self._to):
                self.remove(connection)

    def _send(self) -> None:
        if self._bodies:
            bodies, self._bodies, self._size = self._bodies, [], 0
            self._tell(wire.note("events", run=self._id, events=wire.array(bodies)))

    def _tell(self, frame: bytes) -> None:
        for connection in tuple(self._to):
            connection.send(frame)
