"""Answers and chunks in the shape of chat completions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from lumosai.gateway.reply import dump
from lumosai_sdk.types.messages import ToolCall
from lumosai_sdk.types.models import ToolCallDelta, Usage

DONE = b"data: [DONE]\n\n"


def usage(used: Usage) -> dict[str, Any]:
    """Return token counts in OpenAI's words."""
    return {
        "prompt_tokens": used.input_tokens,
        "completion_tokens": used.output_tokens,
        "total_tokens": used.total_tokens,
        "prompt_tokens_details": {"cached_tokens": used.cached_tokens},
    }


def completion(
    answer_id: str, model: str, text: str, finish: str, used: Usage, calls: Sequence[ToolCall] = ()
) -> dict[str, Any]:
    """Return a whole answer."""
    message: dict[str, Any] = {"role": "assistant", "content": text if text or not calls else None, "refusal": None}
    if calls:
        message["tool_calls"] = [c.to_json() for c in calls]
    return {
        "id": answer_id,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": usage(used),
    }


def tool_call_delta(piece: ToolCallDelta) -> dict[str, Any]:
    """Return a piece of a tool call; id and name come with the first piece only."""
    out: dict[str, Any] = {"index": piece.index, "function": {"arguments": piece.arguments}}
    if piece.id:
        out |= {"id": piece.id, "type": "function"}
    if piece.name:
        out["function"]["name"] = piece.name
    return out


class Chunks:
    """Makes the chunks of one streamed answer."""

    def __init__(self, answer_id: str, model: str, *, with_usage: bool) -> None:
        self._head = {"id": answer_id, "object": "chat.completion.chunk", "created": int(time.time()), "model": model}
        self._with_usage = with_usage

    def delta(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        """Return a chunk with a piece of the answer, or with how it ended."""
        chunk = {**self._head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}
        if self._with_usage:
            chunk["usage"] = None
        return data(chunk)

    def role(self) -> bytes:
        """Return the first chunk."""
        return self.delta({"role": "assistant", "content": ""})

    def end(self, finish: str, used: Usage) -> bytes:
        """Return the last chunks."""
        last = self.delta({}, finish)
        if self._with_usage:
            last += data({**self._head, "choices": [], "usage": usage(used)})
        return last + DONE


def data(value: object) -> bytes:
    """Return a frame of nothing but data."""
    return b"data: %b\n\n" % dump(value)
