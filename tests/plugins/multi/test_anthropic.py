"""The Anthropic messages wire format, through the vendor's own SDK."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from lumosai_sdk.errors import (
    ContextLengthError,
    InputError,
    ModelAuthError,
    ModelError,
    ModelRateLimitError,
    ModelResponseError,
    ModelUnavailableError,
)
from lumosai_sdk.testing.conformance.provider import ADD, ProviderConformance
from lumosai_sdk.types.messages import ImagePart, Message, TextPart, ToolCall
from lumosai_sdk.types.models import ModelChunk, ModelRequest, OutputSchema, Usage
from lumosai_sdk.types.tools import ToolSpec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.plugins.multi.conftest import FakeVendor

    from lumosai_plugins.multi.provider import MultiProvider

MODEL = "anthropic:claude-sonnet-4-6"
KEY = "sk-secret-of-the-vendor-123"
# Above a limit the vendor's SDK streams by itself.
ASK = ModelRequest(MODEL, [Message.user("hi")], max_tokens=100)
USAGE = {"input_tokens": 10, "output_tokens": 2, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 0}
TEXT = {"type": "text", "text": "Hello to all of you."}
CALL = {"type": "tool_use", "id": "toolu_1", "name": ADD.name, "input": {"a": 2, "b": 3}}
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}


def answer(*content: Any, reason: str | None = "end_turn") -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-6",
        "content": list(content),
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": USAGE,
    }


def event(name: str, **fields: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n".encode()


def events(*content: Any, reason: str = "end_turn") -> list[bytes]:
    out = [event("message_start", message=answer(reason=None))]
    for i, block in enumerate(content):
        out.append(event("content_block_start", index=i, content_block={**block, "text": "", "input": {}}))
        text = json.dumps(block["input"]) if block["type"] == "tool_use" else block["text"]
        kind, key = ("input_json_delta", "partial_json") if block["type"] == "tool_use" else ("text_delta", "text")
        out += [event("content_block_delta", index=i, delta={"type": kind, key: p}) for p in (text[:6], text[6:])]
        out.append(event("content_block_stop", index=i))
    end = event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage={"output_tokens": 9})
    return [*out, end, event("message_stop")]


async def claude(request: web.Request, body: Any) -> web.StreamResponse:
    """Answer as Anthropic does."""
    if body["model"] != "claude-sonnet-4-6":
        error = {"type": "not_found_error", "message": f"model: {body['model']}"}
        return web.json_response({"type": "error", "error": error}, status=404)
    calls = body.get("tool_choice", {}).get("type") == "any"
    content, reason = ([CALL], "tool_use") if calls else ([TEXT], "end_turn")
    if not body.get("stream"):
        return web.json_response(answer(*content, reason=reason))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for piece in events(*content, reason=reason):
        await response.write(piece)
    return response


class TestAnthropic(ProviderConformance):
    @pytest.fixture
    def provider(self, make: Callable[..., MultiProvider], vendor: FakeVendor) -> MultiProvider:
        vendor.handler = claude
        return make("anthropic")

    @pytest.fixture
    def chat_model(self) -> str:
        return MODEL

    @pytest.fixture
    def supports_tools(self) -> bool:
        return True


@pytest.fixture
def provider(make: Callable[..., MultiProvider], vendor: FakeVendor) -> MultiProvider:
    vendor.handler = claude
    return make("anthropic")


async def fails(call: Awaitable[Any]) -> ModelError:
    with pytest.raises(ModelError) as raised:
        await call
    return raised.value


async def collect(provider: MultiProvider, request: ModelRequest = ASK) -> list[ModelChunk]:
    return [c async for c in provider.stream(request)]


async def test_a_whole_conversation_arrives(provider: MultiProvider, vendor: FakeVendor) -> None:
    tool = ToolSpec("web.search", "Search", {"type": "object", "properties": {"q": {"type": "string"}}})
    messages = [
        Message.system("be brief"),
        Message.user((TextPart("look"), ImagePart("data:image/png;base64,AAAA"))),
        Message.assistant(
            "let me see", (ToolCall("t1", "web_search", '{"q": "x"}'), ToolCall("t2", "web_search", "{br"))
        ),
        Message.tool("t1", "found"),
        Message.tool("t2", "broken"),
        Message.user("so?"),
    ]
    request = ModelRequest(MODEL, messages, [tool], temperature=0.5, max_tokens=50, stop=("END",), timeout=30.0)
    await provider.complete(request)
    body = vendor.last.body
    assert (body["system"], body["max_tokens"], body["temperature"]) == ("be brief", 50, 0.5)
    assert body["stop_sequences"] == ["END"]
    assert [m["role"] for m in body["messages"]] == ["user", "assistant", "user"]
    image = body["messages"][0]["content"][1]["source"]
    assert (image["media_type"], image["data"]) == ("image/png", "AAAA")
    assert [c.get("input") for c in body["messages"][1]["content"]] == [None, {"q": "x"}, {"INVALID_JSON": "{br"}]
    assert [c.get("tool_use_id") for c in body["messages"][2]["content"]] == ["t1", "t2", None]
    assert body["tools"][0]["name"] == "web_search"
    assert KEY in str(vendor.last.headers)


async def test_answers_are_counted_and_priced(provider: MultiProvider) -> None:
    response = await provider.complete(ASK)
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (14, 2, 4)
    assert usage.cost is not None
    assert 0 < usage.cost < 1
    assert response.model == "claude-sonnet-4-6"


async def test_prices_can_be_left_out(make: Callable[..., MultiProvider], vendor: FakeVendor) -> None:
    vendor.handler = claude
    assert (await make("anthropic", prices=False).complete(ASK)).usage.cost is None


async def test_a_model_that_can_is_held_to_a_schema(provider: MultiProvider, vendor: FakeVendor) -> None:
    await provider.complete(ModelRequest(MODEL, ASK.messages, output=OutputSchema(SCHEMA), max_tokens=50))
    assert vendor.last.body["output_config"]["format"]["schema"] == SCHEMA


@pytest.mark.parametrize("schema", [{"type": "array", "items": {"type": "integer"}}, {"enum": ["a"]}], ids=str)
async def test_other_schemas_are_asked_for_in_words(
    provider: MultiProvider, vendor: FakeVendor, schema: dict[str, Any]
) -> None:
    await provider.complete(ModelRequest(MODEL, ASK.messages, output=OutputSchema(schema), max_tokens=50))
    assert "output_config" not in vendor.last.body
    assert json.dumps(schema)[1:-1] in json.dumps(vendor.last.body).replace('\\"', '"')


async def test_a_stream_with_text_and_two_calls(provider: MultiProvider, vendor: FakeVendor) -> None:
    vendor.stream(*events(TEXT, CALL, {**CALL, "id": "toolu_2"}, reason="tool_use"))
    chunks = await collect(provider)
    assert "".join(c.text for c in chunks) == TEXT["text"]
    deltas = [d for c in chunks for d in c.tool_calls]
    assert [(d.index, d.id, d.name) for d in deltas if d.id] == [(0, "toolu_1", ADD.name), (1, "toolu_2", ADD.name)]
    for index in (0, 1):
        assert json.loads("".join(d.arguments for d in deltas if d.index == index)) == CALL["input"]
    assert chunks[-1].finish_reason == "tool_calls"
    assert isinstance(chunks[-1].usage, Usage)
    assert all(c.finish_reason is None for c in chunks[:-1])


@pytest.mark.parametrize(
    ("status", "error", "kind", "retryable"),
    [
        (400, "invalid_request_error", ModelError, False),
        (401, "authentication_error", ModelAuthError, False),
        (403, "permission_error", ModelAuthError, False),
        (404, "not_found_error", ModelError, False),
        (429, "rate_limit_error", ModelRateLimitError, True),
        (500, "api_error", ModelUnavailableError, True),
        (529, "overloaded_error", ModelUnavailableError, True),
    ],
)
async def test_every_refusal_has_its_kind(
    provider: MultiProvider, vendor: FakeVendor, status: int, error: str, kind: type[ModelError], retryable: bool
) -> None:
    body = {"type": "error", "error": {"type": error, "message": f"no {KEY}"}}
    vendor.json(body, status, Retry_After="3")
    for failure in (await fails(provider.complete(ASK)), await fails(collect(provider))):
        assert type(failure) is kind
        assert failure.retryable is retryable
        assert failure.retry_after == (3 if retryable else None)
        assert KEY not in str(failure)
        assert f"answered {status}: no ***" in failure.message
    assert [s.path for s in vendor.seen] == [vendor.last.path] * 2  # the SDK did not retry by itself


async def test_a_prompt_that_is_too_long(provider: MultiProvider, vendor: FakeVendor) -> None:
    error = {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"}
    vendor.json({"type": "error", "error": error}, 400)
    assert isinstance(await fails(provider.complete(ASK)), ContextLengthError)


async def test_auth_errors_name_the_variable_and_the_setting(provider: MultiProvider, vendor: FakeVendor) -> None:
    vendor.json({"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}, 401)
    hint = (await fails(provider.complete(ASK))).hint or ""
    assert "ANTHROPIC_API_KEY" in hint
    assert "plugins.multi.settings.vendors.anthropic.api_key" in hint


async def test_an_error_in_the_middle_of_a_stream(provider: MultiProvider, vendor: FakeVendor) -> None:
    error = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    vendor.stream(*events(TEXT)[:3], error)
    failure = await fails(collect(provider))
    assert isinstance(failure, ModelUnavailableError)
    assert failure.retryable


@pytest.mark.parametrize("cut", [False, True])
async def test_a_stream_that_is_cut_may_be_tried_again(provider: MultiProvider, vendor: FakeVendor, cut: bool) -> None:
    vendor.stream(*events(TEXT)[:3], cut=cut)
    failure = await fails(collect(provider))
    assert isinstance(failure, ModelResponseError | ModelUnavailableError)
    assert failure.retryable


@pytest.mark.parametrize("data", [{}, [], "text", {"content": 7}, answer(7)], ids=str)
async def test_garbage_is_a_model_error(provider: MultiProvider, vendor: FakeVendor, data: Any) -> None:
    vendor.json(data)
    assert isinstance(await fails(provider.complete(ASK)), ModelError)


async def test_a_dead_server_may_be_tried_again(make: Callable[..., MultiProvider], vendor: FakeVendor) -> None:
    vendor.url = "http://127.0.0.1:1"
    failure = await fails(make("anthropic").complete(ASK))
    assert isinstance(failure, ModelUnavailableError)
    assert failure.retryable


async def test_a_slow_server_meets_the_timeout(provider: MultiProvider, vendor: FakeVendor) -> None:
    async def never(request: web.Request, body: Any) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    vendor.handler = never
    request = ModelRequest(MODEL, ASK.messages, max_tokens=10, timeout=0.2)
    for failure in (await fails(provider.complete(request)), await fails(collect(provider, request))):
        assert isinstance(failure, ModelUnavailableError)
        assert failure.retryable


@pytest.mark.parametrize(
    "url", ["http://x/a.png", "file:///etc/passwd", "data:text/html;base64,AAAA", "data:image/png,x"]
)
async def test_images_from_elsewhere_are_refused(provider: MultiProvider, vendor: FakeVendor, url: str) -> None:
    with pytest.raises(InputError, match="an image"):
        await provider.complete(ModelRequest(MODEL, [Message.user((ImagePart(url),))]))
    assert not vendor.seen
