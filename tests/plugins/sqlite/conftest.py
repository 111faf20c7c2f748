from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from lumosai_plugins.sqlite.store import SqliteStorage
from lumosai_sdk.errors import StorageError
from lumosai_sdk.types.plugins import PluginContext

Open = Callable[..., SqliteStorage]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "lumos.db"


@pytest.fixture
async def open_store(path: Path) -> AsyncIterator[Open]:
    """Open stores with given settings, and close them in the end."""
    opened: list[SqliteStorage] = []

    def open_one(**settings: Any) -> SqliteStorage:
        store = SqliteStorage(PluginContext("sqlite", settings=settings, data_dir=path.parent))
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        try:
            await store.aclose()
        except StorageError:
            continue


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Wait until an async condition holds; the test's own timeout is the bound."""

    async def wait(condition: Callable[[], Any]) -> None:
        while not await condition():  # noqa: ASYNC110 - there is nothing to be told by
            await asyncio.sleep(0.01)

    return wait
