"""Databases of both kinds, a log in each, and processes that append to them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine  # noqa: TC002 - what fixtures are annotated with
from tests.marketplace.log.signing import URL, Person

from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.authority.keys import LogSigner
from lumosai_marketplace.log.note import LogKey
from lumosai_marketplace.log.store import Log
from lumosai_marketplace.service import logapi, problems
from lumosai_marketplace.service.db.engine import make_engine
from lumosai_marketplace.service.db.models import Base
from lumosai_marketplace.service.settings import DatabaseSettings, Settings

HOST = "plugins.example.org"
LogMaker = Callable[[], Log]


def make_signer() -> LogSigner:
    return LogSigner.of(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="session")
def signer() -> LogSigner:
    return make_signer()


@pytest.fixture(scope="session")
def key(signer: LogSigner) -> LogKey:
    return LogKey.from_der(signer.public_der)


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Of a database of the kind that a parameter of the test names; SQLite, if it has none."""
    kind = getattr(request, "param", "sqlite")
    if kind == "sqlite":
        return Settings(base=tmp_path)
    url = make_url(request.getfixturevalue("postgres").get_uri()).set(password=None)
    return Settings(base=tmp_path, database=DatabaseSettings(url=url.render_as_string(hide_password=False)))


BOTH = pytest.mark.parametrize("settings", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    made = make_engine(settings)
    async with made.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)  # of the test before, where the server is the same
        await connection.run_sync(Base.metadata.create_all)
    yield made
    await made.dispose()


@pytest.fixture
async def log(engine: AsyncEngine, signer: LogSigner) -> AsyncIterator[Log]:
    made = Log(engine, signer, HOST)
    yield made
    await made.aclose()


@pytest.fixture
def another(engine: AsyncEngine, signer: LogSigner) -> LogMaker:
    """Makes other services' logs on the same database: nothing is shared but the rows."""
    return lambda: Log(engine, signer, HOST)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("authority") / "instance", url=URL)


@pytest.fixture
def person(authority: Authority) -> Person:
    return Person(authority)


@pytest.fixture
async def instance_log(engine: AsyncEngine, authority: Authority) -> AsyncIterator[Log]:
    """The log of the instance: its key, its name."""
    made = Log(engine, lambda: authority.log_signer, authority.origin)
    yield made
    await made.aclose()


@pytest.fixture
def app(instance_log: Log, authority: Authority) -> FastAPI:
    """The log's part of a service."""
    made = FastAPI()
    problems.install(made)
    made.include_router(logapi.router)
    made.state.service = SimpleNamespace(log=instance_log, authority=authority, clock=time.time)
    return made


@pytest.fixture
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address of the app, over HTTP."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it has no event to wait for
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://localhost:{port}"
    server.should_exit = True
    await serving
