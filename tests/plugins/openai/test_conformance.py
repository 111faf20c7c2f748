from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from lumosai_sdk.testing.conformance.provider import ADD, ProviderConformance

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.plugins.openai.conftest import FakeServer

    from lumosai_plugins.openai.provider import OpenAIProvider

MODELS = ("chat-1", "text-embed-1")
CALL = {"id": "call_1", "type": "function", "function": {"name": ADD.name, "arguments": '{"a": 2, "b": 3}'}}
USAGE = {"prompt_tokens": 7, "completion_tokens": 3}


async def vendor(request: web.Request) -> web.StreamResponse:
    """Answer as OpenAI does."""
    if request.path == "/v1/models":
        return web.json_response({"data": [{"id": m} for m in MODELS]})
    body = await request.json()
    if body["model"] not in MODELS:
        error = {"message": "The model does not exist", "type": "invalid_request_error", "code": "model_not_found"}
        return web.json_response({"error": error}, status=404)
    if request.path == "/v1/embeddings":
        vectors = [{"index": i, "embedding": [len(t) / 10, 0.5, -1]} for i, t in enumerate(body["input"])]
        return web.json_response({"data": vectors[::-1], "usage": {"prompt_tokens": 4}})
    calls = [CALL] if body.get("tool_choice") == "required" else []
    message = {"role": "assistant", "content": None if calls else "Hello to all of you.", "tool_calls": calls}
    reason = "tool_calls" if calls else "stop"
    if not body.get("stream"):
        return web.json_response({"choices": [{"message": message, "finish_reason": reason}], "usage": USAGE})
    return await stream(request, message, reason)


async def stream(request: web.Request, message: dict[str, Any], reason: str) -> web.StreamResponse:
    deltas: list[dict[str, Any]] = [{"content": w} for w in (message["content"] or "").split(" ")]
    for i, call in enumerate(message["tool_calls"]):
        function = call["function"]
        deltas.append({"tool_calls": [{**call, "index": i, "function": {**function, "arguments": ""}}]})
        deltas += [{"tool_calls": [{"index": i, "function": {"arguments": c}}]} for c in function["arguments"]]
    events: list[dict[str, Any]] = [{"choices": [{"delta": d, "finish_reason": None}]} for d in deltas]
    events += [{"choices": [{"delta": {}, "finish_reason": reason}]}, {"choices": [], "usage": USAGE}]
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    for event in [*map(json.dumps, events), "[DONE]"]:
        await response.write(f"data: {event}\n\n".encode())
    return response


class TestOpenAI(ProviderConformance):
    @pytest.fixture
    def provider(self, make: Callable[..., OpenAIProvider], server: FakeServer) -> OpenAIProvider:
        server.use(vendor)
        return make(base_url=server.url)

    @pytest.fixture
    def chat_model(self) -> str:
        return "chat-1"

    @pytest.fixture
    def embedding_model(self) -> str:
        return "text-embed-1"

    @pytest.fixture
    def supports_tools(self) -> bool:
        return True


class TestNamedEndpoint(TestOpenAI):
    @pytest.fixture
    def provider(self, make: Callable[..., OpenAIProvider], server: FakeServer) -> OpenAIProvider:
        server.use(vendor)
        return make(endpoints={"mine": {"base_url": server.url}}, base_url=server.url)

    @pytest.fixture
    def chat_model(self) -> str:
        return "mine/chat-1"

    @pytest.fixture
    def embedding_model(self) -> str:
        return "mine/text-embed-1"
