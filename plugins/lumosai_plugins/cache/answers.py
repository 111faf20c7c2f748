"""An answer as it is kept, and as it is given again."""

from __future__ import annotations

import json
from dataclasses import replace
from secrets import token_hex
from typing import Any, get_args

from lumosai_sdk.errors import InputError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import FinishReason, ModelResponse, Usage

WHOLE = ("stop", "tool_calls")


def is_whole(response: ModelResponse) -> bool:
    """Tell whether an answer may be kept: one that was cut, filtered, given up or empty is none."""
    message = response.message
    return response.finish_reason in WHOLE and not response.cached and bool(message.content or message.tool_calls)


def pack(response: ModelResponse) -> str:
    """Return an answer as JSON."""
    usage = response.usage
    kept = {
        "message": response.message.to_json(),
        "finish_reason": response.finish_reason,
        "usage": [usage.input_tokens, usage.output_tokens],
        "model": response.model,
    }
    return json.dumps(kept, separators=(",", ":"))


def unpack(text: Any) -> ModelResponse | None:
    """Return an answer that is given again, or None for what is none: it costs nothing, its calls have new ids."""
    try:
        kept = json.loads(text)
        message = Message.from_json(kept["message"])
        finish: FinishReason = kept["finish_reason"]
        tokens_in, tokens_out = map(int, kept["usage"])
        model = str(kept["model"])
    except (ValueError, KeyError, TypeError, RecursionError, InputError):
        return None
    if finish not in get_args(FinishReason):
        return None
    calls = tuple(replace(c, id=f"call_{token_hex(12)}") for c in message.tool_calls)
    usage = Usage(tokens_in, tokens_out, tokens_in, 0.0)
    return ModelResponse(replace(message, tool_calls=calls), finish, usage, model, cached=True)
