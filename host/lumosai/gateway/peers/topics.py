"""Broadcast topics across processes: what each wants of the others, and the events that go there, in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from lumosai.gateway.peers import bounds, wire
from lumosai.gateway.peers.connection import Connection, Data
from lumosai.gateway.peers.errors import FrameError
from lumosai.gateway.reply import dump
from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    from lumosai.gateway.peers.peers import Peers

KINDS = frozenset({"run", "plugin", "system"})
"""What can be wanted: the first words of the types of events."""


@dataclass(frozen=True, slots=True)
class Outline:
    """An event as those who follow a broadcast topic get it: its topics, whose it is (None: no caller's), JSON."""

    kind: str
    topics: tuple[str, ...]
    owner: str | None
    body: bytes


class _Broadcast(Protocol):
    def want(self, kinds: frozenset[str]) -> None:
        """Give the outlines of events of these kinds to ``PeerTopics.take``, no others."""

    def told(self, outline: Outline, event: dict[str, Any]) -> None:
        """Take what happened in a sibling."""

    def gap(self) -> None:
        """Tell who follows that something may have been missed."""


class PeerTopics:
    """Wants of siblings what is followed here, and sends them what they want. Where nobody wants, nothing is done."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self.broadcast: _Broadcast | None = None
        self._wanted: frozenset[str] = frozenset()
        self._told: dict[Connection, frozenset[str]] = {}
        """What siblings have been told is wanted of them."""
        self._parting: set[Connection] = set()
        self._attending: asyncio.Task[None] | None = None
        self._asking: dict[str, asyncio.Lock] = {}
        self._wants: dict[Connection, frozenset[str]] = {}
        self._waiting: list[Outline] = []
        self._size = 0
        peers.asks.update(want=self._take_want)
        peers.notes.update(told=self._take_told, here=self._here, bye=self._bye)

    # --- what is wanted of siblings

    async def want(self, kinds: Iterable[str]) -> None:
        """Want the events of these kinds of all siblings; return when those have been told that can be."""
        self._wanted = frozenset(kinds)
        if self._attending is None or self._attending.done():
            self._attending = asyncio.create_task(self._attend(), name="lumos-peer-topics")
        await asyncio.gather(*(self._ask_for(other) for other in self._peers.siblings()))

    def unwant(self) -> None:
        """Want nothing more."""
        self._wanted = frozenset()

    async def _attend(self) -> None:
        """Tell siblings that come later, too, what is wanted, until that is nothing and all know."""
        while self._wanted or self._told:
            await asyncio.sleep(bounds.SCAN_SECONDS)
            await asyncio.gather(*(self._ask_for(other) for other in self._peers.siblings()))

    async def _ask_for(self, other: str) -> None:
        lock = self._asking.setdefault(other, asyncio.Lock())
        async with lock:
            wanted = self._wanted
            if not wanted and not any(c.host_id == other for c in self._told):
                return
            try:
                connection = await self._peers.link(other)
                if self._told.get(connection, frozenset()) != wanted:
                    self._told[connection] = wanted
                    await connection.ask("want", {"kinds": sorted(wanted)}, bounds.HELLO_SECONDS)
            except LumosError:
                return  # it is asked again, if it is still there
            if not wanted:
                self._told.pop(connection, None)

    def _here(self, connection: Connection, data: Data) -> None:  # noqa: ARG002 - as the others
        if self._wanted:
            self._peers.spawn(self._ask_for(connection.host_id))

    def _take_told(self, connection: Connection, data: Data) -> None:
        if self.broadcast is None or connection not in self._told:
            return
        for topics, owner, event in data["events"]:
            kind = str(event["type"]).partition(".")[0]
            self.broadcast.told(Outline(kind, tuple(map(str, topics)), owner, dump(event)), event)

    def _bye(self, connection: Connection, data: Data) -> None:  # noqa: ARG002 - as the others
        self._parting.add(connection)

    # --- what siblings want

    async def _take_want(self, connection: Connection, data: Data) -> None:
        kinds = data.get("kinds")
        if not isinstance(kinds, list):
            raise FrameError("kinds is a list")
        self._wants[connection] = KINDS & set(map(str, kinds))
        self._wanted_of_this()

    def _wanted_of_this(self) -> None:
        self._wants = {c: kinds for c, kinds in self._wants.items() if kinds}
        if self.broadcast is not None:
            self.broadcast.want(frozenset().union(*self._wants.values()))

    def take(self, outline: Outline) -> None:
        """Send what happened to the siblings that want it, with what else happens in a moment."""
        if not self._waiting:
            asyncio.get_running_loop().call_later(bounds.FLUSH_SECONDS, self._flush)
        self._waiting.append(outline)
        self._size += len(outline.body)
        if self._size > bounds.PART_BYTES:
            self._flush()

    def _flush(self) -> None:
        outlines, self._waiting, self._size = self._waiting, [], 0
        frames: dict[frozenset[str], bytes] = {}
        for connection, kinds in tuple(self._wants.items()):
            if kinds not in frames:
                frames[kinds] = _frame([o for o in outlines if o.kind in kinds])
            if frames[kinds]:
                connection.send(frames[kinds])

    # --- its end

    def ended(self, connection: Connection) -> None:
        """Let go what went over a connection."""
        if self._wants.pop(connection, None) is not None:
            self._wanted_of_this()
        told = self._told.pop(connection, None)
        if told and self.broadcast is not None and connection not in self._parting:
            self.broadcast.gap()
        self._parting.discard(connection)
        self._asking.pop(connection.host_id, None)

    async def aclose(self) -> None:
        """Send what waits, and say that no more comes."""
        self._flush()
        for connection in tuple(self._wants):
            connection.tell("bye")
        self.broadcast = None
        if self._attending is not None:
            self._attending.cancel()
            await asyncio.wait([self._attending])


def _frame(outlines: list[Outline]) -> bytes:
    """Return the frame that tells of events, or nothing for none."""
    if not outlines:
        return b""
    bodies = (b"[%b,%b,%b]" % (dump(o.topics), dump(o.owner), o.body) for o in outlines)
    return wire.note("told", events=wire.array(bodies))
