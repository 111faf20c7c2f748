from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

from lumosai_plugins.openai.provider import OpenAIProvider
from lumosai_sdk.types.plugins import PluginContext

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ANSWER: dict[str, Any] = {
    "model": "gpt-test-2026",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4}},
}


@dataclass(frozen=True)
class Seen:
    """A request as the server saw it."""

    method: str
    path: str
    headers: Any
    body: Any


class FakeServer:
    """A server that answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.url = ""
        self.asked = asyncio.Event()
        self.gone = asyncio.Event()
        self.json(ANSWER)

    @property
    def last(self) -> Seen:
        return self.seen[-1]

    def use(self, handler: Handler) -> None:
        self._handler = handler

    def json(self, data: Any, status: int = 200, **headers: str) -> None:
        self.raw(json.dumps(data).encode(), status, "application/json", **headers)

    def raw(self, body: bytes, status: int = 200, content_type: str = "text/html", **headers: str) -> None:
        named = {k.replace("_", "-"): v for k, v in headers.items()}

        async def answer(_: web.Request) -> web.Response:
            return web.Response(body=body, status=status, content_type=content_type, headers=named)

        self.use(answer)

    def events(self, *events: Any, cut: bool = False) -> None:
        lines = [f"data: {e if isinstance(e, str) else json.dumps(e)}\n\n".encode() for e in events]
        self.stream(*lines, cut=cut)

    def stream(self, *pieces: bytes, cut: bool = False, hang: bool = False) -> None:
        """Send pieces, each on its own; then end properly, cut the connection, or say nothing more."""

        async def answer(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            try:
                for piece in pieces:
                    await response.write(piece)
                    await asyncio.sleep(0)
                if hang:
                    await asyncio.Event().wait()
            finally:
                self.gone.set()
            if cut and request.transport is not None:
                request.transport.abort()
            return response

        self.use(answer)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw) if raw else None
        self.seen.append(Seen(request.method, request.path_qs, request.headers.copy(), body))
        self.asked.set()
        return await self._handler(request)


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    fake = FakeServer()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield fake
    await runner.cleanup()


@pytest.fixture
async def make() -> AsyncIterator[Callable[..., OpenAIProvider]]:
    """Make providers that are closed when the test ends."""
    made: list[OpenAIProvider] = []

    def build(**settings: Any) -> OpenAIProvider:
        made.append(OpenAIProvider(PluginContext("openai", settings=settings)))
        return made[-1]

    yield build
    for provider in made:
        await provider.aclose()


@pytest.fixture
def provider(make: Callable[..., OpenAIProvider], server: FakeServer) -> OpenAIProvider:
    return make(base_url=server.url)
