"""Threats 5 and 21: a repository that somebody else has registered anew; identity tokens that were made for others."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.attacks.marketplace.threats.case import CASES, Case, case
from tests.attacks.marketplace.threats.forging import identity, show, sign, upload, upload_of
from tests.attacks.marketplace.threats.stage import CLOCK, WORKFLOW, Stage
from tests.marketplace.client.wheels import make
from tests.marketplace.client.world import AUTHOR

from lumosai_marketplace.audience import PUBLIC_GOOD
from lumosai_marketplace.client.index import Index

ANEW = {"repository_id": "666"}
RENAMED = {"repository_owner_id": "6"}


async def _audience(stage: Stage) -> str:
    async with Index(stage.mirror.url) as index:
        return str((await index.json("_/oidc/audience"))["audience"])


def _to_sign(stage: Stage, **changes: Any) -> str:
    return stage.ground.issuer.token(stage.world.settings.signing_audiences[0], **changes)


async def _mint(stage: Stage, **changes: Any) -> str:
    """Exchange a workflow's identity token for one to upload with."""
    token = stage.ground.issuer.token(await _audience(stage), **changes)
    return str((await stage.send("_/oidc/mint-token", {"token": token}))["token"])


async def _publish(stage: Stage, version: str, upload_token: str, **changes: Any) -> None:
    filename, data = make("acme_built", version, permissions=CLOCK)
    signed = await sign(stage, filename, data, _to_sign(stage, **changes))
    await upload(stage, upload_of(filename, data, signed), upload_token)


def _trusting(stage: Stage) -> None:
    """Let the owner trust the workflow, by the numbers of its repository and its owner."""
    stage.owner = stage.world.owner(
        index=stage.mirror.url,
        issuer=stage.ground.issuer.url,
        subject=None,
        repository="https://github.com/acme/weather",
        repository_id="123",
        owner_id="45",
        workflow=WORKFLOW,
    )
    stage.mark()


async def built(stage: Stage, version: str) -> None:
    """See the workflow that is registered mint, sign and upload, and its plugin be installed by who trusts it."""
    await _publish(stage, version, await _mint(stage))
    _trusting(stage)
    assert await stage.install(f"acme/built=={version}") == version


# --- 5


@case(
    5,
    "a re-registered repository asks for an upload token",
    "index.forbidden",
    partial(built, version="1.0.0"),
)
async def _mints(stage: Stage) -> None:
    await _mint(stage, **ANEW)


@case(5, "its owner's account was re-registered as well", "index.forbidden", partial(built, version="1.0.1"))
async def _owner(stage: Stage) -> None:
    await _mint(stage, **RENAMED)


@case(5, "it has an upload token, and signs by itself", "trust.publisher", partial(built, version="1.0.2"))
async def _uploads(stage: Stage) -> None:
    await _publish(stage, "6.6.6", stage.world.token, **ANEW)


async def _shown(stage: Stage, version: str, changes: dict[str, str]) -> None:
    """Show an owner what somebody else's workflow has signed in the place of a version that is published."""
    await _publish(stage, version, await _mint(stage))
    _trusting(stage)
    filename, data = make("acme_built", version, permissions=CLOCK, pad=10)
    show(stage, filename, data, await sign(stage, filename, data, _to_sign(stage, **changes)))
    await stage.install(f"acme/built=={version}")


async def _true(stage: Stage, version: str) -> None:
    stage.mirror.lies.clear()
    assert await stage.install(f"acme/built=={version}") == version


OTHERS: dict[str, tuple[dict[str, str], str]] = {
    "a repository of the same name and another number": (ANEW, "trust.repository-id"),
    "an owner of the same name and another number": (RENAMED, "trust.owner-id"),
    "another workflow of the repository": (
        {"workflow_ref": "acme/weather/.github/workflows/pr.yml@refs/tags/v1.0.0"},
        "trust.workflow",
    ),
}
CASES.extend(
    Case(
        5,
        f"a mirror shows what was signed by {what}",
        rule,
        partial(_shown, version=f"2.0.{i}", changes=changes),
        partial(_true, version=f"2.0.{i}"),
    )
    for i, (what, (changes, rule)) in enumerate(OTHERS.items())
)


# --- 21

AUDIENCES: dict[str, Any] = {
    "a token to sign with": "sigstore@127.0.0.1",
    "a token for the public sigstore": PUBLIC_GOOD,
    "a token for another marketplace": "plugins.elsewhere.example",
    "a token for this marketplace and another": ["127.0.0.1", "plugins.elsewhere.example"],
}
CASES.extend(
    Case(
        21,
        f"{what} is exchanged for one to upload with",
        "unauthenticated",
        partial(_mint, aud=audience),
        partial(built, version=f"3.0.{i}"),
    )
    for i, (what, audience) in enumerate(AUDIENCES.items())
)


async def _signed_in(stage: Stage) -> None:
    filename, data = make("other_signed", "1.0.0")
    await upload(stage, upload_of(filename, data, await sign(stage, filename, data, identity(stage))))


@case(21, "a token to publish with is used to sign", "signing", _signed_in)
async def _signs(stage: Stage) -> None:
    assert stage.world.service.authority is not None
    token = stage.world.service.authority.identity_token(AUTHOR, await _audience(stage))
    filename, data = make("other_signed", "1.0.0")
    await sign(stage, filename, data, token)


@case(21, "the CA is given a token to publish with", "unauthenticated", _signed_in)
async def _certified(stage: Stage) -> None:
    assert stage.world.service.authority is not None
    token = stage.world.service.authority.identity_token(AUTHOR, await _audience(stage))
    body = {"credentials": {"oidcIdentityToken": token}, "certificateSigningRequest": "eA=="}
    await stage.send("sigstore/api/v2/signingCert", body)


@case(21, "an upload token is exchanged once more", "unauthenticated", _signed_in)
async def _again(stage: Stage) -> None:
    await stage.send("_/oidc/mint-token", {"token": await _mint(stage)})
