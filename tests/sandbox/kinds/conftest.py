"""The sample plugin's contributions, as a host would have them: native, in process, and jailed."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.sandbox.kinds.sample import built, staged
from tests.sandbox.kinds.server import Server

from lumosai.plugins.runtimes import python
from lumosai_sandbox.jail import supported
from lumosai_sandbox.plugin import contributed
from lumosai_sdk.errors import ModelUnavailableError
from lumosai_sdk.permissions import Permissions
from lumosai_sdk.sansio import Driven, Opened
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.sandbox import SandboxPolicy
from lumosai_sdk.types.sansio import HttpCall

needs_jail = pytest.mark.skipif(not supported(), reason="no jail on this machine")
RUNTIMES = ["python", "process", pytest.param("jail", marks=needs_jail)]
Load = Callable[[str, str], Any]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The sample's sources, importable."""
    folder = staged(tmp_path_factory.mktemp("sources"))
    sys.path.append(str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="session")
def cache(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the component is kept from one session to the next."""
    kept = getattr(request.config, "cache", None)
    return Path(kept.mkdir("lumos-sample")) if kept is not None else tmp_path_factory.mktemp("cache")


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    """How the sample is loaded."""
    return str(request.param)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture(scope="session")
def component(project: Path, cache: Path) -> Path:
    """The folder with the sample's component and the manifest made for it."""
    return built(project, cache)


@pytest.fixture
def root(runtime: str, request: pytest.FixtureRequest) -> Path:
    """The folder of the package: with its sources, or with the component."""
    if runtime != "python":
        return Path(request.getfixturevalue("component"))
    return Path(request.getfixturevalue("project")) / "lumos_sample"


@pytest.fixture
async def load(runtime: str, root: Path, cache: Path, server: Server) -> AsyncIterator[Load]:
    """Return a contribution by its kind and id, loaded as ``runtime`` says."""
    made: list[Any] = []
    record = {"name": "sample", "package": "lumos_sample", **tomllib.loads((root / "lumos-plugin.toml").read_text())}
    context = PluginContext(
        "sample",
        root=root,
        settings={"base_url": server.url},
        permissions=Permissions.from_json({"clock": True, "http": [f"* {server.url}/*"]}),
        sandbox=SandboxPolicy(tier="jail" if runtime == "jail" else "process", cache=cache / "compiled"),
    )

    def get(kind: str, id_: str) -> Any:
        found = next(c for c in record["contributes"][kind] if c["id"] == id_)
        if runtime != "python":
            made.append(contributed(record, kind, found, context))
        elif kind == "provider":
            made.append(Driven(_native(found["target"])(context), _transport))
        else:
            made.append(python(record, kind, found, context))
        return made[-1]

    yield get
    for obj in made:
        if hasattr(obj, "aclose"):
            await obj.aclose()


def _native(target: str) -> Any:
    from importlib import import_module

    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


@asynccontextmanager
async def _transport(call: HttpCall) -> AsyncIterator[Opened]:
    async with aiohttp.ClientSession() as session:
        try:
            response = await session.request(call.method, call.url, headers=call.headers, data=call.body)
        except aiohttp.ClientError as e:
            raise ModelUnavailableError(str(e), retryable=True) from None
        async with response:
            headers = {k.lower(): v for k, v in response.headers.items()}
            yield Opened(response.status, headers, _text(response))


async def _text(response: aiohttp.ClientResponse) -> AsyncIterator[str]:
    async for piece in response.content.iter_any():
        yield piece.decode()
