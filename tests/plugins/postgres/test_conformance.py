from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from lumosai_plugins.postgres.store import PostgresStorage
from lumosai_sdk.testing.conformance.storage import Reopen, StorageConformance
from lumosai_sdk.types.plugins import PluginContext


class TestPostgres(StorageConformance):
    @pytest.fixture
    async def storage(self, context: PluginContext) -> AsyncIterator[PostgresStorage]:
        store = PostgresStorage(context)
        yield store
        await store.aclose()

    @pytest.fixture
    def reopen(self, context: PluginContext) -> Reopen:
        return lambda: PostgresStorage(context)
