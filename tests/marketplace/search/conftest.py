from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.marketplace.stocked import Stock, asking, stocked
from tests.postgres import database

if TYPE_CHECKING:
    import httpx


@pytest.fixture(params=["sqlite", "postgresql"])
async def stock(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stock]:
    """A service with its people, on each of the databases."""
    url = database(request.getfixturevalue("postgres")) if request.param == "postgresql" else ""
    async with stocked(tmp_path, url) as made:
        yield made


@pytest.fixture
async def client(stock: Stock) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(stock) as made:
        yield made
