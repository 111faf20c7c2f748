"""Threats 1, 2, 3, 14: an index, or whoever stands before it, says what is not so."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from tests.attacks.marketplace.threats.case import case, truth
from tests.attacks.marketplace.threats.forging import (
    MALLORY,
    attestations_of,
    identity,
    provenance_of,
    show,
    show_signatures,
    sign,
)
from tests.attacks.marketplace.threats.stage import CLOCK, Stage
from tests.marketplace.client.wheels import make
from tests.marketplace.client.world import AUTHOR

from lumosai_marketplace.client.keeper import trust_root
from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.errors import RefusedError


def other_bytes() -> tuple[str, bytes]:
    """Return another wheel of the version that is wanted: nothing is wrong with it but where it comes from."""
    return make(version="1.1.0", permissions=CLOCK, pad=20)


# --- 1


@case(1, "a mirror swaps bytes", "index.hash")
async def _bytes(stage: Stage) -> None:
    stage.mirror.lies["files/"] = lambda body: body[:-30] + bytes([body[-30] ^ 1]) + body[-29:]
    await stage.install()


@case(1, "a mirror swaps bytes and their hash", "signature.subject")
async def _bytes_and_hash(stage: Stage) -> None:
    show(stage, *other_bytes(), await attestations_of(stage, "1.1.0"))
    await stage.install()


@case(1, "a mirror has another server's certificate", "index_unavailable")
async def _certificate(stage: Stage) -> None:
    from tests.attacks.marketplace.threats import tls
    from tests.marketplace.client.mirror import mirroring

    _, context = tls.make(stage.folder, "stranger")
    async with mirroring(stage.world.url, context) as stranger:
        trust_root(stage.owner.market, stranger.url, stage.world.root)
        stage.mark()
        async with stage.owner.session() as session:
            await session.install(Wanted.parse(stage.wanted), stranger.url)


# --- 2


@case(2, "an older version's attestation", "signature.subject")
async def _older(stage: Stage) -> None:
    show_signatures(stage, await attestations_of(stage, "1.0.0"))
    await stage.install()


@case(2, "another plugin's attestation", "signature.subject")
async def _others(stage: Stage) -> None:
    theirs = await provenance_of(stage, "9.0.0", "other-weather")
    stage.mirror.lies["integrity/"] = lambda _: theirs
    await stage.install()


@case(2, "an old file, hash and attestation under a new version's name", "signature.subject")
async def _renamed(stage: Stage) -> None:
    def lie(page: dict[str, Any]) -> None:
        files = {f["filename"].split("-")[1]: f for f in page["files"]}
        files["1.1.0"].update({k: files["1.0.0"][k] for k in ("hashes", "size", "url")})

    stage.mirror.page(lie)
    show_signatures(stage, await attestations_of(stage, "1.0.0"))
    await stage.install()


@case(2, "no statement of what the plugin may do", "signature.missing")
async def _half(stage: Stage) -> None:
    publish, _ = await attestations_of(stage, "1.1.0")
    show_signatures(stage, [publish, publish])
    await stage.install()


@case(2, "no attestation at all", "signature.missing")
async def _none(stage: Stage) -> None:
    stage.mirror.file(lambda file: file.update(provenance=None))
    await stage.install()


# --- 3


async def _let_in_by_its_own_name(stage: Stage) -> None:
    stage.owner = stage.world.owner(index=stage.mirror.url)
    await truth(stage)


@case(3, "the index names a publisher that the certificate does not", "trust.subject", _let_in_by_its_own_name)
async def _named(stage: Stage) -> None:
    trusted = "somebody@else.example"
    stage.owner = stage.world.owner(index=stage.mirror.url, subject=trusted)

    def lie(body: bytes) -> bytes:
        document = json.loads(body)
        document["attestation_bundles"][0]["publisher"] = {"kind": "OIDC", "subject": trusted}
        return json.dumps(document).encode()

    stage.mirror.lies["integrity/"] = lie
    stage.mark()
    await stage.install()


@case(3, "somebody else's plugin under the author's name", "trust.subject")
async def _impostor(stage: Stage) -> None:
    filename, data = other_bytes()
    show(stage, filename, data, await sign(stage, filename, data, identity(stage, MALLORY)))
    await stage.install()


@case(3, "an update by another publisher that a rule would let in", "trust.signer-changed")
async def _successor(stage: Stage) -> None:
    stage.owner = stage.world.owner(index=stage.mirror.url, subject="*.example")
    await stage.install("acme/weather==1.0.0")
    filename, data = other_bytes()
    show(stage, filename, data, await sign(stage, filename, data, identity(stage, MALLORY)))
    stage.mark()
    with pytest.raises(RefusedError, match=f"subject: {AUTHOR} -> {MALLORY}") as refused:
        await stage.update()
    raise refused.value


@case(3, "the author's one statement, and somebody else's other", "signature.publishers")
async def _mixed(stage: Stage) -> None:
    filename, data = make(version="1.1.0", permissions=CLOCK)
    _, theirs = await sign(stage, filename, data, identity(stage, MALLORY))
    ours, _ = await attestations_of(stage, "1.1.0")
    show_signatures(stage, [ours, theirs])
    await stage.install()


# --- 14


async def _from_the_bound_one(stage: Stage) -> None:
    async with stage.owner.session() as session:
        done = await session.install(Wanted.parse(stage.wanted))
    assert done.plugin.index == stage.world.url
    assert stage.mirror.asked == []


@case(14, "a higher version in another index than the namespace's", "index.other", _from_the_bound_one)
async def _confused(stage: Stage) -> None:
    stage.owner.market = replace(stage.owner.market, indexes={"acme": stage.world.url}, index=stage.mirror.url)
    trust_root(stage.owner.market, stage.world.url, stage.world.root)
    stage.mark()
    await stage.install("acme/weather")


async def _updated_from_where_it_came(stage: Stage) -> None:
    stage.owner.market = replace(stage.owner.market, index=stage.mirror.url)
    assert await stage.update() == "1.1.0"
    assert stage.mirror.asked == []


@case(14, "an update from another index than it was installed from", "index.other", _updated_from_where_it_came)
async def _moved(stage: Stage) -> None:
    stage.owner = stage.world.owner()
    async with stage.owner.session() as session:
        await session.install(Wanted.parse("acme/weather==1.0.0"), stage.world.url)
    stage.mark()
    await stage.install()


@case(14, "another project's page", "index.name")
async def _page(stage: Stage) -> None:
    stage.mirror.page(lambda page: page.update(name="other-weather"))
    await stage.install()


@case(14, "another project's files in the page", "index.none")
async def _files(stage: Stage) -> None:
    stage.mirror.file(lambda file: file.update(filename=file["filename"].replace("acme", "other")))
    await stage.install()


@case(14, "a file that is said to be at another server", "index.origin")
async def _elsewhere(stage: Stage) -> None:
    stage.mirror.file(lambda file: file.update(url="https://evil.example/x"))
    await stage.install()


@case(14, "a redirect to another server", "index.origin")
async def _redirected(stage: Stage) -> None:
    stage.mirror.lies["files/"] = lambda _: web.Response(status=302, headers={"Location": "https://evil.example/"})
    await stage.install()


@case(14, "another wheel for a version that is installed", "index.changed")
async def _changed(stage: Stage) -> None:
    await stage.install()
    stage.mirror.file(lambda file: file.update(hashes={"sha256": "0" * 64}))
    stage.mark()
    await stage.update()
