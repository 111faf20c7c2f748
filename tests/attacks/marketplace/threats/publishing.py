"""Threats 4, 13: what somebody sends to the service with a token that is not his, or under a name like another's."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.attacks.marketplace.threats.case import CASES, Case, case
from tests.attacks.marketplace.threats.forging import (
    MALLORY,
    attestations_of,
    identity,
    sign,
    upload,
    upload_of,
)
from tests.attacks.marketplace.threats.stage import CLOCK, Stage
from tests.marketplace.client.wheels import make


async def upload_token(stage: Stage, *projects: str) -> str:
    """Return a token that its author made for uploads."""
    made = await stage.send("api/v1/tokens", {"projects": projects or ("acme-*",)}, stage.world.token)
    return str(made["token"])


async def published(stage: Stage, name: str = "acme_weather", version: str = "1.1.1", **more: Any) -> None:
    """See that the author publishes, and that what he has published is installed."""
    filename, data = make(name, version, permissions=CLOCK, **more)
    signed = await sign(stage, filename, data, identity(stage))
    await upload(stage, upload_of(filename, data, signed), await upload_token(stage))
    assert await stage.install(f"{name.replace('_', '/', 1)}=={version}") == version


# --- 4: the upload token is stolen


@case(4, "a stolen token without a signature", "signature.missing", partial(published, version="1.1.1"))
async def _unsigned(stage: Stage) -> None:
    filename, data = make(version="6.6.6", permissions=CLOCK)
    await upload(stage, upload_of(filename, data, ()), await upload_token(stage))


@case(4, "a stolen token and the thief's own signature", "trust.publisher", partial(published, version="1.1.2"))
async def _thief(stage: Stage) -> None:
    filename, data = make(version="6.6.6", permissions=CLOCK)
    signed = await sign(stage, filename, data, identity(stage, MALLORY))
    await upload(stage, upload_of(filename, data, signed), await upload_token(stage))


@case(4, "a stolen token and an older file's signature", "signature.subject", partial(published, version="1.1.3"))
async def _replayed(stage: Stage) -> None:
    filename, data = make(version="6.6.6", permissions=CLOCK)
    old = await attestations_of(stage, "1.1.0")
    await upload(stage, upload_of(filename, data, old), await upload_token(stage))


@case(4, "a stolen token of another project", "index.forbidden", partial(published, version="1.1.4"))
async def _other_project(stage: Stage) -> None:
    filename, data = make(version="6.6.6", permissions=CLOCK)
    signed = await sign(stage, filename, data, identity(stage))
    await upload(stage, upload_of(filename, data, signed), await upload_token(stage, "acme-clock"))


@case(4, "a stolen token that is to register another publisher", "unauthenticated", partial(published, version="1.1.5"))
async def _registrar(stage: Stage) -> None:
    body = {"issuer": "https://evil.example", "subject": MALLORY}
    await stage.send("api/v1/namespaces/acme/publishers", body, await upload_token(stage))


@case(4, "other bytes for a version that is published", "conflict", partial(published, version="1.1.6"))
async def _overwritten(stage: Stage) -> None:
    filename, data = make(version="1.1.0", permissions=CLOCK, pad=40)
    signed = await sign(stage, filename, data, identity(stage))
    await upload(stage, upload_of(filename, data, signed), await upload_token(stage))


# --- 13: names that are taken for others

SQUATS = {
    "a letter that looks like another": ("acrne", "index.squat"),
    "a digit for a letter": ("w3ather", "index.squat"),
    "a slip of the finger": ("othre", "index.squat"),
    "a letter twice": ("otther", "index.squat"),
    "a reserved namespace": ("lumosai", "index.reserved"),
}


async def _claimed(stage: Stage, name: str) -> None:
    assert await stage.send("api/v1/namespaces", {"name": name}, stage.world.token)


async def _claim(stage: Stage, name: str) -> None:
    await stage.send("api/v1/namespaces", {"name": name}, stage.world.token)


CASES.extend(
    Case(13, f"a namespace with {what}", rule, partial(_claim, name=name), partial(_claimed, name=f"honest{i}x"))
    for i, (what, (name, rule)) in enumerate(SQUATS.items())
)

CLONES = {
    "the same words in another order": "weather_acme",
    "two letters changed about": "amce_weather",
    "a namespace that has a word more": "acmehq_weather",
    "the dash somewhere else": "acmew_eather",
}


async def _clone(stage: Stage, name: str) -> None:
    filename, data = make(name, "1.0.0")
    signed = await sign(stage, filename, data, identity(stage))
    await upload(stage, upload_of(filename, data, signed), stage.world.token)


async def _namesake(stage: Stage, number: int) -> None:
    await _clone(stage, f"other_notes{number}")


CASES.extend(
    Case(13, f"a plugin named with {what}", "index.squat", partial(_clone, name=name), partial(_namesake, number=i))
    for i, (what, name) in enumerate(CLONES.items())
)


@case(13, "a plugin of a namespace that nobody said to trust", "trust.no-rule")
async def _stranger(stage: Stage) -> None:
    await stage.install("other/weather==9.0.0")


@case(13, "a letter of another alphabet", "invalid_input")
async def _alphabet(stage: Stage) -> None:
    await stage.install("\u0430cme/weather==1.1.0")
