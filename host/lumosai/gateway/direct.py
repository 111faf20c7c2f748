"""Models called without an agent: what the OpenAI-compatible routes do with ``<provider>/<model>``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from lumosai.host import Host
from lumosai.ids import new_id
from lumosai.plugins.registry import Entry
from lumosai.runs.model_call import ModelCall, answered, check_given_up, collected, complete, found, with_retries
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.models import ModelChunk, ModelRequest, ModelResponse, ToolCallDelta
from lumosai_sdk.types.processors import RunInfo

AHEAD = 64


class DirectModels:
    """Calls models with the same hooks, time limit and retries as a run would."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._limits = host.config.limits

    async def complete(self, ref: str, request: ModelRequest, principal: Principal) -> ModelResponse:
        """Return the answer of the model *ref* (``<provider>/<model>``). Raises LumosError."""

        async def attempt() -> ModelResponse:
            entry, prepared = self._prepared(ref, request)
            call = self._around(ref, lambda r: complete(entry, r, self._limits.model_timeout), principal)
            return _checked(await call(prepared))

        return await with_retries(attempt, self._limits.retries)

    async def stream(self, ref: str, request: ModelRequest, principal: Principal) -> AsyncGenerator[ModelChunk, None]:
        """Yield the answer of the model *ref* as it comes. Raises LumosError; closing the generator stops the model."""

        async def begun() -> tuple[ModelChunk, AsyncGenerator[ModelChunk, None]]:
            chunks = self._attempt(ref, request, principal)
            return await anext(chunks), chunks

        # What was said cannot be unsaid: only what fails before its first piece is tried again.
        first, rest = await with_retries(begun, self._limits.retries)
        async with aclosing(rest):
            yield first
            async for chunk in rest:
                yield chunk

    async def _attempt(self, ref: str, request: ModelRequest, principal: Principal) -> AsyncGenerator[ModelChunk, None]:
        entry, request = self._prepared(ref, request)
        pipe = _Pipe()

        async def pass_on(chunk: ModelChunk) -> None:
            if chunk.finish_reason != "error":  # _checked tells it
                await pipe.put(chunk)

        async def work() -> None:
            limit = self._limits.model_timeout
            call = self._around(ref, lambda r: collected(entry, r, limit, pass_on), principal)
            response = _checked(await call(request))
            if not pipe.used:
                await pipe.put(_in_one(response))  # a hook answered by itself

        task = asyncio.create_task(work())
        task.add_done_callback(pipe.end)
        try:
            while (chunk := await pipe.get()) is not None:
                yield chunk
            await task
        finally:
            task.cancel()
            await asyncio.wait([task])

    def _prepared(self, ref: str, request: ModelRequest) -> tuple[Entry, ModelRequest]:
        entry, model = found(self._host.registry, ref)
        return entry, replace(request, model=model, timeout=self._limits.model_timeout)

    def _around(self, ref: str, inner: ModelCall, principal: Principal) -> ModelCall:
        hooks = self._host.plugins.hooks
        if not hooks.implementations("lumos_around_model_call"):
            return inner
        info = RunInfo(new_id("call"), principal=principal)
        return hooks.around("lumos_around_model_call", inner, run=info, model=ref)


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


def _in_one(response: ModelResponse) -> ModelChunk:
    calls = enumerate(response.message.tool_calls)
    pieces = tuple(ToolCallDelta(i, c.id, c.name, c.arguments) for i, c in calls)
    return ModelChunk(response.message.text, pieces, response.finish_reason, response.usage)
