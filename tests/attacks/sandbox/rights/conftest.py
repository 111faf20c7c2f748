"""Web servers on this machine that say exactly the bytes they are told to, and plugins with the rights of a test."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from lumosai_sandbox.capabilities import Capabilities
from lumosai_sdk.permissions import Permissions
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.plugins import PluginContext

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
class Web:
    """A server: what it answers by path, and what it was asked."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    answers: dict[str, Handler | bytes] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @staticmethod
    def ok(body: bytes = b"hello", *headers: str) -> bytes:
        """Return a whole answer."""
        lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
        return "\r\n".join(lines).encode() + body

    @staticmethod
    def redirect(location: str, status: int = 302) -> bytes:
        """Return a whole redirect."""
        head = f"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        return head.encode("latin-1", "replace")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self.answer(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in head[1:]) if n}
        seen = Seen(head[0], headers, await reader.readexactly(int(headers.get("content-length", 0))))
        self.seen.append(seen)
        answer = self.answers.get(seen.path.partition("?")[0], self.ok())
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        else:
            await answer(seen, writer)


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[Web]:
    """Serve until the block ends, and leave no connection behind."""
    out = Web()
    listener = await asyncio.start_server(out.serve, "127.0.0.1", 0, limit=2**20)
    out.port = listener.sockets[0].getsockname()[1]
    yield out
    listener.close()
    for task in out.tasks:
        task.cancel()
    await asyncio.gather(*out.tasks, return_exceptions=True)


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with serving() as out:
        yield out


@pytest.fixture
async def other() -> AsyncIterator[Web]:
    async with serving() as out:
        yield out


async def no_names(host: str) -> list[str]:
    """Know no host name: what tests ask for by name they say."""
    raise OSError(f"tests look up no names, and {host} is one")


@dataclass
class Plugin:
    """A plugin's side of its rights."""

    capabilities: Capabilities
    events: list[Event]

    async def ask(self, function: str, *texts: str, tenant: str = "default", call: str = "1") -> Any:
        """Ask the host as a plugin's code does."""
        return json.loads(await self.capabilities(function, texts, Caller(tenant, call_id=call, chain=("p",))))

    async def fetch(self, url: str, **more: Any) -> Any:
        return await self.ask("http.fetch", json.dumps({"url": url, **more}))


@pytest.fixture
async def plugin() -> AsyncIterator[Callable[..., Plugin]]:
    """Return what makes plugins with the rights a test names; *granted* is the owner's grant, if it is another."""
    made: list[Capabilities] = []

    def make(
        rights: Mapping[str, Any] | None = None,
        *,
        name: str = "p",
        granted: Mapping[str, Any] | None = None,
        lookup: Any = no_names,
        log_limit: int = 65_536,
        **context: Any,
    ) -> Plugin:
        events: list[Event] = []
        full = PluginContext(
            name,
            permissions=Permissions.from_json(rights or {}),
            granted=None if granted is None else Permissions.from_json(granted),
            emit=events.append,
            **context,
        )
        made.append(Capabilities(full, lookup=lookup, log_limit=log_limit))
        return Plugin(made[-1], events)

    yield make
    for one in made:
        await one.aclose()
