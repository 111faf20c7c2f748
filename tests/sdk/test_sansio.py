"""The same provider class without I/O, driven natively."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from lumosai_sdk.errors import ModelError, ModelRateLimitError, ModelResponseError, ModelUnavailableError
from lumosai_sdk.host.bridge import install, installed
from lumosai_sdk.kinds import ChatProvider, EmbeddingProvider
from lumosai_sdk.kinds.sansio import SansIOProvider
from lumosai_sdk.sansio import Driven, Opened
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import EmbeddingRequest, ModelChunk, ModelInfo, ModelRequest, ModelResponse
from lumosai_sdk.types.sansio import Answer, HttpAnswer, HttpCall, Operation
from lumosai_sdk.wireerrors import FarError

REQUEST = ModelRequest("m", (Message.user("hi"),))


class Lines:
    """A vendor whose answers are lines of text."""

    def prepare(self, operation: Operation, request: ModelRequest | EmbeddingRequest | None) -> HttpCall | Answer:
        if operation == "models":
            return Answer([ModelInfo("m")])
        return HttpCall(f"https://vendor.example/{operation}", body=request.model if request else None)

    def parse(self, operation: Operation, response: HttpAnswer) -> Any:
        if response.status == 429:  # noqa: PLR2004
            raise ModelRateLimitError("slow down", retryable=True)
        return ModelResponse(Message.assistant(response.body)) if operation == "complete" else response.body

    def parse_chunk(self, chunk: str, state: Any) -> tuple[Sequence[ModelChunk], Any]:
        text = (state or "") + chunk
        *lines, rest = text.split("\n") if chunk else (text, "")
        return [ModelChunk(line) for line in lines if line], rest


class Web:
    """Answers every request alike, and remembers what it was asked."""

    def __init__(self, status: int = 200, pieces: Sequence[str] = (), error: Exception | None = None) -> None:
        self.status = status
        self.pieces = pieces
        self.error = error
        self.calls: list[HttpCall] = []
        self.closed = 0

    @asynccontextmanager
    async def __call__(self, call: HttpCall) -> AsyncIterator[Opened]:
        self.calls.append(call)
        if self.error:
            raise self.error
        try:
            yield Opened(self.status, {}, self._pieces())
        finally:
            self.closed += 1

    async def _pieces(self) -> AsyncIterator[str]:
        for piece in self.pieces:
            yield piece


def test_it_is_a_provider_like_any_other() -> None:
    driven = Driven(Lines(), Web())
    assert isinstance(driven, ChatProvider)
    assert isinstance(driven, EmbeddingProvider)
    assert isinstance(Lines(), SansIOProvider)


async def test_it_asks_what_the_provider_says_and_gives_it_the_answer() -> None:
    web = Web(pieces=("he", "llo"))
    answer = await Driven(Lines(), web).complete(REQUEST)
    assert answer.message.text == "hello"
    assert (web.calls, web.closed) == ([HttpCall("https://vendor.example/complete", body="m")], 1)


async def test_what_needs_no_asking_is_not_asked() -> None:
    web = Web()
    assert await Driven(Lines(), web).models() == [ModelInfo("m")]
    assert web.calls == []


async def test_a_stream_comes_as_it_is_read() -> None:
    web = Web(pieces=("on", "e\ntw", "", "o"))
    assert [c.text async for c in Driven(Lines(), web).stream(REQUEST)] == ["one", "two"]


async def test_a_stream_that_is_given_up_is_closed() -> None:
    web = Web(pieces=("a\n", "b\n", "c\n"))
    stream = Driven(Lines(), web).stream(REQUEST)
    assert (await anext(stream)).text == "a"
    await stream.aclose()  # type: ignore[attr-defined]
    assert web.closed == 1


async def test_a_streams_http_error_is_the_providers_to_read() -> None:
    with pytest.raises(ModelRateLimitError):
        [c async for c in Driven(Lines(), Web(429)).stream(REQUEST)]
    with pytest.raises(ModelResponseError, match="status 500"):
        [c async for c in Driven(Lines(), Web(500)).stream(REQUEST)]


async def test_an_answer_of_the_wrong_type_is_an_error_of_the_provider() -> None:
    with pytest.raises(ModelResponseError, match="str"):
        await Driven(Lines(), Web(pieces=("x",))).embed(EmbeddingRequest("m", ("a",)))


async def test_a_request_that_does_not_get_through_may_later() -> None:
    with pytest.raises(ModelUnavailableError) as e:
        await Driven(Lines(), Web(error=FarError("timeout", "too slow"))).complete(REQUEST)
    assert e.value.retryable
    with pytest.raises(ModelError, match="as it is"):
        await Driven(Lines(), Web(error=ModelError("as it is"))).complete(REQUEST)


# --- through the host


@pytest.fixture
def pieces() -> Iterator[list[str]]:
    """Stand in for the host: what is in the list is the answer's body."""
    left = ["he", "llo"]

    def bridge(function: str, texts: tuple[str, ...]) -> str:
        if function == "http.open":
            asked = json.loads(texts[0])
            return json.dumps({"handle": "1", "status": 200, "url": asked["url"], "headers": {}})
        if function == "http.read":
            return json.dumps(left.pop(0) if left else None)
        assert function == "http.close"
        left.append("closed")
        return "null"

    before = installed()
    install(bridge)
    yield left
    install(before)


async def test_without_a_transport_of_its_own_it_asks_the_host(pieces: list[str]) -> None:
    assert (await Driven(Lines()).complete(REQUEST)).message.text == "hello"
    assert pieces == []
