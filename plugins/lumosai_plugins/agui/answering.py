"""One request: a run is begun or gone on with, and its events are streamed until it stops, or the client is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ag_ui.encoder import EventEncoder

from lumosai_plugins.agui import reading, sharing
from lumosai_plugins.agui.frontend import ID
from lumosai_plugins.agui.telling import Telling
from lumosai_sdk.errors import ConflictError, LumosError, NotFoundError
from lumosai_sdk.types.runs import RunRequest

if TYPE_CHECKING:
    from ag_ui.core import BaseEvent, RunAgentInput

    from lumosai_sdk.types.auth import Principal
    from lumosai_sdk.types.events import Event
    from lumosai_sdk.types.services import TrustedServices

PING = 15.0
"""Seconds after which a silent stream says that it is there."""
_AHEAD = 64


class Answering:
    """Answers one request for an agent, on behalf of who asks."""

    def __init__(self, services: TrustedServices, agent: Mapping[str, Any], who: Principal) -> None:
        self._services = services
        self._agent = agent
        self._who = who

    async def answer(
        self, body: bytes, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Read the input and stream what comes of it. Raises LumosError for one that asks for nothing that can be."""
        given = reading.read(body)
        answers = reading.answers(given)
        if answers is None:
            request = await self._request(given)
            run, known, events = str(request.run_id), [], self._services.stream(request)
        else:
            record = await self._waiting(given, answers.run)
            decided = answers.decisions(record.pending)
            run, known = record.id, [p.call_id for p in record.pending]
            events = self._services.stream_resumed(run, decided, self._who)
        shared = reading.shared(given, known)
        telling = Telling(given.thread_id, given.run_id, known, shared if self._has(sharing.ID) else None)
        with sharing.sharing(run, shared):
            await _streamed(_told(events, telling), receive, send)

    def _has(self, tool: str) -> bool:
        return any(fnmatchcase(tool, t) for t in self._agent.get("tools", ()))

    async def _request(self, given: RunAgentInput) -> RunRequest:
        thread = await self._services.storage().get_thread(given.thread_id)
        return RunRequest(
            str(self._agent["id"]),
            reading.asked(given, is_new=thread is None),
            given.thread_id,
            f"run_{uuid4().hex}",
            principal=self._who,
            metadata={"via": "agui", "run": given.run_id},
            instructions=reading.instructions(given, has_frontend=self._has(ID), has_state=self._has(sharing.ID)),
        )

    async def _waiting(self, given: RunAgentInput, run: str) -> Any:
        record = await self._services.find_run(run, self._who)
        if record.agent != self._agent["id"] or record.thread_id != given.thread_id:
            raise NotFoundError("run", run[:100])
        if record.status != "suspended":
            raise ConflictError(f"run {run!r} is {record.status}, and waits for nothing")
        return record


async def _told(events: AsyncIterator[Event], telling: Telling) -> AsyncIterator[BaseEvent]:
    """Yield the events of a run as AG-UI's. However it ends, the last one says so."""
    for told in telling.started():
        yield told
    try:
        async with aclosing(events) as running:  # type: ignore[type-var]
            async for event in running:
                for told in telling.events(event):
                    yield told
    except LumosError as e:
        for told in telling.failed(str(e), e.code):
            yield told
    if not telling.is_over:
        for told in telling.failed("the run ended without an answer", "run_failed"):
            yield told


async def _streamed(
    events: AsyncIterator[BaseEvent], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Send events as they come. A client that goes cancels the run, one that reads slowly slows it."""
    ahead: asyncio.Queue[bytes | None] = asyncio.Queue(_AHEAD)
    pumping = asyncio.create_task(_pump(events, ahead))
    leaving = asyncio.create_task(_left(receive))
    sending = asyncio.create_task(_sent(ahead, send))
    tasks = {pumping, leaving, sending}
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in (pumping, sending):
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def _pump(events: AsyncIterator[BaseEvent], ahead: asyncio.Queue[bytes | None]) -> None:
    encoder = EventEncoder()
    try:
        async with aclosing(events) as told:  # type: ignore[type-var]
            async for event in told:
                await ahead.put(encoder.encode(event).encode())
    except Exception:
        await ahead.put(None)
        raise
    await ahead.put(None)


async def _sent(ahead: asyncio.Queue[bytes | None], send: Callable[[Any], Awaitable[None]]) -> None:
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    piece: bytes | None = b": \n\n"
    while piece is not None:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        try:
            async with asyncio.timeout(PING):
                piece = await ahead.get()
        except TimeoutError:
            piece = b": \n\n"
    await send({"type": "http.response.body", "body": b""})


async def _left(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
