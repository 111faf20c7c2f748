"""An index that lies: it hands on what the real one says, but for what a test tells it to say instead."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

_HANDED_ON = {"accept", "authorization", "content-type"}
Lie = Callable[[bytes], "bytes | web.StreamResponse"]


@dataclass
class Mirror:
    """Answers at ``url``. ``lies`` are by the beginning of a path; ``asked`` are the paths that were asked for."""

    url: str
    truth: str
    lies: dict[str, Lie] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def page(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Let the pages of projects be what *change* makes of them."""

        def lie(body: bytes) -> bytes:
            page = json.loads(body)
            change(page)
            return json.dumps(page).encode()

        self.lies["simple/"] = lie

    def file(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Let every file of a project's page be what *change* makes of it."""

        def each(page: dict[str, Any]) -> None:
            for file in page["files"]:
                change(file)

        self.page(each)

    async def answer(self, request: web.Request, session: aiohttp.ClientSession) -> web.StreamResponse:
        path = request.path_qs.lstrip("/")
        self.asked.append(path)
        headers = {k: v for k, v in request.headers.items() if k.lower() in _HANDED_ON}
        async with session.request(request.method, self.truth + path, headers=headers, data=await request.read()) as r:
            body = await r.read()
            if path.startswith("simple/"):
                body = body.replace(self.truth.encode(), self.url.encode())
            lie = next((lie for begin, lie in self.lies.items() if path.startswith(begin)), None)
            said = lie(body) if lie else body
            if isinstance(said, web.StreamResponse):
                return said
            return web.Response(body=said, status=r.status, headers={"Content-Type": r.headers["Content-Type"]})


@asynccontextmanager
async def mirroring(truth: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[Mirror]:
    """Yield a mirror of the index at *truth*; with *tls* it speaks HTTPS."""
    mirror = Mirror("", truth)
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        app = web.Application(client_max_size=64 * 1024 * 1024)

        async def handle(request: web.Request) -> web.StreamResponse:
            return await mirror.answer(request, session)

        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        mirror.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}/"
        try:
            yield mirror
        finally:
            await runner.cleanup()
