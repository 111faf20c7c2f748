from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.marketplace.client.world import World, running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A service for the tests of a module; each makes hosts of its own."""
    with running(Path(tmp_path_factory.mktemp("world"))) as made:
        yield made
