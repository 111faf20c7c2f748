"""What servers do wrong, and how it is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from lumosai_plugins.openai.failures import retry_after
from lumosai_sdk.errors import (
    ContextLengthError,
    ModelAuthError,
    ModelError,
    ModelRateLimitError,
    ModelResponseError,
    ModelUnavailableError,
)
from lumosai_sdk.secrets import Secret
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import ModelRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.plugins.openai.conftest import FakeServer

    from lumosai_plugins.openai.provider import OpenAIProvider

ASK = ModelRequest("m", [Message.user("hi")])
HELLO = b'data: {"choices":[{"delta":{"content":"hello"}}]}\n\n'
MANY_CALLS = [{"id": str(i), "function": {"name": "f"}} for i in range(200)]
KEY = "sk-very/secret-value-0123456789"


async def stream(provider: OpenAIProvider, request: ModelRequest = ASK) -> str:
    return "".join([c.text async for c in provider.stream(request)])


async def fails(call: Awaitable[Any]) -> ModelError:
    with pytest.raises(ModelError) as raised:
        await call
    return raised.value


# --- refusals


@pytest.mark.parametrize(
    ("status", "error", "kind", "retryable"),
    [
        (400, {"message": "bad"}, ModelError, False),
        (400, {"message": "x", "code": "context_length_exceeded"}, ContextLengthError, False),
        (400, {"message": "This model's maximum context length is 8192 tokens"}, ContextLengthError, False),
        (400, {"message": "API key not valid. Please pass a valid API key."}, ModelAuthError, False),
        (401, {"message": "Incorrect API key provided"}, ModelAuthError, False),
        (402, {"message": "Insufficient credits"}, ModelError, False),
        (403, "no entry", ModelAuthError, False),
        (404, {"message": "no such model"}, ModelError, False),
        (408, None, ModelUnavailableError, True),
        (409, None, ModelUnavailableError, True),
        (413, None, ContextLengthError, False),
        (422, {"message": "bad"}, ModelError, False),
        (429, {"message": "slow down"}, ModelRateLimitError, True),
        (429, {"message": "pay", "code": "insufficient_quota"}, ModelRateLimitError, False),
        (500, {"message": "oops"}, ModelUnavailableError, True),
        (501, None, ModelUnavailableError, False),
        (503, "overloaded", ModelUnavailableError, True),
        (529, None, ModelUnavailableError, True),
        (204, None, ModelError, False),
    ],
)
async def test_every_refusal_has_its_kind(
    provider: OpenAIProvider, server: FakeServer, status: int, error: Any, kind: type[ModelError], retryable: bool
) -> None:
    server.json({"error": error} if error else None, status)
    for failure in (await fails(provider.complete(ASK)), await fails(stream(provider))):
        assert type(failure) is kind
        assert failure.retryable is retryable
        assert server.url in failure.message


@pytest.mark.parametrize(
    "body", [{"message": "told"}, {"detail": "told"}, [{"error": {"message": "told"}}], {"error": "told"}], ids=str
)
async def test_the_servers_words_are_found_in_every_shape(
    provider: OpenAIProvider, server: FakeServer, body: Any
) -> None:
    server.json(body, 418)
    assert (await fails(provider.complete(ASK))).message.endswith("answered 418: told")


async def test_a_refusal_that_is_no_json_is_quoted_briefly(provider: OpenAIProvider, server: FakeServer) -> None:
    server.raw(b"<html>\x1b[31m\x00 bad   gateway " + b"x" * 200_000, 502)
    message = (await fails(provider.complete(ASK))).message
    assert "<html> [31m bad gateway xxx" in message
    assert len(message) < len(server.url) + 600


async def test_auth_errors_name_the_setting_and_the_variable(
    make: Callable[..., OpenAIProvider], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    provider = make(endpoints={"groq": {"base_url": server.url, "api_key": Secret("env:MY_KEY")}})
    server.json({"error": {"message": f"Incorrect API key provided: {KEY}"}}, 401)
    failure = await fails(provider.complete(ModelRequest("groq/llama", ASK.messages)))
    assert "plugins.openai.settings.endpoints.groq.api_key" in (failure.hint or "")
    assert "env:MY_KEY" in (failure.hint or "")
    assert "***" in failure.message


async def test_without_a_key_the_setting_is_named(provider: OpenAIProvider, server: FakeServer) -> None:
    server.json({}, 401)
    assert 'plugins.openai.settings.api_key = "env:' in ((await fails(provider.complete(ASK))).hint or "")


async def test_a_changed_key_is_read_again_after_a_refusal(
    make: Callable[..., OpenAIProvider], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = make(base_url=server.url, api_key=Secret("env:MY_KEY"))
    for key in ("old", "new"):
        monkeypatch.setenv("MY_KEY", key)
        server.json({}, 401)
        await fails(provider.complete(ASK))
        assert server.last.headers["Authorization"] == f"Bearer {key}"


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
@pytest.mark.parametrize("padding", [0, 470, 490, 65_500])
async def test_no_answer_makes_us_tell_the_key(
    make: Callable[..., OpenAIProvider],
    server: FakeServer,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    padding: int,
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    provider = make(base_url=server.url, secret_headers={"X-Key": Secret("env:MY_KEY")})
    for body in (f'{{"error": {{"message": "{"x" * padding} {KEY}"}}}}', f"<p>{'x' * padding} {KEY}"):
        server.raw(body.encode(), status)
        for failure in (await fails(provider.complete(ASK)), await fails(stream(provider))):
            assert "sk-very" not in repr(failure) + str(failure) + json.dumps(failure.to_json())
        server.stream(f"data: {body}\n\n".encode())
        assert "sk-very" not in str(await fails(stream(provider)))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(
    make: Callable[..., OpenAIProvider],
    server: FakeServer,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    server.raw(b"", status, Location="/elsewhere")
    failure = await fails(make(base_url=server.url, api_key=Secret("env:MY_KEY")).complete(ASK))
    assert [s.path for s in server.seen] == ["/v1/chat/completions"]
    assert "redirect" in failure.message
    assert "base_url" in (failure.hint or "")
    assert not failure.retryable


# --- when to come again


NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "1e300"}, 86_400),
        ({"retry-after": "9", "retry-after-ms": "250"}, 0.25),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0.5s"}, 360.5),
        (
            {"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m", "x-ratelimit-remaining-tokens": "5"},
            1,
        ),
        ({"x-ratelimit-reset": "20ms"}, 0.02),
        ({"x-ratelimit-reset": "12"}, 12),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 40)}, 40),
        ({"x-ratelimit-reset": str(int(NOW.timestamp() * 1000) + 5000)}, 5),
        ({"x-ratelimit-reset": "later"}, None),
    ],
    ids=str,
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == (None if seconds is None else pytest.approx(seconds))


async def test_the_wait_is_told(provider: OpenAIProvider, server: FakeServer) -> None:
    server.json({}, 429, Retry_After="3")
    assert (await fails(provider.complete(ASK))).retry_after == pytest.approx(3)
    server.json({}, 503, Retry_After="4")
    assert (await fails(stream(provider))).retry_after == pytest.approx(4)


# --- garbage


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff\xfe\x00", b"[" * 100_000, b'"text"', b"null", b'{"choices": 1}', b"1" * 6000]
)
async def test_an_answer_that_is_no_completion(provider: OpenAIProvider, server: FakeServer, body: bytes) -> None:
    server.raw(body)
    assert isinstance(await fails(provider.complete(ASK)), ModelResponseError)
    server.stream(b"data: " + body + b"\n\n")
    assert isinstance(await fails(stream(provider)), ModelResponseError)


async def test_a_wrong_address_is_hinted_at(provider: OpenAIProvider, server: FakeServer) -> None:
    server.raw(b"<!doctype html>welcome to nginx")
    failure = await fails(provider.complete(ASK))
    assert "<!doctype html>" in failure.message
    assert "/v1" in (failure.hint or "")


async def test_an_error_inside_a_good_answer(provider: OpenAIProvider, server: FakeServer) -> None:
    server.json({"error": {"message": "upstream died", "code": 502}})
    failure = await fails(provider.complete(ASK))
    assert isinstance(failure, ModelUnavailableError)
    assert failure.retryable


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        ({"message": "x", "type": "server_error"}, ModelUnavailableError, True),
        ({"message": "x", "type": "overloaded_error"}, ModelUnavailableError, True),
        ({"message": "x", "code": "rate_limit_exceeded"}, ModelRateLimitError, True),
        ({"message": "x", "code": "insufficient_quota"}, ModelRateLimitError, False),
        ({"message": "x", "code": "context_length_exceeded"}, ContextLengthError, False),
        ({"message": "x", "code": 502}, ModelUnavailableError, True),
        ({"message": "x"}, ModelError, False),
        ("x", ModelError, False),
    ],
    ids=str,
)
async def test_an_error_in_the_middle_of_a_stream(
    provider: OpenAIProvider, server: FakeServer, error: Any, kind: type[ModelError], retryable: bool
) -> None:
    server.stream(HELLO, f"event: error\ndata: {json.dumps({'error': error})}\n\n".encode())
    failure = await fails(stream(provider))
    assert type(failure) is kind
    assert failure.retryable is retryable


@pytest.mark.parametrize(
    "rest", [b"", b'data: {"choices":[{"del', b"data: {}\n", b": still here\n\n", b"data: [DON"], ids=str
)
async def test_a_stream_that_ends_too_soon_may_be_tried_again(
    provider: OpenAIProvider, server: FakeServer, rest: bytes
) -> None:
    server.stream(HELLO, rest)
    failure = await fails(stream(provider))
    assert isinstance(failure, ModelResponseError)
    assert failure.retryable
    assert "cut" in failure.message


async def test_a_connection_cut_in_a_stream_may_be_tried_again(provider: OpenAIProvider, server: FakeServer) -> None:
    server.stream(HELLO, cut=True)
    failure = await fails(stream(provider))
    assert isinstance(failure, ModelUnavailableError)
    assert failure.retryable


@pytest.mark.parametrize(
    "event",
    [
        b"data: 7\n\n",
        b'data: {"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}\n\n',
        b"data: " + b"".join(b'{"choices":' for _ in range(5)) + b"\n\n",
        f"data: {json.dumps({'choices': [{'delta': {'tool_calls': MANY_CALLS}}]})}\n\n".encode(),
    ],
    ids=lambda e: str(e)[:40],
)
async def test_an_event_that_is_not_the_protocol(provider: OpenAIProvider, server: FakeServer, event: bytes) -> None:
    server.stream(HELLO, event)
    assert isinstance(await fails(stream(provider)), ModelResponseError)
