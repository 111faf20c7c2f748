"""The models ``local/smollm2`` (chat) and ``local/minilm`` (embeddings), in this process, without key or network."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING

from lumosai_plugins.local.answer import answer
from lumosai_plugins.local.arguments import Filled, fill
from lumosai_plugins.local.catalog import MINILM, SMOLLM2
from lumosai_plugins.local.conversation import Conversation
from lumosai_plugins.local.embed import DIMENSIONS
from lumosai_plugins.local.evidence import MAX_CHARS, Request
from lumosai_plugins.local.llama import TRAINED_CONTEXT, Generation, Piece
from lumosai_plugins.local.looking import question_of
from lumosai_plugins.local.models import Models
from lumosai_plugins.local.prompt import chat
from lumosai_plugins.local.pull import pull
from lumosai_plugins.local.settings import Settings
from lumosai_sdk.decorators import provider
from lumosai_sdk.errors import InputError, ModelError, ModelUnavailableError
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import (
    NO_USAGE,
    EmbeddingRequest,
    EmbeddingResponse,
    FinishReason,
    ModelChunk,
    ModelInfo,
    ModelRequest,
    ModelResponse,
    ToolCallDelta,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from pathlib import Path

    from lumosai_plugins.local.llama import Generated
    from lumosai_plugins.local.talk import Example
    from lumosai_sdk.types.plugins import PluginContext
    from lumosai_sdk.types.tools import ToolSpec

MAX_INPUTS = 2048


@provider("local")
class LocalProvider:
    """A ChatProvider and EmbeddingProvider of the embedded models.

    Both raise ModelMissingError or PullError when a model is not here, MissingExtraError when its engine is not,
    ContextLengthError, ModelRateLimitError when too many wait, ModelUnavailableError when ``timeout`` has passed.
    """

    def __init__(self, context: PluginContext) -> None:
        self._settings = Settings.of(context.settings)
        self._models = Models(self._settings)

    async def models(self) -> Sequence[ModelInfo]:
        """Return both models, installed or not."""
        context = min(self._settings.context, TRAINED_CONTEXT)
        return (
            ModelInfo(SMOLLM2.id, ("chat",), context, SMOLLM2.description),
            ModelInfo(MINILM.id, ("embedding",), 256, MINILM.description),
        )

    async def pull(self, name: str, progress: Callable[[int, int], None]) -> Path:
        """Fetch a model unless it is here, telling bytes done and in all; return its folder. Raises as ``pull``."""
        stop = threading.Event()
        try:
            return await asyncio.to_thread(pull, name, self._models.folder, progress, stop=stop)
        finally:
            stop.set()  # whoever is cancelled does not wait for the download

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Return the whole answer."""
        text: list[str] = []
        calls: list[ToolCall] = []
        finish: FinishReason = "stop"
        usage = NO_USAGE
        async with aclosing(self.stream(request)) as stream:
            async for chunk in stream:
                text.append(chunk.text)
                calls += [ToolCall(c.id, c.name, c.arguments) for c in chunk.tool_calls]
                finish, usage = chunk.finish_reason or finish, chunk.usage or usage
        return ModelResponse(Message.assistant("".join(text), tuple(calls)), finish, usage, request.model)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelChunk]:
        """Yield the answer as it comes."""
        _known(request.model, SMOLLM2.id)
        loop = asyncio.get_running_loop()
        deadline = None if request.timeout is None else loop.time() + request.timeout
        async with aclosing(self._answer(request)) as chunks:
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        chunk = await anext(chunks)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    raise _too_slow(request.timeout) from None
                yield chunk

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        """Return one vector of length one an input."""
        _known(request.model, MINILM.id)
        _check_inputs(request)
        try:
            async with asyncio.timeout(request.timeout):
                embedder = await self._models.embedder()
                vectors = await asyncio.to_thread(embedder.embed, request.inputs)
        except TimeoutError:
            raise _too_slow(request.timeout) from None
        usage = Usage(embedder.count(request.inputs))
        return EmbeddingResponse(vectors.tolist(), usage, MINILM.id)

    async def aclose(self) -> None:
        """Stop what runs and free the models."""
        await asyncio.to_thread(self._models.close)

    async def _answer(self, request: ModelRequest) -> AsyncGenerator[ModelChunk]:
        talk = Conversation.of(request.messages, request.tools)
        if not talk.results and (tool := await self._route(request, talk)):
            yield await self._call(talk, tool)
            return
        if talk.results and request.output is None:
            for chunk in await self._say_results(talk):
                yield chunk
            return
        async with aclosing(self._generate(request, talk)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _route(self, request: ModelRequest, talk: Conversation) -> ToolSpec | None:
        if not request.tools or request.tool_choice == "none":
            return None
        router = await self._models.router()
        must = request.tool_choice == "required"
        asked = Request(talk.question, datetime.now().astimezone())
        return (await asyncio.to_thread(router.route, asked, request.tools, must=must)).tool

    async def _call(self, talk: Conversation, tool: ToolSpec) -> ModelChunk:
        if (asked := question_of(tool)) is not None:
            filled = Filled({asked: talk.question[:MAX_CHARS]})
        else:
            filled = await fill(Request(talk.question, datetime.now().astimezone()), tool, self._models.llama)
        call = ToolCallDelta(0, f"call_{secrets.token_hex(8)}", tool.name, json.dumps(filled.arguments))
        return ModelChunk("", (call,), "tool_calls", _usage(filled.asked))

    async def _say_results(self, talk: Conversation) -> list[ModelChunk]:
        router = await self._models.router()
        said = await answer(talk.question, talk.results, router, self._models.llama)
        return [ModelChunk(said.text), ModelChunk(finish_reason="stop", usage=_usage(said.asked))]

    async def _generate(self, request: ModelRequest, talk: Conversation) -> AsyncGenerator[ModelChunk]:
        example: Example | None = None
        if request.output is None:
            router = await self._models.router()
            example = await asyncio.to_thread(router.example, talk.question)
        llama = await self._models.llama()
        opening = example.opening if example else ""
        generation = _generation(request, chat(talk.turns(example), opening), self._settings.max_tokens)
        if opening:
            yield ModelChunk(opening)
        async with aclosing(llama.stream(generation)) as pieces:
            async for piece in pieces:
                yield _chunk(piece)


def _generation(request: ModelRequest, prompt: str, max_tokens: int) -> Generation:
    return Generation(
        prompt,
        max_tokens=request.max_tokens or max_tokens,
        temperature=request.temperature or 0.0,
        top_p=1.0 if request.top_p is None else request.top_p,
        loops=request.output is not None,
        stop=tuple(request.stop),
        seed=request.seed,
        schema=request.output.schema if request.output else None,
    )


def _chunk(piece: Piece) -> ModelChunk:
    if piece.finish is None:
        return ModelChunk(piece.text)
    finish: FinishReason = "length" if piece.finish == "length" else "stop"
    return ModelChunk(piece.text, (), finish, _usage_of(piece))


def _usage(asked: Generated | None) -> Usage:
    return _usage_of(asked.end) if asked else Usage(cost=0.0)


def _usage_of(end: Piece) -> Usage:
    return Usage(end.prompt_tokens, end.output_tokens, end.cached_tokens, 0.0)


def _known(model: str, wanted: str) -> None:
    if model != wanted:
        raise ModelError(f"no model 'local/{model}' for this; there is 'local/{wanted}'", hint="lumos models list")


def _check_inputs(request: EmbeddingRequest) -> None:
    if request.dimensions not in {None, DIMENSIONS}:
        raise InputError(f"local/{MINILM.id} makes vectors of {DIMENSIONS} numbers, not {request.dimensions}")
    if len(request.inputs) > MAX_INPUTS:
        raise InputError(f"{len(request.inputs)} inputs at once; local/{MINILM.id} takes {MAX_INPUTS}")


def _too_slow(timeout: float | None) -> ModelUnavailableError:
    return ModelUnavailableError(f"the embedded model did not answer within {timeout:g} s", retryable=True)
