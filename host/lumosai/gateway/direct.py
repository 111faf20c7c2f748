"""Models called without an agent: what the OpenAI-compatible routes do with ``<provider>/<model>``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from functools import partial

from lumosai.host import Host
from lumosai.ids import new_id
from lumosai.plugins.registry import Entry
from lumosai.routing.route import Target
from lumosai.routing.unheard import Unheard
from lumosai.runs.model_call import ModelCall, answered, check_given_up, collected, complete, found, in_pieces
from lumosai.spending.metered import metered
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.caller import CACHING
from lumosai_sdk.types.models import ModelChunk, ModelRequest, ModelResponse
from lumosai_sdk.types.processors import RunInfo

AHEAD = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, and which model gave it."""

    ref: str
    response: ModelResponse


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer that has begun: the model that gives it, its first piece, and the others. Close ``rest``."""

    ref: str
    first: ModelChunk
    rest: AsyncGenerator[ModelChunk, None] = field(repr=False)


class DirectModels:
    """Calls models with the same hooks, time limits, retries, fallbacks and budgets as a run would."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._unheard = Unheard(host.bus)

    async def complete(self, model: str, request: ModelRequest, principal: Principal) -> Answer:
        """Return the answer of *model*: ``<provider>/<model>``, an alias or a route. Raises LumosError."""
        route = self._host.planner.names.route(model)

        async def attempt(target: Target) -> Answer:
            entry, prepared = self._prepared(target, request)
            call: ModelCall = partial(complete, entry, limit=prepared.timeout or 0.0)
            return Answer(target.ref, await self._asked(target.ref, call, prepared, principal))

        return await self._host.failover.ask(route, attempt, self._unheard)

    async def stream(self, model: str, request: ModelRequest, principal: Principal) -> Spoken:
        """Return the answer of *model* as it comes. Raises LumosError; closing ``rest`` stops the model."""

        async def begun(target: Target) -> Spoken:
            chunks = self._attempt(target, request, principal)
            return Spoken(target.ref, await anext(chunks, ModelChunk(finish_reason="stop")), chunks)

        # What was said cannot be unsaid: only what fails before its first piece is tried again, or by another model.
        return await self._host.failover.ask(self._host.planner.names.route(model), begun, self._unheard)

    async def _attempt(
        self, target: Target, request: ModelRequest, principal: Principal
    ) -> AsyncGenerator[ModelChunk, None]:
        entry, request = self._prepared(target, request)
        pipe = _Pipe()

        async def pass_on(chunk: ModelChunk) -> None:
            if chunk.finish_reason != "error":  # _checked tells it
                await pipe.put(chunk)

        async def work() -> None:
            call: ModelCall = partial(collected, entry, limit=request.timeout or 0.0, on_chunk=pass_on)
            response = await self._asked(target.ref, call, request, principal)
            if not pipe.used:  # a hook answered by itself
                for chunk in in_pieces(response):
                    await pipe.put(chunk)

        task = asyncio.create_task(work())
        task.add_done_callback(pipe.end)
        try:
            while (chunk := await pipe.get()) is not None:
                yield chunk
            await task
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _asked(self, ref: str, call: ModelCall, request: ModelRequest, principal: Principal) -> ModelResponse:
        started = time.perf_counter()
        around = self._around(ref, call, principal)
        response = _checked(await metered(self._host.spending, principal, ref, request, around, required=False))
        made = len(response.message.tool_calls), response.finish_reason, response.usage
        self._host.bus.publish(ev.ModelCompleted("", 0, time.time(), ref, 1, "", *made, time.perf_counter() - started))
        return response

    def _prepared(self, target: Target, request: ModelRequest) -> tuple[Entry, ModelRequest]:
        entry, model = found(self._host.registry, target.ref)
        return entry, replace(request, model=model, timeout=target.timeout or self._host.config.limits.model_timeout)

    def _around(self, ref: str, inner: ModelCall, principal: Principal) -> ModelCall:
        hooks = self._host.plugins.hooks
        if not hooks.implementations("lumos_around_model_call"):
            return inner
        info = RunInfo(new_id("call"), principal=principal)
        return hooks.around("lumos_around_model_call", inner, run=info, model=ref)


def told(ref: str) -> list[tuple[bytes, bytes]]:
    """Return the headers that name the model that answered, and whether it had to be asked."""
    out = [(b"x-lumos-model", ref.encode("ascii", "backslashreplace"))]
    caching = CACHING.get()
    if caching is not None and caching.status:
        out.append((b"x-lumos-cache", caching.status.encode()))
    return out


class _Pipe:
    """A bounded queue whose end always fits in: a model that is faster than the client waits for it."""

    def __init__(self) -> None:
        self._chunks: asyncio.Queue[ModelChunk | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(AHEAD)
        self.used = False

    async def put(self, chunk: ModelChunk) -> None:
        self.used = True
        await self._room.acquire()
        self._chunks.put_nowait(chunk)

    async def get(self) -> ModelChunk | None:
        self._room.release()
        return await self._chunks.get()

    def end(self, _: object) -> None:
        self._chunks.put_nowait(None)


def _checked(response: ModelResponse) -> ModelResponse:
    check_given_up(response)
    return answered(response)
