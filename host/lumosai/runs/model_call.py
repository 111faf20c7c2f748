"""One call of a model, for runs and for callers without one: who is asked, how long it may take, what it answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import replace
from typing import Any, TypeVar

from lumosai.ids import new_id
from lumosai.plugins.registry import Entry, Registry
from lumosai.runs.backoff import delay
from lumosai.runs.processors import ONLY_TOOLS_ASK
from lumosai_sdk.errors import InputError, ModelError, ModelResponseError, NotFoundError, PluginError, Suspend
from lumosai_sdk.kinds.provider import ChatProvider
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import NO_USAGE, FinishReason, ModelChunk, ModelRequest, ModelResponse, ToolCallDelta

GRACE = 5.0
PIECE = 48
"""Characters of a piece of an answer that was there as a whole."""
MAX_CALLS = 128
"""Tool calls in one answer. OpenAI's own limit on tools is the same number; a model that is over it has gone mad."""
R = TypeVar("R")
ModelCall = Callable[[ModelRequest], Awaitable[ModelResponse]]
OnRetry = Callable[[ModelError, int, float], None]


def found(registry: Registry, ref: str) -> tuple[Entry, str]:
    """Return the provider of ``<provider>/<model>`` and the model's name there. Raises NotFoundError."""
    provider_id, _, model = ref.partition("/")
    try:
        return registry.get("provider", provider_id), model
    except NotFoundError as e:
        # Elsewhere the vendor comes first, so this is what people write.
        raise NotFoundError(
            "provider",
            provider_id,
            registry.ids("provider"),
            hint=f"a vendor is reached as multi/{provider_id}:{model}",
        ) from e


def chat_provider(entry: Entry) -> ChatProvider:
    """Return the provider behind an entry. Raises InputError when it has no chat models."""
    provider: ChatProvider = entry.obj
    # An isinstance of a runtime protocol costs 30 microseconds, in every step of every run.
    if not (hasattr(provider, "complete") and hasattr(provider, "stream")):
        raise InputError(f"the models of {entry.id!r} do not chat", hint="lumos models")
    return provider


async def with_retries(attempt: Callable[[], Awaitable[R]], retries: int, on_retry: OnRetry) -> R:
    """Return what *attempt* returns, tried again after failures that may pass.

    *on_retry* is told of each: the error, how many attempts there were, and the seconds until the next; what it raises
    ends it. Raises what the last attempt raised.
    """
    for number in range(1, retries + 2):
        try:
            return await attempt()
        except ModelError as e:
            wait = delay(number, e.retry_after) if e.retryable and number <= retries else None
            if wait is None:
                raise
            on_retry(e, number, wait)
            await asyncio.sleep(wait)
    raise AssertionError("unreachable")


async def guarded(entry: Entry, model: str, call: Callable[[], Awaitable[R]], limit: float) -> R:
    """Await a call of a provider, which has a moment more than the *limit* it was told itself. Raises LumosError."""
    what = f"model {model!r}"
    try:
        return await entry.generation.guard(what, call, limit + GRACE)
    except Suspend as e:
        raise PluginError(entry.generation.name, what, ONLY_TOOLS_ASK) from e


async def complete(entry: Entry, request: ModelRequest, limit: float) -> ModelResponse:
    """Return a provider's whole answer; *limit* holds if the request has none of its own. Raises LumosError."""
    provider = chat_provider(entry)
    return await guarded(entry, request.model, lambda: _whole(provider, request), request.timeout or limit)


async def collected(
    entry: Entry, request: ModelRequest, limit: float, on_chunk: Callable[[ModelChunk], Awaitable[None]]
) -> ModelResponse:
    """Hand each piece of a provider's answer to *on_chunk*, and return what they add up to. Raises LumosError."""
    provider = chat_provider(entry)
    return await guarded(
        entry, request.model, lambda: _collect(provider.stream(request), on_chunk), request.timeout or limit
    )


