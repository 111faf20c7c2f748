from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.remember.fakes import Services
from tests.postgres import database

from lumosai_plugins.memory.store import MemoryStorage
from lumosai_plugins.postgres.store import PostgresStorage
from lumosai_plugins.sqlite.store import SqliteStorage
from lumosai_plugins.sqlite.vectors.store import SqliteVectors
from lumosai_sdk import PluginContext
from lumosai_sdk.secrets import Secret


@pytest.fixture(scope="session")
def dsn(postgres: Any) -> str:
    return database(postgres)


def _postgres(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> PostgresStorage:
    monkeypatch.setenv("LUMOS_TEST_POSTGRES", request.getfixturevalue("dsn"))
    schema = f"t{abs(hash(request.node.nodeid)):x}"
    return PostgresStorage(
        PluginContext("postgres", settings={"dsn": Secret("env:LUMOS_TEST_POSTGRES"), "schema": schema})
    )


@pytest.fixture
async def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """A store: in memory, unless a test is told ``sqlite`` or ``postgres``."""
    which = getattr(request, "param", "memory")
    if which == "memory":
        made: Any = MemoryStorage(PluginContext("memory"))
    elif which == "sqlite":
        made = SqliteStorage(PluginContext("sqlite", data_dir=tmp_path))
    else:
        made = _postgres(request, monkeypatch)
    yield made
    await made.aclose()


@pytest.fixture
async def services(store: Any, tmp_path: Path) -> AsyncIterator[Services]:
    """A host's services; with storage in SQLite the vectors are there too."""
    made = Services(store)
    if isinstance(store, SqliteStorage):
        made.store_of_vectors = SqliteVectors(PluginContext("sqlite", data_dir=tmp_path))
    yield made
    await made.store_of_vectors.aclose()
