"""A host that the clients talk to, and what holds its answers against the document."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lumosai import Agent
from lumosai.gateway.serve import serve
from lumosai.validation import Validator
from lumosai_sdk import HttpRequest, PanelBlock, PanelView, PluginContext
from lumosai_sdk.decorators import panel, route
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.auth import Allowance, AuthRequest, Principal
from lumosai_sdk.types.models import EmbeddingRequest, EmbeddingResponse, ModelInfo, Usage

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost

DOCUMENT: dict[str, Any] = json.loads(Path(__file__).parents[2].joinpath("docs/reference/openapi.json").read_text())
AGENTS = [
    Agent("echo", model="scripted/echo"),
    Agent("waits", model="scripted/tool", tools=["calculator.*"], approve=["*"]),
]


class Vectors:
    """A provider of tiny embeddings."""

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo("tiny", ("embedding",))]

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        return EmbeddingResponse([[float(len(t)), 0.5] for t in request.inputs], Usage(3, 0), request.model)


class Tokens:
    """Who brings the key is the owner; another one, who may ask twice."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        word = request.headers.get("authorization", "").removeprefix("Bearer ")
        own = Allowance(rate=0.1, burst=2) if word == "slow" else None
        return Principal("ada", scopes=frozenset({"*"}), credential=word, allowance=own) if word else None


@panel
async def weather(context: PluginContext) -> PanelView:
    return PanelView("Weather", [PanelBlock("metric", "Now", 21)], refresh=5.0)


@route
async def mirror(request: HttpRequest) -> Any:
    return {"method": request.method, "path": request.path, "body": request.body.decode()}


@pytest.fixture
async def service_url(lumos_host: OpenHost, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a host with something of everything, whose callers show a token."""
    (tmp_path / "lumos.toml").write_text("")
    server = {"port": 0, "auth": ["tokens"]}
    async with lumos_host(agents=AGENTS, server=server, limits={"retries": 0}) as host:
        contribute(host, "provider", "vectors", Vectors())
        contribute(host, "auth", "tokens", Tokens())
        contribute(host, "panel", "weather.now", weather, title="Weather", description="Now")
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        contribute(host, "route", "p.r", mirror, path="/items/{id}", methods=methods)
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve(host, on_ready=ready.set_result))
        yield await ready
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture(scope="session")
def operation_ids() -> set[str]:
    return {o["operationId"] for item in DOCUMENT["paths"].values() for o in item.values()}


@pytest.fixture(scope="session")
def hold() -> Callable[[str, str, int, str, bytes | str], str]:
    """Return what holds an answer (to a method and path; its status, media type and body) against the document.

    It returns the operation's id.
    """

    def held(method: str, path: str, status: int, media_type: str, body: bytes | str) -> str:
        operation = next(o for pattern, o in _operations() if pattern.fullmatch(f"{method} {path}"))
        responses = operation["responses"]
        described = responses.get(str(status)) or responses["2XX" if 200 <= status < 300 else "default"]  # noqa: PLR2004
        kind = media_type.partition(";")[0]
        schema = described.get("content", {}).get(kind, {}).get("schema")
        if schema and kind.endswith("json"):
            assert _validator(json.dumps(schema)).errors(json.loads(body)) == [], operation["operationId"]
        return str(operation["operationId"])

    return held


@cache
def _validator(schema: str) -> Validator:
    return Validator({**json.loads(schema), "components": DOCUMENT["components"]})


@cache
def _operations() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    out = []
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            wide = re.sub(r"\{(path|model)\}", ".+", path)
            out.append((re.compile(f"{method.upper()} {re.sub(r'{[a-z_]+}', '[^/]+', wide)}"), operation))
    return out


# --- a service that is killed, and comes back

PROGRAM = """
import sys
from lumosai import Agent, Host
from lumosai.config.load import build
from lumosai.gateway.serve import run, serve

async def main():
    config = build({"storage": {"use": "sqlite"}, "host": {"data_dir": sys.argv[1]}, "agents": {}})
    agent = Agent("waits", model="scripted/tool", tools=["calculator.*"], approve=["*"])
    async with Host(config, agents=[agent]) as host:
        await serve(host, port=int(sys.argv[2]), on_ready=lambda url: print(url, flush=True))

run(main())
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], str]]]:
    """Return what starts the service, each time at the same address, on the same data."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = str(holder.getsockname()[1])
    processes: list[subprocess.Popen[str]] = []

    def started() -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), port], stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    yield started
    for process in processes:
        process.kill()
        process.communicate()
