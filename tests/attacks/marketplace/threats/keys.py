"""Threats 6, 7, 10, 11: keys that were stolen, retired or never trusted, and certificates that should not be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from cryptography.x509 import Certificate
from tests.attacks.marketplace.threats.case import CASES, Case, truth
from tests.attacks.marketplace.threats.forging import forged, show
from tests.attacks.marketplace.threats.stage import CLOCK, Stage
from tests.marketplace.client.wheels import make
from tests.marketplace.client.world import AUTHOR
from tests.marketplace.trust.making import changed

from lumosai_marketplace.authority.ca import SigningCa, hash_of
from lumosai_marketplace.authority.claims import Claims
from lumosai_marketplace.wheels import read_wheel

Leaf = Callable[[Any, datetime], Certificate]
How = Callable[[Stage], dict[str, Any]]


def claims(stage: Stage) -> Claims:
    """Return the author's own claims: whoever has the CA's keys can write them into a certificate."""
    return Claims(f"{stage.world.settings.url}/sigstore/oauth2", AUTHOR)


async def _shown(stage: Stage, how: How, edit: tuple[str, Any] | None = None) -> None:
    """Show the owner a wheel of the attacker's, signed in the author's name."""
    filename, data = make(version="1.1.0", permissions=CLOCK, pad=50)
    made = forged(stage, filename, data, read_wheel(filename, data).facts, **how(stage))
    show(stage, filename, data, [changed(a, *edit) for a in made] if edit else made)
    await stage.install()


def later(**how: float) -> datetime:
    """Return a time to come."""
    return datetime.now(UTC) + timedelta(**how)


def add(number: int, name: str, rule: str, how: How, edit: tuple[str, Any] | None = None) -> None:
    """Add a row: the plugin is signed with what *how* says, and then changed as *edit* says."""
    CASES.append(Case(number, name, rule, partial(_shown, how=how, edit=edit), truth))


# --- 6

_TIME = "verification_material.transparency_entries.0.integratedTime"
add(6, "a stolen key signs twenty minutes later", "signature.ca", lambda _: {"logged": later(minutes=20)})
add(
    6,
    "a stolen key signs twenty minutes later, and the log's time is turned back",
    "signature.log",
    lambda _: {"logged": later(minutes=20)},
    (_TIME, lambda told: str(int(told) - 19 * 60)),
)
add(
    6,
    "a stolen key has signed earlier than it was made",
    "signature.ca",
    lambda _: {"at": later(minutes=20), "logged": later()},
)

# --- 7


def _unseen(stage: Stage) -> dict[str, Any]:
    ca = stage.ground.us.ca
    return {"leaf": lambda public, at: ca._leaf(public, claims(stage), at).sign(ca.key, hash_of(ca.key))}


def _seen_elsewhere(stage: Stage) -> dict[str, Any]:
    us, them = stage.ground.us, stage.ground.them
    return {"leaf": lambda public, at: us.ca.issue(public, claims(stage), them.ct, at)}


def _impostor(stage: Stage) -> dict[str, Any]:
    us, them = stage.ground.us, stage.ground.them
    ca = SigningCa(them.ca.key, us.ca.chain)
    return {"leaf": lambda public, at: ca.issue(public, claims(stage), us.ct, at)}


add(7, "a certificate that no CT log has seen", "signature.sct", _unseen)
add(7, "a certificate that another CT log has seen", "signature.sct", _seen_elsewhere)
add(7, "a CA of the same name and another key", "signature.ca", _impostor)
add(7, "another instance of the same name", "signature.ca", lambda stage: {"maker": stage.ground.them})

# --- 10


def _retired_ca(stage: Stage) -> dict[str, Any]:
    ca, ct = stage.ground.retired.ca, stage.ground.us.ct
    return {"leaf": lambda public, at: ca.issue(public, claims(stage), ct, at)}


def _retired_ct(stage: Stage) -> dict[str, Any]:
    ca, ct = stage.ground.us.ca, stage.ground.retired.ct
    return {"leaf": lambda public, at: ca.issue(public, claims(stage), ct, at)}


def _expired(_: Stage) -> dict[str, Any]:
    then = later(days=365 * 20)
    return {"at": then, "logged": then}


add(10, "the CA's retired key", "signature.ca", _retired_ca)
add(10, "the CT log's retired key", "signature.sct", _retired_ct)
add(10, "the log's retired key", "signature.log", lambda stage: {"log": stage.ground.retired.log})
add(10, "a CA whose own certificate has expired", "signature.ca", _expired)

# --- 11

add(11, "a checkpoint of a log of another name", "signature.checkpoint", lambda _: {"origin": "log.evil.example"})
add(
    11,
    "a checkpoint by another log's key",
    "signature.log",
    lambda stage: {"log": stage.ground.them.authority.log_signer},
)
add(
    11,
    "a promise by another log's key",
    "signature.log",
    lambda stage: {"promised": stage.ground.them.authority.log_signer},
)
