"""The Gemini wire format, through the vendor's own SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from lumosai_sdk.errors import ModelAuthError, ModelError, ModelRateLimitError, ModelUnavailableError
from lumosai_sdk.testing.conformance.provider import ADD, ProviderConformance
from lumosai_sdk.types.messages import ImagePart, Message, ToolCall
from lumosai_sdk.types.models import ModelRequest, OutputSchema

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.plugins.multi.conftest import FakeVendor

    from lumosai_plugins.multi.provider import MultiProvider

MODEL = "google:gemini-3.8-flash"
ASK = ModelRequest(MODEL, [Message.user("hi")])
USAGE = {"promptTokenCount": 10, "candidatesTokenCount": 2, "totalTokenCount": 12, "cachedContentTokenCount": 4}


def candidate(*parts: Any, reason: str | None = "STOP") -> dict[str, Any]:
    out: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    if reason:
        out["finishReason"] = reason
    return {"candidates": [out], "usageMetadata": USAGE, "modelVersion": "gemini-3.8-flash", "responseId": "r1"}


async def gemini(request: web.Request, body: Any) -> web.StreamResponse:
    """Answer as the Gemini API does."""
    if "gemini-3.8-flash" not in request.path:
        error = {"code": 404, "message": "models/x is not found", "status": "NOT_FOUND"}
        return web.json_response({"error": error}, status=404)
    mode = body.get("toolConfig", {}).get("functionCallingConfig", {}).get("mode")
    parts: list[dict[str, Any]] = [{"text": "Hello "}, {"text": "to all."}]
    if mode == "ANY":
        parts = [{"functionCall": {"name": ADD.name, "args": {"a": 2, "b": 3}}}]
    if "streamGenerateContent" not in request.path:
        return web.json_response(candidate(*parts))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for i, part in enumerate(parts):
        data = candidate(part, reason="STOP" if i == len(parts) - 1 else None)
        await response.write(f"data: {json.dumps(data)}\r\n\r\n".encode())
    return response


class TestGoogle(ProviderConformance):
    @pytest.fixture
    def provider(self, make: Callable[..., MultiProvider], vendor: FakeVendor) -> MultiProvider:
        vendor.handler = gemini
        return make("google")

    @pytest.fixture
    def chat_model(self) -> str:
        return MODEL

    @pytest.fixture
    def supports_tools(self) -> bool:
        return True


@pytest.fixture
def provider(make: Callable[..., MultiProvider], vendor: FakeVendor) -> MultiProvider:
    vendor.handler = gemini
    return make("google")


async def fails(provider: MultiProvider, request: ModelRequest = ASK) -> ModelError:
    with pytest.raises(ModelError) as raised:
        await provider.complete(request)
    return raised.value


async def test_a_whole_conversation_arrives(provider: MultiProvider, vendor: FakeVendor) -> None:
    messages = [
        Message.system("be brief"),
        Message.user((ImagePart("data:image/png;base64,AAAA"),)),
        Message.assistant("", (ToolCall("t1", ADD.name, '{"a": 1, "b": 1}'),)),
        Message.tool("t1", "2"),
    ]
    response = await provider.complete(ModelRequest(MODEL, messages, [ADD], temperature=0.5, max_tokens=50))
    body = vendor.last.body
    assert body["systemInstruction"]["parts"] == [{"text": "be brief"}]
    assert [c["role"] for c in body["contents"]] == ["user", "model", "user"]
    assert body["contents"][0]["parts"][0]["inlineData"] == {"data": "AAAA", "mime_type": "image/png"}
    assert body["contents"][1]["parts"][0]["functionCall"]["args"] == {"a": 1, "b": 1}
    assert body["contents"][2]["parts"][0]["functionResponse"]["name"] == ADD.name
    assert body["generationConfig"]["maxOutputTokens"] == 50  # noqa: PLR2004
    assert response.message.text == "Hello to all."
    assert (response.usage.input_tokens, response.usage.cached_tokens) == (10, 4)


async def test_a_model_that_can_is_held_to_a_schema(provider: MultiProvider, vendor: FakeVendor) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    await provider.complete(ModelRequest(MODEL, ASK.messages, output=OutputSchema(schema)))
    assert vendor.last.body["generationConfig"]["responseMimeType"] == "application/json"


@pytest.mark.parametrize(
    ("status", "code", "kind", "retryable"),
    [
        (400, "INVALID_ARGUMENT", ModelError, False),
        (403, "PERMISSION_DENIED", ModelAuthError, False),
        (429, "RESOURCE_EXHAUSTED", ModelRateLimitError, True),
        (500, "INTERNAL", ModelUnavailableError, True),
        (503, "UNAVAILABLE", ModelUnavailableError, True),
    ],
)
async def test_every_refusal_has_its_kind(
    provider: MultiProvider, vendor: FakeVendor, status: int, code: str, kind: type[ModelError], retryable: bool
) -> None:
    vendor.json({"error": {"code": status, "message": "no", "status": code}}, status)
    failure = await fails(provider)
    assert type(failure) is kind
    assert failure.retryable is retryable
    assert len(vendor.seen) == 1
