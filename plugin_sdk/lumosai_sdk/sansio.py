"""Providers without I/O as providers: ``Driven`` asks over HTTP what they say, and lets them read the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from lumosai_sdk.errors import LumosError, ModelError, ModelResponseError, ModelUnavailableError
from lumosai_sdk.kinds.sansio import SansIOProvider
from lumosai_sdk.types.models import (
    EmbeddingRequest,
    EmbeddingResponse,
    ModelChunk,
    ModelInfo,
    ModelRequest,
    ModelResponse,
)
from lumosai_sdk.types.sansio import Answer, HttpAnswer, HttpCall, Operation
from lumosai_sdk.wireerrors import FarError

T = TypeVar("T")
_FIRST_FAILURE = 400


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer whose head has come: ``status``, headers (names in lower case), and the body's text in pieces."""

    status: int
    headers: dict[str, str]
    pieces: AsyncIterator[str]


class Transport(Protocol):
    """Makes requests. Raises ModelUnavailableError, or another LumosError, when it gets no answer."""

    def __call__(self, call: HttpCall) -> AbstractAsyncContextManager[Opened]:
        """Make the request; leaving the block before the body's end gives the rest up."""
        ...


@asynccontextmanager
async def through_host(call: HttpCall) -> AsyncIterator[Opened]:
    """Make a request with ``lumosai_sdk.host``, that is, with the plugin's own right to http."""
    from lumosai_sdk import host
    from lumosai_sdk.threads import in_thread

    stream = await in_thread(host.http.stream, call.url, call.method, call.headers, call.body, timeout=call.timeout)
    try:
        yield Opened(stream.status, stream.headers, _in_thread(iter(stream)))
    finally:
        await in_thread(stream.close)


async def _in_thread(pieces: Iterator[str]) -> AsyncIterator[str]:
    from lumosai_sdk.threads import in_thread

    while (piece := await in_thread(_next, pieces)) is not None:
        yield piece


def _next(pieces: Iterator[str]) -> str | None:
    return next(pieces, None)


class Driven:
    """A SansIOProvider as a provider of chat and embedding models, run natively."""

    def __init__(self, provider: SansIOProvider, transport: Transport = through_host) -> None:
        """Drive *provider*, its requests made by *transport*."""
        self.provider = provider
        self._transport = transport

    async def models(self) -> Sequence[ModelInfo]:
        return list(await self._asked("models", None))

    async def complete(self, request: ModelRequest) -> ModelResponse:
        return _of(ModelResponse, await self._asked("complete", request))

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        return _of(EmbeddingResponse, await self._asked("embed", request))

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        said = self.provider.prepare("stream", request)
        if isinstance(said, Answer):
            for chunk in said.value:
                yield chunk
            return
        async with self._opened(said) as answer:
            if answer.status >= _FIRST_FAILURE:
                self.provider.parse("stream", await _whole(answer))
                raise ModelResponseError(f"the server answered with status {answer.status}")
            state: Any = None
            async for piece in answer.pieces:
                if piece:
                    chunks, state = self.provider.parse_chunk(piece, state)
                    for chunk in chunks:
                        yield chunk
            for chunk in self.provider.parse_chunk("", state)[0]:
                yield chunk

    async def _asked(self, operation: Operation, request: ModelRequest | EmbeddingRequest | None) -> Any:
        said = self.provider.prepare(operation, request)
        if isinstance(said, Answer):
            return said.value
        async with self._opened(said) as answer:
            return self.provider.parse(operation, await _whole(answer))

    @asynccontextmanager
    async def _opened(self, call: HttpCall) -> AsyncIterator[Opened]:
        try:
            async with self._transport(call) as answer:
                yield answer
        except ModelError:
            raise
        except LumosError as e:
            raise _as_model_error(e) from None


async def _whole(answer: Opened) -> HttpAnswer:
    return HttpAnswer(answer.status, answer.headers, "".join([p async for p in answer.pieces]))


def _of(cls: type[T], value: Any) -> T:
    if not isinstance(value, cls):
        raise ModelResponseError(f"the provider made {type(value).__name__} of the answer, and not {cls.__name__}")
    return value


def _as_model_error(error: LumosError) -> LumosError:
    """Return what a host said of a request as an error of models: one that did not get through may later."""
    if isinstance(error, FarError) and error.kind in {"timeout", "unavailable", "limit"}:
        return ModelUnavailableError(error.message, retryable=True, retry_after=error.retry_after, hint=error.hint)
    return error
