"""What attackers make: signatures without the guard's leave, bundles by any keys, and a mirror that shows them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from tests.marketplace.client.world import AUTHOR
from tests.marketplace.wheels.making import FILENAME, Sketch

from lumosai_marketplace.authority.claims import Claims
from lumosai_marketplace.client import publish
from lumosai_marketplace.client.publish import Signed
from lumosai_marketplace.statement import PLUGIN, PUBLISH, PluginFacts, Statement
from lumosai_marketplace.trust.signing import sign_all
from lumosai_marketplace.wheels import Wheel, read_wheel

if TYPE_CHECKING:
    from tests.attacks.marketplace.threats.stage import Stage

MALLORY = "mallory@evil.example"
Attestations = Sequence[Mapping[str, Any]]


def twin() -> tuple[bytes, Wheel]:
    """Return an honest wheel of acme/weather 1.0.0, which those that are not pretend to be."""
    data = Sketch().pack()
    return data, read_wheel(FILENAME, data)


def statements(filename: str, data: bytes, facts: PluginFacts) -> list[Statement]:
    """Return what is to be signed about any bytes at all."""
    digest = hashlib.sha256(data).hexdigest()
    return [Statement(filename, digest, PUBLISH), Statement(filename, digest, PLUGIN, facts.to_json())]


def identity(stage: Stage, subject: str = AUTHOR) -> str:
    """Return a token to sign with."""
    assert stage.world.service.authority is not None
    return stage.world.service.authority.identity_token(subject)


async def sign(
    stage: Stage, filename: str, data: bytes, token: str, facts: PluginFacts | None = None
) -> list[dict[str, Any]]:
    """Sign bytes with the instance of the service, in its log, whatever they are."""
    told = facts or read_wheel(filename, data).facts
    config = stage.ground.us.authority.client_trust_config()
    services = json.dumps(config["signingConfig"]).replace(stage.world.url, stage.mirror.url)
    config = {**config, "signingConfig": json.loads(services)}
    return await asyncio.to_thread(
        sign_all, statements(filename, data, told), token, config, stage.world.settings.signing_audiences[0]
    )


def upload_of(filename: str, data: bytes, attestations: Attestations, wheel: Wheel | None = None) -> Signed:
    """Return what the client uploads; *wheel* is what it says of itself."""
    told = replace(wheel or read_wheel(filename, data), sha256=hashlib.sha256(data).hexdigest())
    return Signed(Path(filename), data, told, tuple(attestations))


async def upload(stage: Stage, signed: Signed, token: str = "") -> None:
    """Upload as the client does."""
    await publish.upload(stage.mirror.url, token or stage.world.token, signed)


def forged(stage: Stage, filename: str, data: bytes, facts: PluginFacts, **how: Any) -> list[dict[str, Any]]:
    """Return attestations by the instance's own keys, or others (*how*), that its log has never seen."""
    issuer = f"{stage.world.settings.url}/sigstore/oauth2"
    claims = how.pop("claims", Claims(issuer, AUTHOR))
    maker = how.pop("maker", stage.ground.us)
    return [maker.attestation(s, claims, **how) for s in statements(filename, data, facts)]


def show(stage: Stage, filename: str, data: bytes, attestations: Attestations) -> None:
    """Let the mirror show other bytes and signatures for a file that the index has."""
    digest = hashlib.sha256(data).hexdigest()

    def lie(file: dict[str, Any]) -> None:
        if file["filename"] == filename:
            file["hashes"], file["size"] = {"sha256": digest}, len(data)

    stage.mirror.file(lie)
    stage.mirror.lies["files/"] = lambda _: data
    show_signatures(stage, attestations)


def show_signatures(stage: Stage, attestations: Attestations) -> None:
    """Let the mirror show other signatures."""
    group = {"publisher": {"kind": "OIDC"}, "attestations": list(attestations)}
    text = json.dumps({"version": 1, "attestation_bundles": [group]}).encode()
    stage.mirror.lies["integrity/"] = lambda _: text


async def provenance_of(stage: Stage, version: str, plugin: str = "acme-weather") -> bytes:
    """Return the signatures that the service has of a version."""
    name = f"{plugin.replace('-', '_')}-{version}-py3-none-any.whl"
    url = f"{stage.world.url}integrity/{plugin}/{version}/{name}/provenance"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200, await answer.text()  # noqa: PLR2004
        return await answer.read()


async def attestations_of(stage: Stage, version: str) -> list[dict[str, Any]]:
    """Return the attestations of a version of acme/weather."""
    (group,) = json.loads(await provenance_of(stage, version))["attestation_bundles"]
    return list(group["attestations"])
