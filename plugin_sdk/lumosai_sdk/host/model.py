"""Right ``models``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lumosai_sdk.host.bridge import call, text


def complete(
    model: str,
    messages: str | Sequence[Mapping[str, Any]],
    *,
    temperature: float | None = None,
    max_tokens: int | None = None,
    output_schema: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Ask a model and return ``{"text", "finish_reason", "usage"}``.

    *messages* are those of a chat (``{"role", "content"}``), or a text, which is a user's.
    """
    given: Any = [{"role": "user", "content": messages}] if isinstance(messages, str) else list(messages)
    request: dict[str, Any] = {"model": model, "messages": given}
    more = {"temperature": temperature, "max_tokens": max_tokens, "output_schema": output_schema}
    request.update((k, v) for k, v in more.items() if v is not None)
    return dict(call("model.complete", text(request)))


def embed(model: str, inputs: Sequence[str]) -> dict[str, Any]:
    """Return ``{"vectors": [[…], …], "usage"}``, a vector for each text."""
    return dict(call("model.embed", text({"model": model, "inputs": list(inputs)})))
