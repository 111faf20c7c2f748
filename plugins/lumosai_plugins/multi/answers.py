"""Answers and their streams, back in the SDK's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic_ai import messages as pai

from lumosai_sdk.errors import ModelResponseError
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import FinishReason, ModelChunk, ModelResponse, ToolCallDelta, Usage

if TYPE_CHECKING:
    from pydantic_ai.models import StreamedResponse
    from pydantic_ai.usage import RequestUsage

_FINISH: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_call": "tool_calls",
    "error": "error",
}


def response(answer: pai.ModelResponse, model: str, *, priced: bool) -> ModelResponse:
    """Return a whole answer."""
    calls = tuple(ToolCall(p.tool_call_id, p.tool_name, arguments(p.args) or "{}") for p in answer.tool_calls)
    return ModelResponse(
        Message("assistant", answer.text or "", calls),
        reason(answer.finish_reason, called=bool(calls)),
        usage(answer.usage, price(answer) if priced else None),
        answer.model_name or model,
    )


def reason(value: str | None, *, called: bool) -> FinishReason:
    """Return why an answer ended; some vendors say ``stop`` after tool calls."""
    known = _FINISH.get(value or "stop", "stop")
    return "tool_calls" if called and known == "stop" else known


def usage(value: RequestUsage, cost: float | None) -> Usage:
    """Return the token counts."""
    asked = max(value.input_tokens, 0)
    return Usage(asked, max(value.output_tokens, 0), min(max(value.cache_read_tokens, 0), asked), cost)


def price(answer: pai.ModelResponse) -> float | None:
    """Return what an answer cost in US dollars, None where the price is not known."""
    try:
        return float(answer.cost().total_price)
    except (LookupError, ValueError, AssertionError):
        return None


def arguments(value: str | Mapping[str, object] | None) -> str:
    """Return arguments as JSON text; some vendors send them as an object."""
    return value if isinstance(value, str) else json.dumps(value) if value else ""


class Chunks:
    """Turns the events of one stream into chunks, and counts its tool calls."""

    def __init__(self, model: str, *, priced: bool) -> None:
        self._model = model
        self._priced = priced
        self._calls: dict[int, int] = {}

    def take(self, event: pai.ModelResponseStreamEvent) -> ModelChunk | None:
        """Return what an event adds, None for nothing we pass on (thinking, and the ends of parts)."""
        if isinstance(event, pai.PartStartEvent):
            return self._start(event.index, event.part)
        if not isinstance(event, pai.PartDeltaEvent):
            return None
        delta = event.delta
        if isinstance(delta, pai.TextPartDelta):
            return ModelChunk(delta.content_delta) if delta.content_delta else None
        if isinstance(delta, pai.ToolCallPartDelta) and event.index in self._calls:
            more = arguments(delta.args_delta)
            return ModelChunk(tool_calls=(ToolCallDelta(self._calls[event.index], arguments=more),)) if more else None
        return None

    def _start(self, index: int, part: pai.ModelResponsePart) -> ModelChunk | None:
        if isinstance(part, pai.TextPart):
            return ModelChunk(part.content) if part.content else None
        if not isinstance(part, pai.ToolCallPart):
            return None
        number = self._calls.setdefault(index, len(self._calls))
        delta = ToolCallDelta(number, part.tool_call_id, part.tool_name, arguments(part.args))
        return ModelChunk(tool_calls=(delta,))

    def last(self, stream: StreamedResponse) -> ModelChunk:
        """Return the closing chunk. Raises ModelResponseError (retryable) when the stream was cut before its end."""
        answer = stream.get()
        if answer.finish_reason is None:
            raise ModelResponseError(f"multi/{self._model}: the stream was cut before the answer's end", retryable=True)
        cost = price(answer) if self._priced else None
        ended = reason(answer.finish_reason, called=bool(self._calls))
        return ModelChunk(finish_reason=ended, usage=usage(answer.usage, cost))
