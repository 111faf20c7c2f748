"""What the real log gives is what the verifier takes, and its proofs are what checkpoints are held together by."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from tests.marketplace.trust.making import DESCRIBED, FILENAME, PUBLISHED, SHA256, Instance

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log import rekor
from lumosai_marketplace.log.envelope import propose
from lumosai_marketplace.log.store import Log
from lumosai_marketplace.service.db.engine import make_engine
from lumosai_marketplace.service.db.models import Base
from lumosai_marketplace.service.settings import Settings
from lumosai_marketplace.trust.checkpoints import Checkpoints
from lumosai_marketplace.trust.verify import Verifier


@pytest.fixture
async def log(tmp_path: Path, instance: Instance) -> AsyncIterator[Log]:
    engine = make_engine(Settings(base=tmp_path))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    made = Log(engine, instance.authority.log_signer, instance.authority.origin)
    yield made
    await made.aclose()
    await engine.dispose()


async def logged(log: Log, instance: Instance, bundle: dict[str, Any]) -> dict[str, Any]:
    """Return the bundle with the entry of the real log in place of its own."""
    material = bundle["verificationMaterial"]
    certificate = load_der_x509_certificate(b64decode(material["certificate"]["rawBytes"]))
    envelope = json.dumps(bundle["dsseEnvelope"])
    now = time.time()
    proposal = propose(envelope, certificate.public_bytes(Encoding.PEM), instance.ca.chain, now)
    entry = (await rekor.add(log, proposal, now)).to_bundle()
    return {**bundle, "verificationMaterial": {**material, "tlogEntries": [entry]}}


async def test_its_entries_hold_and_its_checkpoints_are_of_one_tree(
    log: Log, instance: Instance, verifier: Verifier, tmp_path: Path
) -> None:
    kept = Checkpoints(tmp_path / "checkpoints", instance.roots, "https://market.example/")

    async def fetch(old: int, new: int) -> Sequence[bytes]:
        return await log.consistency(old, new)

    for n, statement in enumerate((PUBLISHED, DESCRIBED, PUBLISHED, DESCRIBED, PUBLISHED)):
        bundle = await logged(log, instance, instance.bundle(statement))
        found = verifier.verify_bundle(bundle, FILENAME, SHA256)
        assert (found.log_index, found.statement) == (n, statement)
        await kept.witness(found.checkpoint, fetch, found.signed)
    shown = await kept.witness(await log.checkpoint(), fetch, time.time(), newest=True)
    assert shown.size == await log.size()
    with pytest.raises(RefusedError) as refused:
        await kept.witness(await log.checkpoint(2), fetch, time.time(), newest=True)
    assert refused.value.rule == "log.rollback"
