"""Servers that send too much, too little, too slowly, or are not there."""

from __future__ import annotations

import asyncio
import gzip
import socket
from typing import TYPE_CHECKING, Any

import pytest

from lumosai_sdk.errors import (
    ModelError,
    ModelUnavailableError,
)
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import EmbeddingRequest, ModelRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.plugins.openai.conftest import FakeServer

    from lumosai_plugins.openai.provider import OpenAIProvider

ASK = ModelRequest("m", [Message.user("hi")])
HELLO = b'data: {"choices":[{"delta":{"content":"hello"}}]}\n\n'


async def stream(provider: OpenAIProvider, request: ModelRequest = ASK) -> str:
    return "".join([c.text async for c in provider.stream(request)])


async def fails(call: Awaitable[Any]) -> ModelError:
    with pytest.raises(ModelError) as raised:
        await call
    return raised.value


# --- too much


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_huge_answer_is_not_taken(
    make: Callable[..., OpenAIProvider], server: FakeServer, chunked: bool
) -> None:
    provider = make(base_url=server.url, max_response_mib=1)
    if chunked:
        server.stream(*[b"x" * 65_536] * 40)
    else:
        server.raw(b"x" * 3_000_000)
    assert "more than 1 MiB" in (await fails(provider.complete(ASK))).message
    assert "an event of more than 1048576 bytes" in (await fails(stream(provider))).message


async def test_a_huge_whole_answer_to_a_stream_is_not_taken(
    make: Callable[..., OpenAIProvider], server: FakeServer
) -> None:
    server.raw(b" " * 3_000_000, content_type="application/json")
    failure = await fails(stream(make(base_url=server.url, max_response_mib=1)))
    assert "more than 1 MiB" in failure.message


async def test_a_stream_without_end_is_left(make: Callable[..., OpenAIProvider], server: FakeServer) -> None:
    server.stream(*[HELLO * 1000] * 200)
    failure = await fails(stream(make(base_url=server.url, max_response_mib=1)))
    assert "more than 8 MiB" in failure.message


async def test_a_bomb_is_not_unpacked(provider: OpenAIProvider, server: FakeServer) -> None:
    server.raw(gzip.compress(b"\0" * 10_000_000), Content_Encoding="gzip")
    assert "compressed" in (await fails(provider.complete(ASK))).message
    assert server.last.headers["Accept-Encoding"] == "identity"


# --- dead and slow


def unused_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


async def test_a_dead_server(make: Callable[..., OpenAIProvider]) -> None:
    url = f"http://127.0.0.1:{unused_port()}/v1"
    for failure in (await fails(make(base_url=url).complete(ASK)), await fails(stream(make(base_url=url)))):
        assert isinstance(failure, ModelUnavailableError)
        assert failure.retryable
        assert url in failure.message
        assert "running" in (failure.hint or "")


async def test_something_that_is_no_web_server(make: Callable[..., OpenAIProvider]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")
        writer.close()

    ssh = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with ssh:
        provider = make(base_url=f"http://127.0.0.1:{ssh.sockets[0].getsockname()[1]}/v1")
        assert "does not speak HTTP" in (await fails(provider.complete(ASK))).message


async def test_a_server_that_hangs_up(make: Callable[..., OpenAIProvider]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.close()

    rude = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with rude:
        provider = make(base_url=f"http://127.0.0.1:{rude.sockets[0].getsockname()[1]}/v1")
        failure = await fails(provider.complete(ASK))
        assert isinstance(failure, ModelUnavailableError)
        assert failure.retryable


async def test_an_answer_shorter_than_announced(make: Callable[..., OpenAIProvider]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
        writer.close()

    short = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with short:
        provider = make(base_url=f"http://127.0.0.1:{short.sockets[0].getsockname()[1]}/v1")
        assert (await fails(provider.complete(ASK))).retryable


@pytest.mark.parametrize(
    ("timeouts", "pieces", "words"),
    [
        ({"first_byte": 0.05}, [], "did not begin to answer within 0.05 s"),
        ({"between_chunks": 0.05}, [HELLO], "fell silent for 0.05 s"),
        ({"total": 0.05}, [HELLO], "did not finish its answer within 0.05 s"),
    ],
    ids=str,
)
async def test_a_slow_server(
    make: Callable[..., OpenAIProvider],
    server: FakeServer,
    timeouts: dict[str, float],
    pieces: list[bytes],
    words: str,
) -> None:
    server.stream(*pieces, hang=True)
    failure = await fails(stream(make(base_url=server.url, timeouts=timeouts)))
    assert isinstance(failure, ModelUnavailableError)
    assert failure.retryable
    assert words in failure.message
    await server.gone.wait()


async def test_the_requests_own_timeout_counts(provider: OpenAIProvider, server: FakeServer) -> None:
    server.stream(hang=True)
    request = ModelRequest("m", [], timeout=0.05)
    for call in (provider.complete(request), stream(provider, request)):
        assert "did not finish its answer within 0.05 s" in (await fails(call)).message
    embed = provider.embed(EmbeddingRequest("m", ["a"], timeout=0.05))
    assert "within 0.05 s" in (await fails(embed)).message


async def test_a_server_that_lingers_after_the_end_does_not_hold_us_up(
    provider: OpenAIProvider, server: FakeServer
) -> None:
    server.stream(HELLO, b'data: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n', hang=True)
    assert await asyncio.wait_for(stream(provider), 30) == "hello"
    await server.gone.wait()


async def test_a_cancelled_call_lets_the_server_go(provider: OpenAIProvider, server: FakeServer) -> None:
    server.stream(HELLO, hang=True)
    call = asyncio.ensure_future(provider.complete(ASK))
    await server.asked.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await server.gone.wait()


async def test_after_it_is_closed_it_says_so(provider: OpenAIProvider, server: FakeServer) -> None:
    await provider.complete(ASK)
    await provider.aclose()
    assert "stopped" in (await fails(provider.complete(ASK))).message


def test_every_event_loop_has_connections_of_its_own(make: Callable[..., OpenAIProvider]) -> None:
    provider = make(base_url=f"http://127.0.0.1:{unused_port()}/v1")
    for _ in range(3):
        assert isinstance(asyncio.run(fails(provider.complete(ASK))), ModelUnavailableError)
