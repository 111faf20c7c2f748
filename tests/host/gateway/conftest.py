"""A host behind HTTP: over a socket as it is served, or called in process where the socket is not the point."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from lumosai import Agent, Host
from lumosai.gateway.app import create_app
from lumosai.gateway.serve import serve

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost

ECHO = Agent("echo", model="scripted/echo", description="Repeats you")


@dataclass
class Service:
    """A host and a client that talks to it."""

    host: Host
    client: httpx2.AsyncClient
    url: str

    async def run(self, text: str = "hello", agent: str = "echo", **body: Any) -> httpx2.Response:
        return await self.client.post(f"/v1/agents/{agent}/runs", json={"input": text, **body})

    async def idle(self) -> None:
        """Return when no run is under way."""
        while self.host.runs.active:  # noqa: ASYNC110 - the host has no event for it
            await asyncio.sleep(0.01)

    async def stream(self, path: str, body: Any = None, method: str = "POST", **headers: str) -> list[Any]:
        """Return the frames of a stream, as (event, id, data)."""
        async with self.client.stream(method, path, json=body, headers=headers) as response:
            assert response.status_code == 200, await response.aread()
            assert response.headers["content-type"].startswith("text/event-stream")
            return parse_frames((await response.aread()).decode())


def parse_frames(text: str) -> list[Any]:
    """Return the frames of an event stream as the dictionaries of their fields; comments are left out."""
    blocks = [b for b in text.split("\n\n") if b and not b.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]


Open = Callable[..., AbstractAsyncContextManager[Service]]


@pytest.fixture
def gateway(lumos_host: OpenHost) -> Open:
    """Return a factory of services called in process."""

    @asynccontextmanager
    async def opened(
        *agents: Agent, client: tuple[str, int] = ("127.0.0.1", 5), **sections: Any
    ) -> AsyncIterator[Service]:
        async with lumos_host(agents=_agents(agents), **_sections(sections)) as host:
            transport = httpx2.ASGITransport(create_app(host), client=client)
            async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as made:
                yield Service(host, made, "http://localhost")

    return opened


@pytest.fixture
def served(lumos_host: OpenHost) -> Open:
    """Return a factory of services behind a socket, as ``lumos up`` makes them."""

    @asynccontextmanager
    async def opened(*agents: Agent, **sections: Any) -> AsyncIterator[Service]:
        async with (
            lumos_host(agents=_agents(agents), **_sections(sections)) as host,
            listening(host) as url,
            httpx2.AsyncClient(base_url=url, trust_env=False, timeout=20) as made,
        ):
            yield Service(host, made, url)

    return opened


@asynccontextmanager
async def listening(host: Host, **options: Any) -> AsyncIterator[str]:
    """Serve *host* on a free port and yield the URL."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(host, on_ready=ready.set_result, **options))
    waited: list[asyncio.Future[Any]] = [task, ready]
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield ready.result()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _agents(agents: Sequence[Agent]) -> list[Agent]:
    return [ECHO, *agents]


def _sections(sections: dict[str, Any]) -> dict[str, Any]:
    return {
        "models": {"default": "test/any", "embedding": "vectors/tiny"},
        **sections,
        "server": {"port": 0, **sections.get("server", {})},
    }
