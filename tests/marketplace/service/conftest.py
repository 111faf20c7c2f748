from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.marketplace.service.market import Market, free_port, prepared, serving


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A service that listens, with its people; tests publish under names of their own."""
    settings = prepared(tmp_path_factory.mktemp("market"), free_port(), publishing={"pending_seconds": 2})
    with serving(settings) as made:
        yield made


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A service with nothing in it, for one test."""
    with serving(prepared(tmp_path_factory.mktemp("bare"), free_port())) as made:
        yield made
