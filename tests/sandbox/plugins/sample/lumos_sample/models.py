"""A provider without I/O, of a server with a simple protocol: JSON in, JSON out, a stream in lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lumosai_sdk.errors import ModelError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import (
    EmbeddingRequest,
    EmbeddingResponse,
    ModelChunk,
    ModelInfo,
    ModelRequest,
    ModelResponse,
    Usage,
)
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.sansio import Answer, HttpAnswer, HttpCall, Operation

NOT_FOUND = 404
SUCCESS = 200


class Models:
    """Says what to ask, and reads what comes back."""

    def __init__(self, context: PluginContext) -> None:
        self._base = context.settings.get("base_url", "http://127.0.0.1:1")

    def prepare(self, operation: Operation, request: ModelRequest | EmbeddingRequest | None) -> HttpCall | Answer:
        if isinstance(request, EmbeddingRequest):
            if not request.inputs and request.model == "embedder":
                return Answer(EmbeddingResponse((), model=request.model))
            return self._post("embed", {"model": request.model, "inputs": list(request.inputs)})
        if isinstance(request, ModelRequest):
            asked = {"model": request.model, "messages": [m.to_json() for m in request.messages]}
            return self._post(operation, asked)
        return HttpCall(f"{self._base}/models", "GET")

    def _post(self, path: str, body: Any) -> HttpCall:
        headers = {"content-type": "application/json"}
        return HttpCall(f"{self._base}/{path}", "POST", headers, json.dumps(body))

    def parse(self, operation: Operation, response: HttpAnswer) -> Any:
        if response.status == NOT_FOUND:
            raise ModelError("the server has no such model")
        data = json.loads(response.body)
        if operation == "models":
            return [ModelInfo(m["id"], tuple(m["can"])) for m in data]
        if operation == "embed":
            return EmbeddingResponse(data["vectors"], Usage(data["tokens"]), data["model"])
        return ModelResponse(Message.assistant(data["text"]), "stop", Usage(3, data["tokens"]), data["model"])

    def parse_chunk(self, chunk: str, state: Any) -> tuple[Sequence[ModelChunk], Any]:
        *lines, rest = ((state or "") + chunk).split("\n")
        return [_chunk(json.loads(line)) for line in lines if line], rest


def _chunk(data: Any) -> ModelChunk:
    if data.get("end"):
        return ModelChunk(finish_reason="stop", usage=Usage(3, data["tokens"]))
    return ModelChunk(data["text"])
