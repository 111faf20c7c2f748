"""Attacks on who is calling: keys guessed, smuggled, leaked and replayed, over the wire where that is the point."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
import hmac
import logging
from argparse import ArgumentParser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from lumosai.gateway.serve import serve
from lumosai_plugins.keys import key as key_module
from lumosai_plugins.keys.command import KeyCommand
from lumosai_sdk import PluginContext
from lumosai_sdk.testing.hosts import open_host
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.events import AuditRefused


def made(host: Any, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Make a key as the command does and return it."""
    context = PluginContext("keys", data_dir=host.loaded.data_dir / "plugins" / "keys")
    command, parser = KeyCommand(context), ArgumentParser()
    command.add_arguments(parser)
    command.run(parser.parse_args(["create", "ada", "--role", "read", *words]), context)
    return capsys.readouterr().out.strip()


@asynccontextmanager
async def served(folder: Path, **server: Any) -> AsyncIterator[tuple[Any, int]]:
    """Serve a host that asks for keys; yield it and its port."""
    sections = {"auth": ["keys"], "port": 0, **server}
    async with open_host(folder, ScriptedModel("x"), server=sections) as host:
        url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve(host, on_ready=url.set_result))
        waited: list[asyncio.Future[Any]] = [task, url]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        try:
            yield host, int((await url).rpartition(":")[2])
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def said(port: int, head: str, body: bytes = b"") -> str:
    """Send a request as it is and return all that is answered until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(ConnectionError):
        writer.write(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body)
        await writer.drain()
    answer = bytearray()
    with suppress(ConnectionError):
        while piece := await asyncio.wait_for(reader.read(65_536), 10):
            answer += piece
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return answer.decode("latin-1")


def get(path: str = "/v1/agents", *headers: str) -> str:
    return "\n".join([f"GET {path} HTTP/1.1", "host: localhost", "connection: close", *headers])


def status(answer: str) -> int:
    return int(answer.split(" ", 2)[1]) if answer else 0


async def test_keys_are_smuggled_in_no_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with served(tmp_path) as (host, port):
        key = made(host, capsys)
        good, bad = f"authorization: Bearer {key}", "authorization: Bearer lumos_000000000000_x"
        assert status(await said(port, get("/v1/agents", good))) == 200
        for headers, expected in (
            ([good, bad], {400}),
            ([bad, good], {400}),
            ([good, good], {400}),
            ([f"authorization : Bearer {key}"], {400}),
            ([f"authorization: Bearer x\n {key}"], {400, 401}),
            ([f"authorization: Bearer {key},{key}"], {401}),
            ([f"authorization: Bearer {key}\x00"], {400, 401}),
            ([f"authorization: {key}"], {401}),
            ([f"authorization: Basic {key}"], {401}),
            ([f"x-api-key: {key}"], {401}),
            ([f"cookie: authorization=Bearer {key}"], {401}),
            ([f"proxy-authorization: Bearer {key}"], {401}),
            ([f"Authorization_: Bearer {key}"], {401}),
            (["authorization: Bearer " + "x" * 17_000], {431}),
            (["authorization: Bearer " + "x" * 70_000], {400, 431, 0}),
            ([good, *(f"x-{n}: y" for n in range(150))], {431}),
            ([good, "host: other"], {400}),
            ([good, "content-length: 5", "transfer-encoding: chunked"], {400}),
            ([good, "content-length: 5", "content-length: 6"], {400}),
            ([good, "transfer-encoding: chunked, identity"], {400}),
        ):
            answer = await said(port, get("/v1/agents", *headers))
            assert status(answer) in expected, headers
            assert key not in answer


@pytest.mark.parametrize("query", ["?access_token={}", "?api_key=x", "?x={}", "?a=b&api-key=x", "/{}"])
async def test_a_key_in_an_address_is_refused_whether_it_is_good_or_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], query: str
) -> None:
    async with served(tmp_path) as (host, port):
        key = made(host, capsys)
        events: list[Any] = []
        host.bus.listen(events.append)
        for headers in ([], [f"authorization: Bearer {key}"]):
            answer = await said(port, get(f"/v1/agents{query.format(key)}", *headers))
            assert status(answer) == 400
            assert "Authorization: Bearer" in answer
            assert key not in answer
        assert len(events) == 2
        assert key not in str([e.to_json() for e in events])


async def test_nothing_that_is_logged_or_told_holds_a_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with served(tmp_path) as (host, port):
        key = made(host, capsys)
        events: list[Any] = []
        host.bus.listen(events.append)
        good = f"authorization: Bearer {key}"
        await said(port, get("/v1/agents", good))
        await said(port, get("/v1/plugins/refresh", good).replace("GET", "POST"))
        await said(port, get("/v1/agents", f"authorization: Bearer {key[:-1]}"))
        await said(port, get(f"/{key}", good))
        (host.loaded.data_dir / "plugins" / "keys" / "keys.json").write_text("{")
        assert status(await said(port, get("/v1/agents", good))) == 503
        refused = [e for e in events if isinstance(e, AuditRefused)]
        assert [e.status for e in refused] == [403, 401, 400, 503]
        assert refused[0].credential == f"key:{key.split('_')[1]}"
        everything = caplog.text + str([e.to_json() for e in events]) + "".join(capsys.readouterr())
        assert key not in everything
        assert key[:-1] not in everything


def test_secrets_are_compared_in_a_time_that_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def noted(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return real(a, b)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    kept = key_module.Secret.of("right")
    for secret in ("right", "righx", "", "x" * 1000):
        assert kept.fits(secret, 0.0) is (secret == "right")
    # Hashes of one length, whatever was sent, and every time.
    assert len(compared) == 4
    assert {len(part) for pair in compared for part in pair} == {32}


async def test_a_revoked_key_ends_with_the_next_request_on_an_open_connection(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with served(tmp_path) as (host, port):
        key = made(host, capsys)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = get("/v1/agents", f"authorization: Bearer {key}").replace("connection: close\n", "")
        found = []
        for _ in range(2):
            writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
            answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(answer.partition("content-length: ")[2].split("\r\n")[0])
            await reader.readexactly(length)
            found.append(status(answer))
            context = PluginContext("keys", data_dir=host.loaded.data_dir / "plugins" / "keys")
            command, parser = KeyCommand(context), ArgumentParser()
            command.add_arguments(parser)
            command.run(parser.parse_args(["revoke", key.split("_")[1]]), context)
        writer.close()
        await writer.wait_closed()
        assert found == [200, 401]


async def test_a_body_that_trickles_in_after_a_refusal_does_not_hold_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lumosai.gateway import protocol

    monkeypatch.setattr(protocol, "BODY_SECONDS", 0.3)
    async with served(tmp_path) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /v1/agents/a/runs HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{")
        assert b" 401 " in await reader.readuntil(b"\r\n")

        async def trickle() -> None:
            while True:
                writer.write(b" ")
                await asyncio.sleep(0.05)

        sending = asyncio.create_task(trickle())
        with suppress(ConnectionError):
            await asyncio.wait_for(reader.read(), 10)
        sending.cancel()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_role_is_no_more_than_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with served(tmp_path) as (host, port):
        good = f"authorization: Bearer {made(host, capsys)}"
        for method, path in (("POST", "/v1/plugins/time/disable"), ("POST", "/v1/plugins/refresh"),
                             ("DELETE", "/v1/threads/x"), ("POST", "/v1/tools/time.now/call")):  # fmt: skip
            head = get(path, good, "content-type: application/json", "content-length: 2").replace("GET", method, 1)
            answer = await said(port, head, b"{}")
            assert status(answer) == 403, path
