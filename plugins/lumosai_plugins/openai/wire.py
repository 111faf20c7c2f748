"""What servers answer, as the SDK's types. A server is a stranger: nothing in an answer is taken on trust."""

from __future__ import annotations

import base64
import json
import math
import struct
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from lumosai_sdk.errors import ModelResponseError
from lumosai_sdk.remote import blanked
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import NO_USAGE, FinishReason, ModelInfo, ModelResponse, Usage

MAX_TOOL_CALLS = 128
_MAX_MODELS = 10_000
_SHOWN = 65_536
_FINISH: Mapping[Any, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "error": "error",
    "max_tokens": "length",
}


def parse_json(raw: bytes | str, secrets: Sequence[str] = ()) -> Any:
    """Return the JSON value. Raises ModelResponseError, without *secrets*, when it is none."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        text = raw[:_SHOWN].decode(errors="replace") if isinstance(raw, bytes) else raw[:_SHOWN]
        raise ModelResponseError(
            f"the server answered with something that is not JSON: {blanked(text, secrets, 120)!r}",
            hint="does base_url lead to an OpenAI-compatible API? It usually ends in /v1",
        ) from None


def parse_completion(data: Any, model: str) -> ModelResponse:
    """Return a whole answer. Raises ModelResponseError when it is not one."""
    choice = _first_choice(data)
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise ModelResponseError("the server's answer holds no message")
    text, refused = text_of(message)
    calls = _tool_calls(message.get("tool_calls"))
    reported = data.get("model")
    return ModelResponse(
        Message("assistant", text, calls),
        finish_reason(choice.get("finish_reason"), called=bool(calls), refused=refused),
        usage_of(data.get("usage")) or NO_USAGE,
        reported if isinstance(reported, str) and reported else model,
    )


def _first_choice(data: Any) -> Mapping[str, Any]:
    choices = data.get("choices") if isinstance(data, Mapping) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise ModelResponseError("the server's answer holds no choices")
    return choices[0]


def text_of(message: Mapping[str, Any]) -> tuple[str, bool]:
    """Return a message's (or delta's) text, and whether it is a refusal. Some servers send text in parts."""
    content = message.get("content")
    if isinstance(content, str) and content:
        return content, False
    if isinstance(content, list):
        parts = [p["text"] for p in content if isinstance(p, Mapping) and isinstance(p.get("text"), str)]
        return "".join(parts), False
    refusal = message.get("refusal")
    return (refusal, True) if isinstance(refusal, str) and refusal else ("", False)


def finish_reason(value: Any, *, called: bool, refused: bool = False) -> FinishReason:
    """Return why an answer ended. Some servers say ``stop`` after tool calls, or nothing."""
    if refused:
        return "content_filter"
    reason = _FINISH.get(value, "stop") if isinstance(value, str) else "stop"
    return "tool_calls" if called and reason == "stop" else reason


def _tool_calls(value: Any) -> tuple[ToolCall, ...]:
    if not value:
        return ()
    if not isinstance(value, list) or len(value) > MAX_TOOL_CALLS:
        raise ModelResponseError(f"the server's tool calls are no list of up to {MAX_TOOL_CALLS}")
    calls: list[ToolCall] = []
    seen: set[str] = set()
    for item in value:
        function = item.get("function") if isinstance(item, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str) or not function["name"]:
            raise ModelResponseError("the server sent a tool call without a name")
        id = item.get("id")  # noqa: A001 - the wire's word
        id = id if isinstance(id, str) and id and id not in seen else new_id()  # noqa: A001
        seen.add(id)
        calls.append(ToolCall(id, function["name"], arguments_of(function.get("arguments")) or "{}"))
    return tuple(calls)


def new_id() -> str:
    """Return an id for a tool call whose server gave it none."""
    return f"call_{uuid.uuid4().hex[:24]}"


def arguments_of(value: Any) -> str:
    """Return arguments as JSON text; some servers send them as an object."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def usage_of(value: Any) -> Usage | None:
    """Return the token counts, None where the server told none."""
    if not isinstance(value, Mapping):
        return None
    details = value.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else value.get("prompt_cache_hit_tokens")
    asked = _count(value.get("prompt_tokens"))
    return Usage(asked, _count(value.get("completion_tokens")), min(_count(cached), asked))


def _count(value: Any) -> int:
    return value if type(value) is int and 0 <= value < 1 << 53 else 0


def parse_models(data: Any) -> list[ModelInfo]:
    """Return the models a server lists. Raises ModelResponseError when it is no such list."""
    items = data.get("data") if isinstance(data, Mapping) else data
    if not isinstance(items, list):
        raise ModelResponseError("the server's list of models is no list")
    found = [i for i in items[:_MAX_MODELS] if isinstance(i, Mapping) and isinstance(i.get("id"), str) and i["id"]]
    return [model_info(i["id"], _count(i.get("context_length") or i.get("max_model_len")) or None) for i in found]


def model_info(id: str, context_length: int | None = None) -> ModelInfo:  # noqa: A002 - the wire's word
    """Return what a name tells of a model: servers do not say what it can do."""
    return ModelInfo(id, ("embedding",) if "embed" in id.lower() else ("chat",), context_length)


def parse_embeddings(data: Any, expected: int) -> tuple[list[Sequence[float]], Usage]:
    """Return the vectors in the order of the inputs. Raises ModelResponseError unless there is one an input."""
    items = data.get("data") if isinstance(data, Mapping) else None
    if not isinstance(items, list) or not all(isinstance(i, Mapping) for i in items):
        raise ModelResponseError("the server's answer holds no embeddings")
    indexes = [item.get("index", i) for i, item in enumerate(items)]
    by_index = {i: item.get("embedding") for i, item in zip(indexes, items, strict=True) if type(i) is int}
    if by_index.keys() != set(range(expected)):
        raise ModelResponseError(f"the server sent {len(items)} embeddings for {expected} inputs")
    vectors = [_vector(by_index[i]) for i in range(expected)]
    if len({len(v) for v in vectors}) > 1:
        raise ModelResponseError("the server's embeddings differ in dimension")
    return vectors, usage_of(data.get("usage")) or NO_USAGE


def _vector(value: Any) -> Sequence[float]:
    try:
        if isinstance(value, str):
            raw = base64.b64decode(value, validate=True)
            value = list(struct.unpack(f"<{len(raw) // 4}f", raw))
        vector = [float(x) for x in value]
    except (ValueError, TypeError, OverflowError, struct.error):
        raise ModelResponseError("the server sent an embedding that is no vector") from None
    if not vector or not math.isfinite(math.fsum(vector)):
        raise ModelResponseError("the server sent an embedding that is empty or not finite")
    return vector
