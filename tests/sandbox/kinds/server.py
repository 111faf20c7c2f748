"""A server for the sample's provider, on this machine."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

MODELS = [{"id": "talker", "can": ["chat"]}, {"id": "embedder", "can": ["embedding"]}]


class Server:
    """Answers as the sample's provider expects it; ``refuse`` is a status to answer with instead, and its headers."""

    def __init__(self) -> None:
        self.refuse: tuple[int, dict[str, str]] | None = None
        self.url = ""
        self.requests: list[web.Request] = []
        app = web.Application()
        app.add_routes(
            [
                web.get("/models", self._models),
                web.post("/complete", self._complete),
                web.post("/stream", self._stream),
                web.post("/embed", self._embed),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)

    async def start(self) -> None:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _asked(self, request: web.Request, model: str) -> dict[str, object]:
        self.requests.append(request)
        if self.refuse is not None:
            raise _refusal(*self.refuse)
        found: dict[str, object] = await request.json()
        if found["model"] != model:
            raise web.HTTPNotFound(text="{}")
        return found

    async def _models(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        return web.json_response(MODELS)

    async def _complete(self, request: web.Request) -> web.Response:
        await self._asked(request, "talker")
        return web.json_response({"text": "Hello everybody.", "tokens": 2, "model": "talker"})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        await self._asked(request, "talker")
        response = web.StreamResponse()
        await response.prepare(request)
        lines = [{"text": "Hello "}, {"text": "every"}, {"text": "body."}, {"end": True, "tokens": 2}]
        for line in lines:
            half = json.dumps(line).encode()
            await response.write(half[:5])
            await asyncio.sleep(0)
            await response.write(half[5:] + b"\n")
        return response

    async def _embed(self, request: web.Request) -> web.Response:
        asked = await self._asked(request, "embedder")
        inputs = asked["inputs"]
        assert isinstance(inputs, list)
        vectors = [[float(len(t)), float(ord(t[-1])), 1.5] for t in inputs]
        return web.json_response({"vectors": vectors, "tokens": 5, "model": "embedder"})


def _refusal(status: int, headers: dict[str, str]) -> web.HTTPException:
    cls = type("Refusal", (web.HTTPException,), {"status_code": status})
    refusal: web.HTTPException = cls(headers=headers, text="{}")
    return refusal
