from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from lumosai_plugins.memory.store import MemoryStorage
from lumosai_sdk.testing.conformance.storage import StorageConformance
from lumosai_sdk.types.plugins import PluginContext


class TestMemory(StorageConformance):
    @pytest.fixture
    async def storage(self) -> AsyncIterator[MemoryStorage]:
        store = MemoryStorage(PluginContext("memory"))
        yield store
        await store.aclose()
