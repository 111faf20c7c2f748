"""One command from a wheel of one's own to an installed plugin: guarded, asked about, signed, verified, placed.

The owner's answer comes before the signature: who says no has signed nothing, and no rule is written.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.version import Version

from lumosai_marketplace.client import install as installing
from lumosai_marketplace.client import own as roots
from lumosai_marketplace.client import publish
from lumosai_marketplace.client.consent import Question, declined
from lumosai_marketplace.client.install import Installed, Options, Plan
from lumosai_marketplace.client.judge import (
    Fetched,
    Judged,
    allows_unasked,
    changes_of,
    check_same_signer,
    judge,
    kinds_of,
)
from lumosai_marketplace.client.lock import Lock, Locked
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.client.page import File, Project
from lumosai_marketplace.client.resolve import Wanted, check_python
from lumosai_marketplace.client.source import Trust
from lumosai_marketplace.client.update import clean
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.own.instance import Own
from lumosai_marketplace.statement import PLUGIN, PUBLISH, Statement
from lumosai_marketplace.trust import contributions
from lumosai_marketplace.trust.permissions import rights
from lumosai_marketplace.trust.policy import Policy, Request, Rule
from lumosai_marketplace.trust.rules import LOCAL
from lumosai_marketplace.trust.words import RISKS
from lumosai_marketplace.wheels import Wheel
from lumosai_sdk.permissions import Permissions


@dataclass(frozen=True, slots=True)
class _Meant:
    """A wheel of one's own, and what it is to be."""

    fetched: Fetched
    wheel: Wheel
    own: Own
    trust: Trust
    lock: Lock
    locked: Locked | None

    @property
    def permissions(self) -> Permissions:
        return Permissions.from_json(self.wheel.facts.permissions)


async def install_wheel(market: Market, path: Path, options: Options) -> Installed:
    """Sign a wheel of one's own, and install it. Raises RefusedError with the rule that refuses, LumosError."""
    options.told("verify", f"looking at {path.name}", 0, 0)
    data, wheel = await asyncio.to_thread(publish.read, path, native=options.native)
    meant = await asyncio.to_thread(_meant, market, data, wheel, frozen=options.frozen)
    locked = meant.locked
    before = locked.version if locked else ""
    if locked is not None and locked.sha256 == wheel.sha256 and await installing.is_whole(market, locked):
        return Installed(locked, before, changed=False)
    policy = await asyncio.to_thread(market.read_policy)
    rule, adds = _rule(policy, _request(meant, options.clock()), frozen=options.frozen)
    if adds:
        policy = replace(policy, rules=(*policy.rules, rule))
    await _agree(meant, rule, options, adds=adds)
    options.told("verify", f"signing {path.name}", 0, 0)
    judged = await asyncio.to_thread(_signed, meant, policy, native=options.native)
    options.told("write", "writing", 0, 0)
    # What the person has agreed to is done to its end.
    placed = await asyncio.shield(asyncio.to_thread(_place, market, meant, judged, rule if adds else None, options))
    return Installed(placed, before)


def sign_wheel(folder: Path, path: Path, *, native: bool = False) -> tuple[Wheel, Own]:
    """Sign a wheel of one's own, and no more: the signature is kept for its installation. It blocks.

    Raises InputError, RefusedError.
    """
    _, wheel = publish.read(path, native=native)
    own = Own.at(folder)
    own.sign(wheel.sha256, statements(wheel))
    return wheel, own


def statements(wheel: Wheel) -> list[Statement]:
    """Return what is signed of a wheel."""
    name, sha256 = wheel.filename, wheel.sha256
    return [Statement(name, sha256, PUBLISH), Statement(name, sha256, PLUGIN, wheel.facts.to_json())]


def _meant(market: Market, data: bytes, wheel: Wheel, *, frozen: bool) -> _Meant:
    """Look at everything that needs nobody's answer."""
    lock = market.read_lock()
    locked = lock.plugins.get(wheel.name)
    market.index_of(wheel.name, locked, LOCAL)
    market.check_free(wheel.name, lock)
    check_python(wheel.name, wheel.requires_python)
    _check_version(wheel, locked, frozen=frozen)
    own = Own.at(roots.folder_of(market))
    trust = roots.trust(market)
    if wheel.sha256 in trust.revoked:
        why = trust.revoked[wheel.sha256]
        raise RefusedError("tuf.revoked", f"{wheel.name} {wheel.version} was revoked by an index you use: {why}")
    fetched = Fetched(wheel.name, wheel.version, wheel.filename, wheel.sha256, data, b"", LOCAL)
    check_same_signer(fetched, own.signer, locked)
    return _Meant(fetched, wheel, own, trust, lock, locked)


