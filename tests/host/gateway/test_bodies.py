"""Bodies as attackers and careless programs send them."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from lumosai.gateway import call, protocol

Open = Callable[..., Any]
RUN = "/v1/agents/echo/runs"
SMALL = {"server": {"max_body": 10_000}}


async def exchange(url: str, *pieces: bytes) -> bytes:
    """Send pieces of bytes and return what comes back until the server closes."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


def head(length: object = None, *lines: str, path: str = RUN) -> bytes:
    """Return the head of a POST."""
    out = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Connection: close", *lines]
    if length is not None:
        out.append(f"Content-Length: {length}")
    return ("\r\n".join(out) + "\r\n\r\n").encode()


@pytest.mark.parametrize("path", [RUN, "/v1/chat/completions", "/v1/tools/calculator.evaluate/call", "/plugins/p/x"])
async def test_a_body_that_is_too_large_is_refused_by_its_length(served: Open, path: str) -> None:
    async with served(**SMALL) as s:
        answer = await exchange(s.url, head(10_001, path=path))
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"max_body" in answer
        assert b"connection: close" in answer.lower()


async def test_a_body_that_is_too_large_is_refused_as_it_comes(served: Open) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100_000):
            yield b"[" * 1000

    async with served(**SMALL) as s:
        try:
            response = await s.client.post(RUN, content=endless(), headers={"content-type": "application/json"})
            assert response.status_code == 413
        except httpx2.TransportError:
            pass  # the server has answered and closed while the client still sent
        chunk = b"2710\r\n" + b"[" * 10_000 + b"\r\n"
        answer = await exchange(s.url, head(None, "Transfer-Encoding: chunked"), chunk, b"1\r\n[\r\n")
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert (await s.run()).status_code == 200


async def test_a_body_as_large_as_allowed_is_taken(served: Open) -> None:
    async with served(**SMALL) as s:
        frame = len(json.dumps({"input": ""}))
        assert (await s.run("x" * (9_990 - frame))).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{]",
        b'{"input": "x"} trailing',
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf{}",
        b'{"input": "\\ud800"}',
        b'{"input": "x", "metadata": {"n": NaN}}',
        b'{"input": "x", "metadata": {"n": [1e999]}}',
        b'{"input": "x", "metadata": {"n": -1e+4000}}',
        b'{"input": ' + b"9" * 5000 + b"}",
        b"[" * 5000 + b"]" * 5000,
        b'{"input":' * 1000 + b"1" + b"}" * 1000,
    ],
)
async def test_what_is_not_json_is_400(gateway: Open, body: bytes) -> None:
    async with gateway() as g:
        for path in (RUN, "/v1/chat/completions", "/v1/runs/run_x/resume"):
            response = await g.client.post(path, content=body, headers={"content-type": "application/json"})
            assert response.status_code == 400, response.text


async def test_bodies_are_not_unpacked(gateway: Open) -> None:
    async with gateway() as g:
        for coding in ("gzip", "br", "deflate, gzip"):
            response = await g.client.post(RUN, json={"input": "x"}, headers={"content-encoding": coding})
            assert response.status_code == 415
        plain = await g.client.post(RUN, json={"input": "x"}, headers={"content-encoding": "identity"})
        assert plain.status_code == 200


async def test_a_body_that_does_not_come_is_not_waited_for_for_ever(
    served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call, "BODY_SECONDS", 0.1)
    async with served() as s:
        answer = await exchange(s.url, head(100), b'{"in')
        assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_client_that_leaves_in_the_middle_of_its_body_harms_nobody(served: Open) -> None:
    async with served() as s:
        parts = urlsplit(s.url)
        for _ in range(5):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(head(1000) + b'{"input"')
            await writer.drain()
            writer.transport.abort()
        assert (await s.run()).status_code == 200
        assert (await s.client.get("/v1/runs")).json()["data"][1:] == []


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /v1/agents HTTP/1.1\r\n\r\n",
        b"GET /v1/agents HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
        b"GET /v1/agents HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"POST /v1/agents/echo/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        (
            b"POST /v1/agents/echo/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        b"POST /v1/agents/echo/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
async def test_requests_that_are_no_http_are_refused(served: Open, request_: bytes) -> None:
    async with served() as s:
        answer = await exchange(s.url, request_.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        assert answer.startswith(b"HTTP/1.1 4"), answer[:200]
        assert (await s.client.get("/healthz")).status_code == 200


async def test_a_head_without_end_is_refused(served: Open) -> None:
    async with served() as s:
        for start in (b"GET /v1/agents HTTP/1.1\r\nHost: localhost\r\nX-Long: ", b"GET /"):
            parts = urlsplit(s.url)
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(start)
            try:
                for _ in range(1000):
                    writer.write(b"a" * 4096)
                    await writer.drain()
            except ConnectionError:
                pass
            with suppress(ConnectionError):
                assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 400 ")
            writer.close()
        assert (await s.run()).status_code == 200
        long = await s.client.get("/v1/agents", headers={f"x-{i}": "a" * 1000 for i in range(50)})
        assert long.status_code == 200


async def test_a_head_that_does_not_come_is_not_waited_for(served: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    async with served() as s:
        parts = urlsplit(s.url)
        for start in (
            b"",
            b"GET /healthz HTTP/1.1\r\nHost: loc",
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET ",
        ):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(start)
            assert (await asyncio.wait_for(reader.read(), 10)).count(b"HTTP/1.1 200") == start.count(b"\r\n\r\n")
            writer.close()
        assert (await s.run()).status_code == 200


async def test_a_query_of_thousands_of_fields_is_refused(gateway: Open) -> None:
    async with gateway() as g:
        response = await g.client.get("/v1/runs?" + "&".join(f"a{i}=1" for i in range(1000)))
        assert response.status_code == 400
