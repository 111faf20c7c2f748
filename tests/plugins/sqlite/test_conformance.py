from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lumosai_plugins.sqlite.store import SqliteStorage
from lumosai_sdk.testing.conformance.storage import Reopen, StorageConformance
from lumosai_sdk.types.plugins import PluginContext


class TestSqlite(StorageConformance):
    @pytest.fixture
    async def storage(self, tmp_path: Path) -> AsyncIterator[SqliteStorage]:
        store = SqliteStorage(PluginContext("sqlite", data_dir=tmp_path / "data"))
        yield store
        await store.aclose()

    @pytest.fixture
    def reopen(self, tmp_path: Path) -> Reopen:
        return lambda: SqliteStorage(PluginContext("sqlite", data_dir=tmp_path / "data"))
