"""The events of a run as a stream: those of one that was just started, and those of any run, from its record on."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from lumosai.gateway.asgi import Scope
from lumosai.gateway.peers.follow import Follow
from lumosai.gateway.peers.peers import Peers
from lumosai.gateway.problems import recorded, shown_event
from lumosai.gateway.reply import Header
from lumosai.gateway.stream import EventReply, frame
from lumosai.gateway.ticker import Ticker
from lumosai.gateway.told import Told
from lumosai.runs.state import TERMINAL
from lumosai_sdk.errors import ConflictError
from lumosai_sdk.types.events import Event, RunFailed

AHEAD = 4096
SURE = 2  # a record says that its run has stopped before the last events are in: it is looked at once more
FELL_BEHIND = "the run was cancelled, or its events were not taken fast enough"
ENDED = frozenset(e.type for e in TERMINAL)


def run_header(run_id: str) -> list[Header]:
    """Return the header that names the run."""
    return [(b"x-lumos-run", run_id.encode())]


async def opened(events: AsyncGenerator[Event, None]) -> Event:
    """Return the first event. Raises what kept the run from starting: there is still time for a status."""
    try:
        first = await anext(events)
    except StopAsyncIteration:
        raise ConflictError("the run ended before it began") from None
    if isinstance(first, RunFailed):
        async for _ in events:
            pass  # until the failure is recorded
        raise recorded(first.error)
    return first


async def streamed(scope: Scope, events: AsyncGenerator[Event, None], run_id: str) -> EventReply:
    """Return the answer that sends a run's events as they happen. Raises LumosError when it cannot start."""
    return EventReply(_frames(scope, await opened(events), events), run_header(run_id))


async def _frames(scope: Scope, first: Event, events: AsyncGenerator[Event, None]) -> AsyncGenerator[bytes, None]:
    last = first
    async with aclosing(events):
        yield event_frame(scope, first)
        async for last in events:
            yield event_frame(scope, last)
    if not isinstance(last, TERMINAL):
        yield frame("error", {"code": "stream_ended", "message": f"{FELL_BEHIND}; GET /v1/runs/{last.run_id} tells"})


def event_frame(scope: Scope, event: Event) -> bytes:
    """Return an event as a frame: its type, its ``seq`` as id, itself as data, as far as the caller may see it."""
    return _told_frame(scope, event.to_json())


def _told_frame(scope: Scope, event: Mapping[str, Any]) -> bytes:
    shown = shown_event(scope, event)
    if shown is not event or not isinstance(event, Told):
        return _made(event, shown)
    if event.frame is None:
        event.frame = _made(event, event)
    return event.frame


def _made(event: Mapping[str, Any], shown: Mapping[str, Any]) -> bytes:
    return frame(str(event["type"]), shown, int(event["seq"]))


class _Live:
    """What happens in a run, as far as its follower has taken it."""

    def __init__(self, ticker: Ticker) -> None:
        self._ticker = ticker
        self._events: deque[Mapping[str, Any]] = deque()
        self._wake = asyncio.Event()
        self.lost = False

    def take(self, event: Mapping[str, Any]) -> None:
        self.lost = self.lost or len(self._events) >= AHEAD
        if not self.lost:
            self._events.append(event)
        self._wake.set()

    def lose(self) -> None:
        """Note that events were missed."""
        self.lost = True
        self._wake.set()

    async def batch(self) -> list[Mapping[str, Any]]:
        """Return what happened, waiting a moment where that is nothing."""
        if not self._events and not self.lost:
            self._wake.clear()
            await self._ticker.wait(self._wake)
        out = list(self._events)
        self._events.clear()
        return out


async def followed(scope: Scope, peers: Peers, run_id: str, after: int) -> AsyncGenerator[bytes, None]:
    """Yield the events of a run with ``seq`` above *after*: the recorded ones, then what happens, until the run stops.

    What happens where it cannot be heard, or faster than it is taken, is read from the record; only pieces of text are
    lost then.
    """
    live = _Live(peers.ticker)
    follow = Follow(peers, run_id, live.take, live.lose)
    stopped = 0
    try:
        while stopped < SURE:
            live.lost = False
            record = await follow.join(await peers.runs.get(run_id))
            stopped = 0 if record.status == "running" else stopped + 1
            for stored in await follow.events(after):
                after, kind = int(stored["seq"]), str(stored["type"])
                yield _told_frame(scope, stored)
                if kind in ENDED:
                    stopped = SURE if record.status != "running" else 0
            while stopped < SURE:
                events = [e for e in await live.batch() if e["seq"] > after]
                if events:
                    after = events[-1]["seq"]
                    yield b"".join(_told_frame(scope, e) for e in events)
                    stopped = SURE if events[-1]["type"] in ENDED else stopped
                elif live.lost or not follow.is_live:
                    break  # the record may know more
    finally:
        follow.close()
