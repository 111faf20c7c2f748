"""A request as chat-completions JSON (OpenAI API reference, "Create chat completion")."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from lumosai_plugins.openai.settings import Endpoint
from lumosai_plugins.openai.strict import allows_strict
from lumosai_sdk.errors import InputError
from lumosai_sdk.types.models import EmbeddingRequest, ModelRequest, OutputSchema
from lumosai_sdk.types.tools import ToolSpec

_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_NAME = re.compile(r"[^A-Za-z0-9_-]")


def chat_payload(request: ModelRequest, model: str, endpoint: Endpoint, *, stream: bool = False) -> bytes:
    """Return the body of a call. Raises InputError when something in it is not JSON."""
    body: dict[str, Any] = {"model": model, "messages": [m.to_json() for m in request.messages]}
    if request.tools:
        body["tools"] = [_tool(t) for t in request.tools]
        if request.tool_choice != "auto":
            body["tool_choice"] = request.tool_choice
    if request.output is not None:
        _ask_for_json(body, request.output, endpoint)
    for name in ("temperature", "top_p", "seed"):
        if (value := getattr(request, name)) is not None:
            body[name] = value
    if request.max_tokens is not None:
        body[endpoint.max_tokens_field] = request.max_tokens
    if request.stop:
        body["stop"] = list(request.stop)
    body.update(request.extra)
    if stream:
        body["stream"] = True
        body.setdefault("stream_options", {"include_usage": True})
    return dump(body)


def embedding_payload(request: EmbeddingRequest, model: str, inputs: list[str]) -> bytes:
    """Return the body of a call for some of the request's inputs."""
    body: dict[str, Any] = {"model": model, "input": inputs, "encoding_format": "float"}
    if request.dimensions is not None:
        body["dimensions"] = request.dimensions
    return dump(body)


def dump(body: dict[str, Any]) -> bytes:
    """Return JSON. Raises InputError when it cannot be."""
    try:
        return _ENCODER.encode(body).encode()
    except (TypeError, ValueError, RecursionError) as e:
        raise InputError(f"the request to the model is not JSON: {e}") from None


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.input_schema}
    return {"type": "function", "function": function}


def _ask_for_json(body: dict[str, Any], output: OutputSchema, endpoint: Endpoint) -> None:
    if endpoint.structured_output == "json_schema":
        name = _NAME.sub("_", output.name)[:64] or "output"
        wanted = {"name": name, "schema": output.schema, "strict": allows_strict(output.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        return
    if endpoint.structured_output == "json_object":
        body["response_format"] = {"type": "json_object"}
    body["messages"].append({"role": "system", "content": _instruction(output.schema)})


def _instruction(schema: Mapping[str, Any]) -> str:
    return (
        f"Answer with JSON alone, without a code fence, that satisfies this JSON Schema:\n{dump(dict(schema)).decode()}"
    )
