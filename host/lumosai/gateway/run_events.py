"""The events of a run as a stream: those of one that was just started, and those of any run, from its record on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from lumosai.gateway.asgi import Scope
from lumosai.gateway.problems import recorded, shown_event
from lumosai.gateway.reply import Header
from lumosai.gateway.stream import EventReply, frame
from lumosai.host import Host
from lumosai.runs.service import TERMINAL
from lumosai_sdk.errors import ConflictError
from lumosai_sdk.types.events import Event, RunFailed

POLL = 1.0
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
    return frame(event.type, shown_event(scope, event.to_json()), event.seq)


async def followed(scope: Scope, host: Host, run_id: str, after: int) -> AsyncGenerator[bytes, None]:
    """Yield the events of a run with ``seq`` above *after*: the recorded ones, then what happens, until the run stops.

    What happens in another process, or faster than it is taken, is read from the record; only pieces of text are
    lost then.
    """
    live: asyncio.Queue[Event] = asyncio.Queue(AHEAD)

    def take(event: Event) -> None:
        if not live.full():
            live.put_nowait(event)

    stop = host.bus.listen(take, run_id)
    stopped = 0
    try:
        while stopped < SURE:
            record = await host.runs.get(run_id)
            stopped = 0 if record.status == "running" else stopped + 1
            for stored in await host.storage.events(run_id, after):
                after, kind = int(stored["seq"]), str(stored["type"])
                yield frame(kind, shown_event(scope, stored), after)
                if kind in ENDED:
                    stopped = SURE if record.status != "running" else 0
            while stopped < SURE and (event := await _next(live)) is not None:
                if event.seq > after:
                    after = event.seq
                    yield event_frame(scope, event)
                    stopped = SURE if isinstance(event, TERMINAL) else stopped
    finally:
        stop()


async def _next(live: asyncio.Queue[Event]) -> Any:
    try:
        async with asyncio.timeout(POLL):
            return await live.get()
    except TimeoutError:
        return None
