from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.marketplace.client.world import World, running
from tests.marketplace.web import shelf


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A service with its log, and a dozen plugins."""
    with running(Path(tmp_path_factory.mktemp("shop"))) as world:
        world.run(shelf.fill(world.service))
        yield world


@pytest.fixture(scope="session")
def web(shop: World) -> Iterator[httpx.Client]:
    """A browser without scripts, or nearly."""
    with httpx.Client(base_url=shop.url, headers={"accept": "text/html,*/*;q=0.8"}, timeout=30) as client:
        yield client
