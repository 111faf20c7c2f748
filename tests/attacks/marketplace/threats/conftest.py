from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.attacks.marketplace.threats import tls
from tests.attacks.marketplace.threats.stage import Ground, Stage, grounded
from tests.marketplace.client.mirror import mirroring

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One service for the whole table; the CA of the mirrors is told to clients by the environment, as to real ones."""
    folder = Path(tmp_path_factory.mktemp("ground"))
    ca, context = tls.make(folder, "mirror")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            patch.delenv(name, raising=False)
        patch.setenv("SSL_CERT_FILE", str(ca))
        with grounded(folder, context) as made:
            yield made


@pytest.fixture
async def stage(ground: Ground, tmp_path: Path) -> AsyncIterator[Stage]:
    async with mirroring(ground.world.url, ground.tls) as mirror:
        yield Stage(ground, mirror, ground.world.owner(index=mirror.url), tmp_path)
