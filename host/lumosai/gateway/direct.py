"""Models called without an agent: what the OpenAI-compatible routes do with ``<provider>/<model>``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar, cast

from lumosai.host import Host
from lumosai.ids import new_id
from lumosai.plugins.registry import Entry
from lumosai.runs.backoff import delay
from lumosai.runs.models import GRACE, chat_provider
from lumosai_sdk.errors import ModelError, ModelResponseError
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import NO_USAGE, FinishReason, ModelChunk, ModelRequest, ModelResponse, Usage
from lumosai_sdk.types.processors import RunInfo

R = TypeVar("R")
AHEAD = 64
ModelCall = Callable[[ModelRequest], Awaitable[ModelResponse]]


class DirectModels:
    """Calls models with the same hooks, time limit and retries as a run would."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def complete(self, ref: str, request: ModelRequest, principal: Principal) -> ModelResponse:
        """Return the answer of the model *ref* (``<provider>/<model>``). Raises LumosError."""
        entry, request = self._prepared(ref, request)

        async def inner(changed: ModelRequest) -> ModelResponse:
            return await self._guarded(entry, changed, lambda: chat_provider(entry).complete(changed))

        call = self._around(ref, inner, principal)
        for attempt in range(1, self._host.config.limits.retries + 2):
            try:
                return _checked(await call(request))
            except ModelError as e:
                await self._wait(e, attempt)
        raise AssertionError("unreachable")

    async def stream(self, ref: str, request: ModelRequest, principal: Principal) -> AsyncGenerator[ModelChunk, None]:
        """Yield the answer of the model *ref* as it comes. Raises LumosError; closing the generator stops the model."""
        for attempt in range(1, self._host.config.limits.retries + 2):
            spoke = False
            try:
                async with aclosing(self._attempt(ref, request, principal)) as chunks:
                    async for chunk in chunks:
                        spoke = True
                        yield chunk
                return
            except ModelError as e:
                if spoke:
                    raise  # what was said cannot be unsaid
                await self._wait(e, attempt)

    async def _attempt(self, ref: str, request: ModelRequest, principal: Principal) -> AsyncGenerator[ModelChunk, None]:
        entry, request = self._prepared(ref, request)
        pipe = _Pipe()

        async def inner(changed: ModelRequest) -> ModelResponse:
            return await self._guarded(entry, changed, lambda: _pour(entry, changed, pipe))

        async def work() -> None:
            await self._around(ref, inner, principal)(request)

        task = asyncio.create_task(work())
        task.add_done_callback(pipe.end)
        try:
            while (chunk := await pipe.get()) is not None:
                yield chunk
            await task
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _wait(self, error: ModelError, attempt: int) -> None:
        """Wait until it is time to try again, or raise *error* when that is of no use."""
        pause = delay(attempt, error.retry_after) if error.retryable else None
        if pause is None or attempt > self._host.config.limits.retries:
            raise error
        await asyncio.sleep(pause)

    def _prepared(self, ref: str, request: ModelRequest) -> tuple[Entry, ModelRequest]:
        provider_id, _, model = ref.partition("/")
        entry = self._host.registry.get("provider", provider_id)
        return entry, replace(request, model=model, timeout=self._host.config.limits.model_timeout)

    def _around(self, ref: str, inner: ModelCall, principal: Principal) -> ModelCall:
        hooks = self._host.plugins.hooks
        if not hooks.implementations("lumos_around_model_call"):
            return inner
        info = RunInfo(new_id("call"), principal=principal)
        return hooks.around("lumos_around_model_call", inner, run=info, model=ref)

    async def _guarded(self, entry: Entry, request: ModelRequest, call: Callable[[], Awaitable[R]]) -> R:
        limit = (request.timeout or self._host.config.limits.model_timeout) + GRACE
        return await entry.generation.guard(f"model {request.model!r}", call, limit)


class _Pipe:
    """A bounded queue whose end always fits in: a model that is faster than the client waits for it."""

    def __init__(self) -> None:
        self._chunks: asyncio.Queue[ModelChunk | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(AHEAD)

    async def put(self, chunk: ModelChunk) -> None:
        await self._room.acquire()
        self._chunks.put_nowait(chunk)

    async def get(self) -> ModelChunk | None:
        self._room.release()
        return await self._chunks.get()

    def end(self, _: object) -> None:
        self._chunks.put_nowait(None)


def _checked(response: ModelResponse) -> ModelResponse:
    if response.finish_reason == "error":
        raise ModelResponseError(f"the model gave up: {response.message.text[:200] or 'no reason given'}")
    return response


async def _pour(entry: Entry, request: ModelRequest, pipe: _Pipe) -> ModelResponse:
    """Pass a provider's chunks on and return what they add up to, for the hooks around the call."""
    text: list[str] = []
    calls: dict[int, list[str]] = {}
    finish: FinishReason | None = None
    usage: Usage = NO_USAGE
    async with aclosing(cast("Any", chat_provider(entry).stream(request))) as stream:
        async for chunk in stream:
            text.append(chunk.text)
            for piece in chunk.tool_calls:
                call = calls.setdefault(piece.index, ["", "", ""])
                call[0] = call[0] or piece.id
                call[1] = call[1] or piece.name
                call[2] += piece.arguments
            finish, usage = chunk.finish_reason or finish, chunk.usage or usage
            if finish == "error":
                raise ModelResponseError(f"the model gave up: {''.join(text)[:200] or 'no reason given'}")
            await pipe.put(chunk)
    if finish is None:
        raise ModelResponseError("the model's stream ended without saying why", retryable=True)
    message = Message.assistant("".join(text), tuple(ToolCall(*calls[i]) for i in sorted(calls)))
    return ModelResponse(message, finish, usage)
