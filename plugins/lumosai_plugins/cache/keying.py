"""When two requests are the same: everything that may change the answer is, and who may be given it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from lumosai_plugins.cache.settings import Settings
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import ModelRequest


def is_wanted(request: ModelRequest, settings: Settings) -> bool:
    """Tell whether the answer to a request may be kept at all."""
    return settings.answers == "always" or (settings.answers == "deterministic" and request.temperature == 0)


def key_of(model: str, request: ModelRequest, principal: Principal, settings: Settings) -> str | None:
    """Return the SHA-256 of a request and of whom its answer is for; None for what has no canonical form."""
    output = request.output
    parts = [
        _for_whom(principal, settings),
        model,
        request.model,
        _messages(request.messages),
        [t.to_json() for t in request.tools],
        request.tool_choice,
        None if output is None else [output.schema, output.name],
        [request.temperature, request.top_p, request.max_tokens, list(request.stop), request.seed],
        request.extra,
    ]
    try:
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=dict)
    except (TypeError, ValueError, RecursionError):
        return None
    return sha256(text.encode()).hexdigest()


def _for_whom(principal: Principal, settings: Settings) -> list[str]:
    if settings.share == "everyone":
        return []
    return [principal.tenant] if settings.share == "tenant" else [principal.tenant, principal.id]


def _messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Return messages in which calls are numbered: their ids are drawn by lot."""
    numbers: dict[str, str] = {}

    def number(call_id: str) -> str:
        return numbers.setdefault(call_id, f"{len(numbers)}")

    out = []
    for message in messages:
        told = message.to_json()
        for call in told.get("tool_calls", ()):
            call["id"] = number(call["id"])
        if "tool_call_id" in told:
            told["tool_call_id"] = number(told["tool_call_id"])
        out.append(told)
    return out