def _check_version(wheel: Wheel, locked: Locked | None, *, frozen: bool) -> None:
    """Refuse to go back unasked. Other bytes of one version are what building anew makes."""
    if frozen and (locked is None or locked.sha256 != wheel.sha256):
        raise RefusedError(
            "lock.locked",
            f"{wheel.filename} is not what lumos.lock says of {wheel.name}, and --locked allows nothing else",
            hint="leave out --locked",
        )
    if locked is not None and Version(wheel.version) < Version(locked.version):
        raise RefusedError(
            "lock.older",
            f"{wheel.name} {wheel.version} is older than {locked.version}, which is installed",
            hint=f"lumos plugin rollback {wheel.name} --to {wheel.version}, or: lumos plugin remove {wheel.name}",
        )


def _request(meant: _Meant, now: float) -> Request:
    wheel = meant.wheel
    return Request(
        name=wheel.name,
        version=wheel.version,
        signer=meant.own.signer,
        instance=LOCAL,
        index=LOCAL,
        signed=now,
        now=now,
        runtime=wheel.manifest.runtime,
        kinds=kinds_of(wheel),
        permissions=meant.permissions,
    )


def _rule(policy: Policy, request: Request, *, frozen: bool) -> tuple[Rule, bool]:
    """Return the rule that lets the plugin in, and whether it is one that the owner is asked to add.

    None is offered where the owner has written something about this very plugin, or about own work that has its name:
    that says what it says. Neither is one for code that runs inside the host.
    """
    try:
        return policy.decide(request), False
    except RefusedError:
        named = request.name.screen
        decided = [r for r in policy.candidates(request.name) if r.instance == LOCAL or named in r.plugins]
        if decided or request.runtime != "wasm" or frozen:
            raise
    name = policy.free_name(f"own-{request.name.wire}"[:80])
    return Rule.model_validate({"name": name, "plugins": [named], "instance": LOCAL}), True


async def _agree(meant: _Meant, rule: Rule, options: Options, *, adds: bool) -> None:
    locked, wheel = meant.locked, meant.wheel
    runtime = wheel.manifest.runtime
    known = await asyncio.to_thread(meant.own.kept, wheel.sha256, statements(wheel)) is not None
    if locked is not None and locked.sha256 == wheel.sha256 and known and not adds:
        return  # the very same again, put back in its place
    changes = changes_of(locked, meant.permissions, wheel)
    asked = *rights(meant.permissions, runtime), *contributions.brought(kinds_of(wheel), changes)
    question = Question(
        name=wheel.name,
        version=wheel.version,
        before=locked.version if locked else "",
        runtime=runtime,
        description=wheel.manifest.description,
        rights=tuple(sorted(asked, key=lambda r: RISKS.index(r.risk))),
        changes=changes,
        signer=meant.own.signer,
        signed=options.clock(),
        index=LOCAL,
        rule=rule.label,
        allowed_unasked=allows_unasked(rule, runtime, changes),
        signs="" if known else wheel.filename,
        adds_rule=adds,
    )
    options.told("ask", f"{question.name} {question.version}", 0, 0)
    if not await options.ask(question):
        raise declined(question)


def _signed(meant: _Meant, policy: Policy, *, native: bool) -> Judged:
    """Sign, and judge the result like anybody's: by the same verifier, rules and guard."""
    provenance = meant.own.sign(meant.wheel.sha256, statements(meant.wheel))
    fetched = replace(meant.fetched, provenance=provenance)
    return judge(fetched, meant.trust, policy, meant.locked, time.time(), native=native)


def _place(market: Market, meant: _Meant, judged: Judged, adds: Rule | None, options: Options) -> Locked:
    wheel = meant.wheel
    version, size = Version(wheel.version), len(meant.fetched.data)
    file = File(wheel.filename, version, "", wheel.sha256, size, wheel.requires_python, None, "", "", None)
    project = Project(wheel.name, LOCAL, "active", "", (file,))
    made = Plan(Wanted(wheel.name), project, file, meant.trust, meant.lock, meant.locked)
    if adds is not None:
        market.read_policy().add(adds)
    placed = installing.place(market, made, judged, None, frozen=options.frozen)
    clean(market)
    return placed
