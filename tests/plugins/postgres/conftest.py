from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.postgres import database, postgresql

from lumosai_sdk.secrets import Secret
from lumosai_sdk.types.plugins import PluginContext


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    with postgresql() as started:
        yield started


@pytest.fixture(scope="session")
def dsn(server: Any) -> str:
    return database(server)


@pytest.fixture
def context(dsn: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> PluginContext:
    """A context whose schema is the test's own."""
    schema = f"t{abs(hash(request.node.nodeid)):x}"
    monkeypatch.setenv("LUMOS_TEST_POSTGRES", dsn)
    return PluginContext("postgres", settings={"dsn": Secret("env:LUMOS_TEST_POSTGRES"), "schema": schema})
