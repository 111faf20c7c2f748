"""One service for all attacks on the wire, in a thread of its own: what is sent to it are bytes, not requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.gateway.wire import Target

from lumosai import Agent
from lumosai.gateway.serve import serve
from lumosai_sdk.testing.hosts import contribute, open_host
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.http import HttpRequest, HttpResponse

SERVER = {"max_body": 100_000, "connections": 200}


class _Files:
    """A plugin's route that tells what it was asked for, and sends its caller on."""

    async def handle(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse({"path": request.path}, headers={"location": "/" + request.query.get("to", "")})


class _Large:
    """A plugin's route whose answer is more than the system takes off the service's hands."""

    async def handle(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(b"x" * (15 * 1024 * 1024), media_type="application/octet-stream")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Yield a service as ``lumos up`` makes it."""
    made, ready = Target(), threading.Event()

    def told(url: str) -> None:
        made.serves(url)
        ready.set()

    async def main(root: Path) -> None:
        made.begin()
        agents = [Agent("echo", model="test/x")]
        async with open_host(root, ScriptedModel("hello"), agents=agents, server=SERVER) as host:
            contribute(host, "route", "p.files", _Files(), path="/files/{name}", methods=["GET"])
            contribute(host, "route", "p.large", _Large(), path="/large", methods=["GET"])
            await serve(host, port=0, on_ready=told)

    thread = threading.Thread(target=made.run, args=(main(tmp_path_factory.mktemp("wire")),), daemon=True)
    thread.start()
    assert ready.wait(30)
    yield made
    made.end()
    thread.join(30)
    assert not thread.is_alive()
