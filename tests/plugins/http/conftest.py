"""A web server on this machine that says exactly the bytes it is told to, and a client that may reach it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from lumosai_plugins.http.tool import Fetch
from lumosai_sdk import Permissions, PluginContext, ToolContext

Handler = Callable[["Seen", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Seen:
    """A request as it came over the wire."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.line.split(" ")[1]


@dataclass
class Server:
    """Answers paths with handlers or bytes, and remembers what it was asked."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    answers: dict[str, Handler | bytes] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ok(self, body: bytes = b"", *headers: str, content_type: str = "text/plain; charset=utf-8") -> bytes:
        """Return a whole 200 response."""
        return ok(body, *headers, content_type=content_type)

    def redirect(self, location: str, status: int = 302) -> bytes:
        """Return a whole redirect."""
        return f"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self.answer(await read(reader), writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def answer(self, seen: Seen, writer: asyncio.StreamWriter) -> None:
        self.seen.append(seen)
        default = ok(b"" if seen.line.startswith("HEAD") else b"hello")
        answer = self.answers.get(seen.path.partition("?")[0], default)
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        else:
            await answer(seen, writer)


async def read(reader: asyncio.StreamReader) -> Seen:
    """Read a request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = [line.split(": ", 1) for line in head[1:] if ": " in line]
    headers = {name.lower(): value for name, value in pairs}
    return Seen(head[0], headers, await reader.readexactly(int(headers.get("content-length", 0))))


def ok(body: bytes = b"", *headers: str, content_type: str = "text/plain; charset=utf-8") -> bytes:
    """Return a whole 200 response."""
    lines = ["HTTP/1.1 200 OK", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Server]:
    """Serve until the block ends, and leave no connection behind."""
    out = Server()
    listener = await asyncio.start_server(out.serve, "127.0.0.1", 0, limit=2**20)
    out.port = listener.sockets[0].getsockname()[1]
    yield out
    listener.close()
    for task in out.tasks:
        task.cancel()
    await asyncio.gather(*out.tasks, return_exceptions=True)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with listening() as out:
        yield out


@pytest.fixture
async def other() -> AsyncIterator[Server]:
    async with listening() as out:
        yield out


async def no_names(host: str) -> list[str]:
    """Know no host name: what tests ask for by name they say."""
    raise OSError(f"tests look up no names, and {host} is one")


async def fetch(
    url: str,
    *rules: str,
    settings: dict[str, Any] | None = None,
    lookup: Callable[[str], Awaitable[list[str]]] = no_names,
    **arguments: Any,
) -> Any:
    """Call the tool with *rules* granted, private addresses allowed where they are named."""
    tool = Fetch(PluginContext("http", settings={"allow_private": True, "timeout": 10.0, **(settings or {})}), lookup)
    context = ToolContext(permissions=Permissions.from_json({"http": list(rules)}))
    return await tool.call({"url": url, **arguments}, context)


@pytest.fixture(name="fetch")
def fetch_() -> Callable[..., Awaitable[Any]]:
    """The tool as a function of the URL and the rules that are granted."""
    return fetch


@pytest.fixture
def get(server: Server) -> Callable[..., Awaitable[Any]]:
    """Fetch a path of the server, which is granted."""

    async def call(path: str = "/", *rules: str, **options: Any) -> Any:
        return await fetch(f"{server.url}{path}", f"* {server.url}/*", *rules, **options)

    return call


@pytest.fixture
def unused_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
