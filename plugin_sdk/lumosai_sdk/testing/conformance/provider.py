"""What every provider of models must do, whatever stands behind it."""

# ruff: noqa: S101 - the class is a test
from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

import pytest

from lumosai_sdk.errors import LumosError, ModelError
from lumosai_sdk.kinds.provider import ChatProvider, EmbeddingProvider, Provider, Puller
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import EmbeddingRequest, ModelChunk, ModelRequest, ModelResponse, Usage
from lumosai_sdk.types.tools import ToolSpec

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

FINISH_REASONS = frozenset({"stop", "length", "tool_calls", "content_filter", "error"})
ADD = ToolSpec(
    "conformance.add",
    "Add two whole numbers",
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
        "additionalProperties": False,
    },
)
_UNKNOWN = "no-such-model-conformance"


class ProviderConformance:
    """Subclass it, override ``provider`` and the names of models it has; the rest has defaults.

    A check the implementation cannot pass may be marked xfail with a reason, not overridden.
    """

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def provider(self) -> Any:
        """The provider under test. Override it; it may be an async fixture that closes the provider."""
        raise NotImplementedError

    @pytest.fixture
    def chat_model(self) -> str | None:
        """The name of a chat model, or None if there are none."""
        return None

    @pytest.fixture
    def embedding_model(self) -> str | None:
        """The name of an embedding model, or None if there are none."""
        return None

    @pytest.fixture
    def prompt(self) -> str:
        """What the chat model is asked; any answer with text will do."""
        return "Say hello to everybody in one short sentence."

    @pytest.fixture
    def supports_tools(self) -> bool:
        """Whether the chat model, asked ``tool_prompt``, calls the tool it is offered."""
        return False

    @pytest.fixture
    def tool_prompt(self) -> str:
        """What makes the chat model call ``conformance.add``."""
        return "What is 2 plus 3? Use the tool."

    @pytest.fixture
    def chat(self, provider: Any, chat_model: str | None) -> ChatProvider:
        """The provider, where it has chat models."""
        if chat_model is None:
            pytest.skip("no chat model")
        return cast("ChatProvider", provider)

    @pytest.fixture
    def embedder(self, provider: Any, embedding_model: str | None) -> EmbeddingProvider:
        """The provider, where it has embedding models."""
        if embedding_model is None:
            pytest.skip("no embedding model")
        return cast("EmbeddingProvider", provider)

    @pytest.fixture
    def request_(self, chat_model: str | None, prompt: str) -> ModelRequest:
        """A plain request."""
        return ModelRequest(chat_model or "", [Message.user(prompt)], max_tokens=64, timeout=60.0)

    @pytest.fixture
    def tool_request(self, chat_model: str | None, tool_prompt: str, *, supports_tools: bool) -> ModelRequest:
        """A request that is answered by a tool call."""
        if not supports_tools:
            pytest.skip("tools are not supported")
        return ModelRequest(
            chat_model or "", [Message.user(tool_prompt)], [ADD], "required", max_tokens=128, timeout=60.0
        )

    async def test_is_a_provider(self, provider: Any, chat_model: str | None, embedding_model: str | None) -> None:
        """It has the methods of what it offers."""
        assert isinstance(provider, Provider)
        assert chat_model is None or isinstance(provider, ChatProvider)
        assert embedding_model is None or isinstance(provider, EmbeddingProvider)

    async def test_lists_its_models(self, provider: Any) -> None:
        """``models`` returns infos with distinct, non-empty ids, each good for something."""
        infos = await provider.models()
        ids = [i.id for i in infos]
        assert all(ids)
        assert len(ids) == len(set(ids))
        assert all(i.capabilities for i in infos)

    async def test_a_model_it_does_not_have_is_not_pulled(self, provider: Any) -> None:
        """Where it has ``pull``, a name it does not have raises LumosError, and nothing is told of progress."""
        if not isinstance(provider, Puller):
            pytest.skip("its models are not fetched")
        told: list[tuple[int, int]] = []
        with pytest.raises(LumosError):
            await provider.pull(_UNKNOWN, lambda done, total: told.append((done, total)))
        assert told == []

    async def test_completes(self, chat: ChatProvider, request_: ModelRequest) -> None:
        """``complete`` returns an assistant's message with text, why it ended, and a usage that can be."""
        response = await chat.complete(request_)
        assert response.message.role == "assistant"
        assert response.message.text
        assert response.finish_reason in FINISH_REASONS
        _check_usage(response.usage)

    async def test_streams(self, chat: ChatProvider, request_: ModelRequest) -> None:
        """``stream`` yields text, and its last chunk alone has a finish reason."""
        seen = await _collect(chat, request_)
        assert "".join(c.text for c in seen)
        assert seen[-1].finish_reason in FINISH_REASONS
        assert all(c.finish_reason is None for c in seen[:-1])
        _check_usage(seen[-1].usage or Usage())

    async def test_a_stream_can_be_left(self, chat: ChatProvider, request_: ModelRequest) -> None:
        """Closing a stream after its first chunk is no error, and the next call works."""
        async with aclosing(_stream(chat, request_)) as stream:
            assert await anext(stream) is not None
        assert (await chat.complete(request_)).message.text

    async def test_a_stream_nobody_reads_can_be_closed(self, chat: ChatProvider, request_: ModelRequest) -> None:
        """Closing a stream before its first chunk is no error."""
        await _stream(chat, request_).aclose()

    async def test_calls_a_tool(self, chat: ChatProvider, tool_request: ModelRequest) -> None:
        """A tool call has an id, the offered tool's name and JSON arguments; its result is answered."""
        response = await chat.complete(tool_request)
        await self._check_round_trip(chat, tool_request, response.message.tool_calls, response.finish_reason)

    async def test_calls_a_tool_in_a_stream(self, chat: ChatProvider, tool_request: ModelRequest) -> None:
        """The pieces of a streamed tool call add up to one."""
        seen = await _collect(chat, tool_request)
        await self._check_round_trip(chat, tool_request, _assemble(seen), seen[-1].finish_reason)

    async def _check_round_trip(
        self, chat: ChatProvider, request: ModelRequest, calls: tuple[ToolCall, ...], finish_reason: str | None
    ) -> None:
        assert finish_reason == "tool_calls"
        assert calls
        assert len({c.id for c in calls}) == len(calls)
        for call in calls:
            assert call.id
            assert call.name == ADD.name
            assert set(call.parse()) == {"a", "b"}
        messages = [*request.messages, Message.assistant("", calls), *(Message.tool(c.id, "5") for c in calls)]
        answer = await chat.complete(ModelRequest(request.model, messages, [ADD], max_tokens=64, timeout=60.0))
        assert answer.message.role == "assistant"

    async def test_an_unknown_model_is_a_model_error(self, chat: ChatProvider, request_: ModelRequest) -> None:
        """A name it does not have raises ModelError, from ``complete`` and from ``stream``."""
        unknown = ModelRequest(_UNKNOWN, request_.messages, timeout=60.0)
        with pytest.raises(ModelError) as complete_error:
            await chat.complete(unknown)
        with pytest.raises(ModelError):
            await _collect(chat, unknown)
        assert not complete_error.value.retryable

    async def test_serves_calls_at_once(self, chat: ChatProvider, request_: ModelRequest) -> None:
        """Concurrent calls all succeed."""
        results: list[ModelResponse | list[ModelChunk]] = await asyncio.gather(
            *(chat.complete(request_) for _ in range(4)), *(_collect(chat, request_) for _ in range(4))
        )
        assert all(results)

    async def test_a_call_can_be_cancelled(self, chat: ChatProvider, request_: ModelRequest) -> None:
        """A cancelled call ends (cancelled, or answered if it was quicker), and the next one works."""
        call = asyncio.ensure_future(chat.complete(request_))
        await asyncio.sleep(0)
        call.cancel()
        outcome = (await asyncio.gather(call, return_exceptions=True))[0]
        assert isinstance(outcome, asyncio.CancelledError | ModelResponse)
        assert (await chat.complete(request_)).message.text

    async def test_embeds(self, embedder: EmbeddingProvider, embedding_model: str) -> None:
        """``embed`` returns one vector an input, in order, all of one dimension, of finite numbers."""
        inputs = ["a cat", "a dog", "a cat"]
        response = await embedder.embed(EmbeddingRequest(embedding_model, inputs, timeout=60.0))
        vectors = response.vectors
        assert len(vectors) == len(inputs)
        assert len({len(v) for v in vectors}) == 1
        assert all(math.isfinite(x) for v in vectors for x in v)
        assert vectors[0] == pytest.approx(vectors[2], abs=1e-3)
        _check_usage(response.usage)

    async def test_embeds_nothing(self, embedder: EmbeddingProvider, embedding_model: str) -> None:
        """No inputs, no vectors."""
        assert len((await embedder.embed(EmbeddingRequest(embedding_model, [], timeout=60.0))).vectors) == 0

    async def test_an_unknown_embedding_model_is_a_model_error(self, embedder: EmbeddingProvider) -> None:
        """A name it does not have raises ModelError."""
        with pytest.raises(ModelError):
            await embedder.embed(EmbeddingRequest(_UNKNOWN, ["a cat"], timeout=60.0))


def _stream(chat: ChatProvider, request: ModelRequest) -> AsyncGenerator[ModelChunk, None]:
    return cast("AsyncGenerator[ModelChunk, None]", chat.stream(request))


async def _collect(chat: ChatProvider, request: ModelRequest) -> list[ModelChunk]:
    async with aclosing(_stream(chat, request)) as stream:
        return [chunk async for chunk in stream]


def _assemble(seen: Sequence[ModelChunk]) -> tuple[ToolCall, ...]:
    parts: dict[int, list[str]] = {}
    for delta in (d for c in seen for d in c.tool_calls):
        call = parts.setdefault(delta.index, ["", "", ""])
        call[0] = call[0] or delta.id
        call[1] = call[1] or delta.name
        call[2] += delta.arguments
    return tuple(ToolCall(*call) for _, call in sorted(parts.items()))


def _check_usage(usage: Usage) -> None:
    assert usage.input_tokens >= 0
    assert usage.output_tokens >= 0
    assert 0 <= usage.cached_tokens <= max(usage.input_tokens, 0)
    assert usage.cost is None or usage.cost >= 0