def answered(response: ModelResponse) -> ModelResponse:
    """Return *response* with an id of its own for each tool call: approvals and results are told apart by it.

    Raises ModelResponseError when it calls more tools than any sane answer does.
    """
    calls = response.message.tool_calls
    if not calls:
        return response
    _check_number(len(calls))
    ids = {c.id for c in calls}
    if len(ids) == len(calls) and "" not in ids:
        return response
    renamed = tuple(replace(c, id=new_id("call")) for c in calls)
    return replace(response, message=replace(response.message, tool_calls=renamed))


def in_pieces(response: ModelResponse) -> Iterator[ModelChunk]:
    """Yield a whole answer as a stream would have brought it."""
    message = response.message
    for start in range(0, len(message.text), PIECE):
        yield ModelChunk(message.text[start : start + PIECE])
    calls = tuple(ToolCallDelta(i, c.id, c.name, c.arguments) for i, c in enumerate(message.tool_calls))
    yield ModelChunk("", calls, response.finish_reason, response.usage)


def check_given_up(response: ModelResponse) -> None:
    """Raise ModelResponseError for an answer that says itself that it is none."""
    if response.finish_reason == "error":
        raise ModelResponseError(f"the model gave up: {response.message.text[:200] or 'no reason given'}")


def _check_number(calls: int) -> None:
    if calls > MAX_CALLS:
        raise ModelResponseError(f"the model made more than {MAX_CALLS} tool calls in one answer")


async def _whole(provider: ChatProvider, request: ModelRequest) -> ModelResponse:
    response: object = await provider.complete(request)
    if not isinstance(response, ModelResponse):
        raise TypeError(f"complete() returned {type(response).__name__}, not a ModelResponse")
    return response


async def _collect(
    chunks: AsyncIterator[ModelChunk], on_chunk: Callable[[ModelChunk], Awaitable[None]]
) -> ModelResponse:
    pieces = _Pieces()
    async with _closing(chunks):
        async for chunk in chunks:
            await on_chunk(pieces.add(chunk))
    return pieces.whole()


def _closing(chunks: AsyncIterator[ModelChunk]) -> AbstractAsyncContextManager[object]:
    """Close what can be closed: an async generator, not every async iterator."""
    closeable: Any = chunks
    return aclosing(closeable) if hasattr(chunks, "aclose") else nullcontext()


class _Pieces:
    """What the chunks of an answer add up to."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._calls: dict[int, list[str]] = {}
        self._finish: FinishReason | None = None
        self._usage = NO_USAGE

    def add(self, chunk: ModelChunk) -> ModelChunk:
        """Take a chunk; return it with an id of its own for each tool call. Raises ModelResponseError."""
        if chunk.text:
            self._text.append(chunk.text)
        self._finish = chunk.finish_reason or self._finish
        self._usage = chunk.usage or self._usage
        if not chunk.tool_calls:
            return chunk
        return replace(chunk, tool_calls=tuple(self._piece(p) for p in chunk.tool_calls))

    def _piece(self, piece: ToolCallDelta) -> ToolCallDelta:
        call = self._calls.get(piece.index)
        if call is None:
            known = {c[0] for c in self._calls.values()}
            id = piece.id if piece.id and piece.id not in known else new_id("call")  # noqa: A001 - what the protocol says
            call = self._calls[piece.index] = [id, "", ""]
            _check_number(len(self._calls))
            piece = replace(piece, id=id)
        elif piece.id:
            piece = replace(piece, id=call[0])
        call[1] = call[1] or piece.name
        call[2] += piece.arguments
        return piece

    def whole(self) -> ModelResponse:
        """Return the answer. Raises ModelResponseError when it did not come to its end."""
        if self._finish is None:
            raise ModelResponseError("the model's stream ended without saying why", retryable=True)
        calls = tuple(ToolCall(*self._calls[i]) for i in sorted(self._calls))
        return ModelResponse(Message.assistant("".join(self._text), calls), self._finish, self._usage)
