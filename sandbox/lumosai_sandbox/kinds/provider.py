"""Providers of sandboxed plugins: the guest says what to ask and reads what comes back, the host does the asking.

It does so through the plugin's own right to HTTP, so that a provider reaches what its owner granted and nothing else,
and its keys are put in on the way out.
"""

from __future__ import annotations

import base64
import math
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.kinds.base import MAX_TEXT, Adapter, Calls, fitting
from lumosai_sandbox.kinds.refused import REFUSED, by_status, of_guest, on_the_way
from lumosai_sdk import wire
from lumosai_sdk.errors import InputError, ModelError, ModelResponseError
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.models import (
    EmbeddingRequest,
    EmbeddingResponse,
    ModelChunk,
    ModelInfo,
    ModelRequest,
    ModelResponse,
    Usage,
)
from lumosai_sdk.types.sansio import HttpAnswer, HttpCall, Operation
from lumosai_sdk.wireerrors import FarError

MAX_STATE = 256 * 1024
"""Characters of what a guest keeps between two pieces of a stream."""
MAX_REFUSAL = 64 * 1024
"""Characters of a server's refusal that are shown to the guest."""
MOST_TOKENS = 10**12
_RESULTS: Mapping[Operation, Any] = {
    "complete": ModelResponse,
    "stream": tuple[ModelChunk, ...],
    "embed": EmbeddingResponse,
    "models": tuple[ModelInfo, ...],
}


class SandboxedProvider(Adapter):
    """A provider; see ``lumosai_sdk.kinds.Provider``. Raises ModelError, and PluginError for a bad guest."""

    async def models(self) -> Sequence[ModelInfo]:
        """Return the models on offer."""
        found: tuple[ModelInfo, ...] = await self._whole("models", None)
        return found

    async def _whole(self, operation: Operation, request: ModelRequest | EmbeddingRequest | None) -> Any:
        said = await self._prepared(operation, request)
        if not isinstance(said, HttpCall):
            return said
        caller = self.caller()
        try:
            answer = await self._fetched(said, caller)
        finally:
            await self.plugin.forget(caller)
        return await self._parsed(operation, answer)

    async def _prepared(self, operation: Operation, request: ModelRequest | EmbeddingRequest | None) -> Any:
        """Return what to ask, an HttpCall, or the answer itself."""
        text = await self._do("prepare", operation, fitting(wire.dumps(request), MAX_TEXT, "the request"))
        said = await self.answer("provider", text, lambda found: _said(operation, found))
        if isinstance(said, HttpCall) and said.timeout is None and request is not None:
            return replace(said, timeout=request.timeout)
        return said

    async def _fetched(self, call: HttpCall, caller: Caller) -> HttpAnswer:
        found = wire.loads(await self._asked("http.fetch", _request(call), caller=caller))
        body = found.get("body")
        if body is None:
            body = base64.b64decode(found.get("body_base64", "")).decode(errors="replace")
        return HttpAnswer(found["status"], found["headers"], body)

    async def _asked(self, function: str, *texts: str, caller: Caller) -> str:
        try:
            return await self.plugin.ask(function, *texts, caller=caller)
        except FarError as e:
            raise on_the_way(self.id, e) from None

    async def _parsed(self, operation: Operation, answer: HttpAnswer) -> Any:
        given = wire.dumps(answer)
        if len(given) > MAX_TEXT:
            raise ModelResponseError(f"the server behind {self.id!r} sent more than {MAX_TEXT} bytes in one answer")
        if answer.status < REFUSED:
            return await self.answer(
                "provider", await self._do("parse", operation, given), lambda found: _result(operation, found)
            )
        error = by_status(self.id, answer.status, answer.headers)
        try:
            await self._do("parse", operation, given)
        except ModelError as e:
            if e.retry_after is None:
                e.retry_after = error.retry_after
            raise
        raise error

    async def _do(self, function: str, *texts: str) -> str:
        try:
            return await self.plugin.call(f"provider.{function}", self.id, *texts, caller=self.caller())
        except GuestError as e:
            raise of_guest(e) or self.failed("provider", e) from None


