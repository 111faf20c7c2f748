"""Hosts with the same data, each as if it were a process of its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from tests.host.gateway.conftest import listening, parse_frames

from lumosai import Agent
from lumosai.gateway import gate
from lumosai.gateway.peers.connection import Connection
from lumosai.gateway.peers.peers import Peers
from lumosai_sdk.errors import ModelError
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.models import ModelChunk, ModelInfo, ModelRequest, ModelResponse

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost


AGENTS = [
    Agent("echo", model="scripted/echo"),
    Agent("words", model="words/any"),
    Agent("asks", model="scripted/tool", tools=["calculator.*"], approve=["*"]),
]
PIDS = {"a": 101, "b": 102}
STREAM = {"accept": "text/event-stream"}


class Words:
    """A model that says a word each time it is let."""

    def __init__(self) -> None:
        self.let = asyncio.Semaphore(0)
        self.stopped = asyncio.Event()

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo("any")]

    async def complete(self, request: ModelRequest) -> ModelResponse:
        raise ModelError("a followed run streams")

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        try:
            for word in ("one ", "two ", "three"):
                await self.let.acquire()
                yield ModelChunk(word)
            await self.let.acquire()
            yield ModelChunk(finish_reason="stop")
        finally:
            self.stopped.set()

    def go_on(self, times: int = 4) -> None:
        for _ in range(times):
            self.let.release()


@dataclass
class Process:
    """A host as if it were a process of its own."""

    id: str
    host: Any
    url: str
    client: httpx2.AsyncClient
    words: Words
    peers: Peers

    async def begin(self, stack: AsyncExitStack) -> tuple[str, Any]:
        """Start a run that says words, as a stream; return its id and the lines of the stream."""
        request = self.client.stream("POST", "/v1/agents/words/runs", json={"input": "go", "stream": True})
        response = await stack.enter_async_context(request)
        return response.headers["x-lumos-run"], response.aiter_lines()

    async def frames(self, run_id: str, **headers: str) -> list[Any]:
        """Follow a run to its end."""
        async with self.client.stream("GET", f"/v1/runs/{run_id}/events", headers=STREAM | headers) as response:
            assert response.status_code == HTTPStatus.OK, await response.aread()
            return parse_frames((await response.aread()).decode())


@dataclass
class World:
    """The processes that there are, and those that are dead."""

    start: Callable[..., Any]
    dead: set[str]
    sent: list[tuple[str, bytes]]
    """What went between them: who to, and the frame."""


@pytest.fixture
async def world(lumos_host: OpenHost, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    made: list[Peers] = []
    dead: set[str] = set()
    sent: list[tuple[str, bytes]] = []

    class Noted(Peers):
        def __init__(self, host: Any) -> None:
            super().__init__(host)
            made.append(self)

    monkeypatch.setattr(gate, "Peers", Noted)
    for module in ("host", "gateway.peers.peers"):
        monkeypatch.setattr(f"lumosai.{module}.is_alive", lambda i: i not in dead)
    send = Connection.send

    def noted(self: Connection, frame: bytes) -> None:
        sent.append((self.host_id, frame))
        send(self, frame)

    monkeypatch.setattr(Connection, "send", noted)
    async with AsyncExitStack() as stack:

        async def start(name: str, stack: AsyncExitStack = stack) -> Process:
            own = f"{socket.gethostname()}:{PIDS[name]}:1"
            for module in ("host", "gateway.peers.peers"):
                monkeypatch.setattr(f"lumosai.{module}.host_id", lambda: own)
            opened = lumos_host(agents=AGENTS, storage={"use": "sqlite"}, server={"port": 0})
            host = await stack.enter_async_context(opened)
            words = Words()
            contribute(host, "provider", "words", words)
            url = await stack.enter_async_context(listening(host))
            client = httpx2.AsyncClient(base_url=url, trust_env=False, timeout=20)
            await stack.enter_async_context(client)
            return Process(own, host, url, client, words, made[-1])

        yield World(start, dead, sent)


@pytest.fixture
async def pair(world: World) -> tuple[Process, Process]:
    return await world.start("a"), await world.start("b")


Pair = tuple[Process, Process]


async def reached(lines: AsyncIterator[str], event: str) -> None:
    async with asyncio.timeout(10):
        async for line in lines:
            if line == f"event: {event}":
                return


async def until(so: Callable[[], Any]) -> None:
    """Return once it is so."""
    async with asyncio.timeout(10):
        while not so():  # noqa: ASYNC110 - there is no event for what siblings do
            await asyncio.sleep(0.01)
