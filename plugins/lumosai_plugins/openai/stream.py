"""The events of a streamed chat completion, put together to the chunks of the SDK."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Any

from lumosai_plugins.openai.failures import Refusal, reported
from lumosai_plugins.openai.settings import Endpoint
from lumosai_plugins.openai.sse import MAX_EVENT, EventParser
from lumosai_plugins.openai.wire import (
    MAX_TOOL_CALLS,
    arguments_of,
    finish_reason,
    new_id,
    parse_json,
    text_of,
    usage_of,
)
from lumosai_sdk.errors import ModelResponseError
from lumosai_sdk.types.models import FinishReason, ModelChunk, ModelResponse, ToolCallDelta, Usage

DONE = "[DONE]"


class ChunkAssembler:
    """Turns events into chunks. How the answer ended and what it cost are held back for the last chunk."""

    def __init__(self, endpoint: Endpoint, secrets: Sequence[str] = ()) -> None:
        self._endpoint = endpoint
        self._secrets = secrets
        self._ids: list[str] = []
        self._reason: Any = None
        self._refused = False
        self._usage: Usage | None = None
        self.done = False

    @property
    def ended(self) -> bool:
        """Whether the model has said how its answer ended."""
        return self.done or self._reason is not None

    def take(self, data: str) -> ModelChunk | None:
        """Return what an event adds, None for nothing. Raises ModelError for an error object or no JSON."""
        if data == DONE:
            self.done = True
        if self.done or not data:
            return None
        event = parse_json(data, self._secrets)
        if not isinstance(event, Mapping):
            raise ModelResponseError(f"{self._endpoint}: an event of the stream is no object")
        if event.get("error"):
            raise reported(self._endpoint, Refusal.of(event, self._secrets))
        self._usage = usage_of(event.get("usage")) or self._usage
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        return self._choice(choice) if isinstance(choice, Mapping) else None

    def last(self) -> ModelChunk:
        """Return the closing chunk. Raises ModelResponseError (retryable) when the stream was cut before its end."""
        if not self.ended:
            raise ModelResponseError(f"{self._endpoint} cut the stream before the answer's end", retryable=True)
        reason: FinishReason = finish_reason(self._reason, called=bool(self._ids), refused=self._refused)
        return ModelChunk(finish_reason=reason, usage=self._usage)

    def _choice(self, choice: Mapping[str, Any]) -> ModelChunk | None:
        self._reason = choice.get("finish_reason") or self._reason
        delta = choice.get("delta")
        if not isinstance(delta, Mapping):
            return None
        text, refused = text_of(delta)
        self._refused = self._refused or refused
        pieces = delta.get("tool_calls")
        calls = tuple(self._call(p) for p in pieces if isinstance(p, Mapping)) if isinstance(pieces, list) else ()
        return ModelChunk(text, calls) if text or calls else None

    def _call(self, piece: Mapping[str, Any]) -> ToolCallDelta:
        function = piece.get("function")
        function = function if isinstance(function, Mapping) else {}
        name = function.get("name")
        name = name if isinstance(name, str) else ""
        index, is_new = self._index(piece.get("index"), piece.get("id"))
        if is_new and not name:
            raise ModelResponseError(f"{self._endpoint}: a tool call in the stream has no name")
        arguments = arguments_of(function.get("arguments"))
        return ToolCallDelta(index, self._ids[index] if is_new else "", name if is_new else "", arguments)

    def _index(self, index: Any, id: Any) -> tuple[int, bool]:  # noqa: A002 - the wire's word
        """Return which call a piece belongs to. Some servers number none of them, others all of them 0."""
        known = self._ids
        id = id if isinstance(id, str) else ""  # noqa: A001
        if id and id in known:
            return known.index(id), False
        numbered = type(index) is int
        if not id and known and (not numbered or 0 <= index < len(known)):
            return (index if numbered else len(known) - 1), False
        if len(known) >= MAX_TOOL_CALLS:
            raise ModelResponseError(f"{self._endpoint} sent more than {MAX_TOOL_CALLS} tool calls")
        known.append(id or new_id())
        return len(known) - 1, True


async def read_chunks(
    pieces: AsyncIterator[bytes], endpoint: Endpoint, secrets: Sequence[str] = (), max_event: int = MAX_EVENT
) -> AsyncGenerator[ModelChunk, None]:
    """Yield the chunks of a stream of bytes. Raises ModelError for a cut, broken or refused stream."""
    parser = EventParser(max_event)
    assembler = ChunkAssembler(endpoint, secrets)
    async for piece in pieces:
        for data in parser.feed(piece):
            if chunk := assembler.take(data):
                yield chunk
        if assembler.done:
            break
    if not assembler.done:
        for data in _rest(parser, assembler):
            if chunk := assembler.take(data):
                yield chunk
    yield assembler.last()


def _rest(parser: EventParser, assembler: ChunkAssembler) -> list[str]:
    """Return the last event where only its blank line is missing; half an event is a cut stream, not garbage."""
    rest = list(parser.close())
    if rest and not assembler.ended and rest[-1] != DONE and not rest[-1].endswith("}"):
        rest.pop()
    return rest


def whole_as_chunks(response: ModelResponse) -> list[ModelChunk]:
    """Return the chunks of an answer that came whole although a stream was asked for."""
    message = response.message
    calls = tuple(ToolCallDelta(i, c.id, c.name, c.arguments) for i, c in enumerate(message.tool_calls))
    first = [ModelChunk(message.text, calls)] if message.text or calls else []
    return [*first, ModelChunk(finish_reason=response.finish_reason, usage=response.usage)]