class SandboxedChat(SandboxedProvider):
    """A provider of chat models; see ``lumosai_sdk.kinds.ChatProvider``."""

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Return the whole answer."""
        found: ModelResponse = await self._whole("complete", request)
        return found

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        """Yield the answer as it comes, up to the chunk that has a ``finish_reason``."""
        said = await self._prepared("stream", request)
        if not isinstance(said, HttpCall):
            for chunk in _ending(said):
                yield chunk
            return
        caller = self.caller()
        try:
            async with aclosing(self._read(said, caller)) as chunks:
                async for chunk in chunks:
                    yield chunk
                    if chunk.finish_reason is not None:
                        return
        finally:
            await self.plugin.forget(caller)
        raise ModelResponseError(f"the answer of the server behind {self.id!r} broke off")

    async def _read(self, call: HttpCall, caller: Caller) -> AsyncGenerator[ModelChunk, None]:
        opened = wire.loads(await self._asked("http.open", _request(call), caller=caller))
        if opened["status"] >= REFUSED:
            await self._parsed("stream", await self._refusal(opened, caller))
        state = "null"
        ended = False
        while not ended:
            piece = wire.loads(await self._asked("http.read", opened["handle"], caller=caller))
            ended = piece is None
            if piece == "":
                continue
            text = await self._do("parse-chunk", piece or "", state)
            chunks, state = await self.answer("provider", text, _pieces)
            for chunk in chunks:
                yield chunk

    async def _refusal(self, opened: Mapping[str, Any], caller: Caller) -> HttpAnswer:
        body = ""
        while len(body) < MAX_REFUSAL:
            piece = wire.loads(await self._asked("http.read", opened["handle"], caller=caller))
            if piece is None:
                break
            body += piece
        return HttpAnswer(opened["status"], opened["headers"], body[:MAX_REFUSAL])


class SandboxedEmbeddings(SandboxedProvider):
    """A provider of embedding models; see ``lumosai_sdk.kinds.EmbeddingProvider``."""

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        """Return one vector an input, in order."""
        found: EmbeddingResponse = await self._whole("embed", request)
        with self.believing("provider"):
            if len(found.vectors) != len(request.inputs):
                raise InputError(f"{len(found.vectors)} vectors for {len(request.inputs)} inputs")
        return found


class SandboxedModels(SandboxedChat, SandboxedEmbeddings):
    """A provider of both."""


def make(plugin: Calls, contribution: Mapping[str, Any]) -> SandboxedProvider:
    """Return a provider of what the manifest says: chat models, embedding models, or both."""
    offers = set(contribution.get("capabilities", ("chat",)))
    if {"chat", "embedding"} <= offers:
        return SandboxedModels(plugin, contribution)
    return SandboxedEmbeddings(plugin, contribution) if "embedding" in offers else SandboxedChat(plugin, contribution)


# --- what a guest may answer


def _request(call: HttpCall) -> str:
    return wire.dumps({k: v for k, v in wire.encode(call).items() if v is not None})


def _said(operation: Operation, found: Any) -> Any:
    if isinstance(found, dict) and "answer" in found:
        return _result(operation, found["answer"])
    return wire.decode(HttpCall, found, "what prepare says")


def _result(operation: Operation, found: Any) -> Any:
    value = wire.decode(_RESULTS[operation], found, operation)
    if operation == "models":
        _check_models(value)
    elif operation == "stream":
        for chunk in value:
            _check_usage(chunk.usage)
    else:
        _check_usage(value.usage)
    if isinstance(value, ModelResponse) and value.message.role != "assistant":
        raise InputError(f"the role of a model's message is assistant, not {value.message.role}")
    if isinstance(value, EmbeddingResponse) and len({len(v) for v in value.vectors}) > 1:
        raise InputError("the vectors are of different lengths")
    return value


def _check_models(infos: Sequence[ModelInfo]) -> None:
    ids = [i.id for i in infos]
    if not all(ids) or len(set(ids)) != len(ids):
        raise InputError("a model has no id, or two have the same")


def _check_usage(usage: Usage | None) -> None:
    """Hold what is counted against a run's limits to numbers that can be."""
    if usage is None:
        return
    counts = (usage.input_tokens, usage.output_tokens, usage.cached_tokens)
    cost = usage.cost or 0.0
    if not all(0 <= n <= MOST_TOKENS for n in counts) or not (math.isfinite(cost) and cost >= 0):
        raise InputError("usage: a count that cannot be")


def _pieces(found: Any) -> tuple[tuple[ModelChunk, ...], str]:
    if not isinstance(found, dict):
        raise InputError("what parse-chunk returns must be an object")
    chunks: tuple[ModelChunk, ...] = _result("stream", found.get("chunks", []))
    return chunks, fitting(wire.dumps(found.get("state")), MAX_STATE, "the state of a stream")


def _ending(chunks: Sequence[ModelChunk]) -> Iterator[ModelChunk]:
    for chunk in chunks:
        yield chunk
        if chunk.finish_reason is not None:
            return
    raise ModelResponseError("the answer has no end: no chunk says why it is finished")
