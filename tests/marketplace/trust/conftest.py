from __future__ import annotations

from pathlib import Path

import pytest
from tests.marketplace.trust.making import URL, Instance

from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.trust.verify import Verifier


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """A private instance, made once: what tests do to it is to sign."""
    return Instance(Authority.create(tmp_path_factory.mktemp("instance") / "authority", url=URL))


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Another instance, which says that it is the same."""
    return Instance(Authority.create(tmp_path_factory.mktemp("other") / "authority", url=URL))


@pytest.fixture(scope="session")
def verifier(instance: Instance) -> Verifier:
    return Verifier(instance.roots)


@pytest.fixture
def fresh(tmp_path: Path) -> Instance:
    """An instance of the test's own, for what changes it."""
    return Instance(Authority.create(tmp_path / "authority", url=URL))
