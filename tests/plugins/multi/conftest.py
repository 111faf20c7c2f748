from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

from lumosai_plugins.multi.provider import MultiProvider
from lumosai_sdk.secrets import Secret
from lumosai_sdk.types.plugins import PluginContext

Handler = Callable[[web.Request, Any], Awaitable[web.StreamResponse]]
KEY = "sk-secret-of-the-vendor-123"


@dataclass(frozen=True)
class Seen:
    """A request as the server saw it."""

    path: str
    headers: Any
    body: Any


class FakeVendor:
    """A vendor's server: answers with its handler, and remembers what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[Seen] = []
        self.handler: Handler | None = None

    @property
    def last(self) -> Seen:
        return self.seen[-1]

    def json(self, data: Any, status: int = 200, **headers: str) -> None:
        named = {k.replace("_", "-"): v for k, v in headers.items()}

        async def answer(_: web.Request, __: Any) -> web.Response:
            return web.json_response(data, status=status, headers=named)

        self.handler = answer

    def stream(self, *pieces: bytes, cut: bool = False) -> None:
        async def answer(request: web.Request, _: Any) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            for piece in pieces:
                await response.write(piece)
            if cut and request.transport is not None:
                request.transport.abort()
            return response

        self.handler = answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.seen.append(Seen(request.path_qs, request.headers.copy(), body))
        assert self.handler is not None
        return await self.handler(request, body)


@pytest.fixture
async def vendor() -> AsyncIterator[FakeVendor]:
    fake = FakeVendor()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    await runner.cleanup()


@pytest.fixture
async def make(vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., MultiProvider]]:
    """Make providers that know some vendors at the fake server; they are closed when the test ends."""
    monkeypatch.setenv("VENDOR_KEY", KEY)
    made: list[MultiProvider] = []

    def build(*vendors: str, **settings: Any) -> MultiProvider:
        tables = {v: {"api_key": Secret("env:VENDOR_KEY"), "base_url": vendor.url} for v in vendors}
        made.append(MultiProvider(PluginContext("multi", settings={"vendors": tables, **settings})))
        return made[-1]

    yield build
    for provider in made:
        await provider.aclose()
