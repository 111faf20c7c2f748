"""The judgement: bytes and signatures in, a plugin that may be installed out. No network, nothing is run or written."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

from lumosai_marketplace.client.lock import Locked
from lumosai_marketplace.client.source import Trust
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.statement import PLUGIN, PluginFacts
from lumosai_marketplace.trust import contributions, pep740
from lumosai_marketplace.trust.permissions import Change, Right, diff, rights
from lumosai_marketplace.trust.policy import Policy, Request, Rule
from lumosai_marketplace.trust.verify import Verified
from lumosai_marketplace.wheels import Wheel, read_wheel
from lumosai_sdk.permissions import NOTHING, Permissions


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was downloaded, and from where: nothing of it is believed yet. ``published`` is the index's word."""

    name: Name
    version: str
    filename: str
    sha256: str
    data: bytes
    provenance: bytes
    index: str
    published: float | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A plugin that signature, statement, policy and guard let in.

    ``verified`` is the plugin/v1 statement; ``changes`` is what it asks for against what was agreed to before;
    ``logs`` are those that the rule names.
    """

    fetched: Fetched
    wheel: Wheel
    verified: Verified
    rule: str
    permissions: Permissions
    changes: tuple[Change, ...]
    allowed_unasked: bool
    logs: tuple[str, ...] = ()

    @property
    def asks_for_more(self) -> bool:
        """Whether the owner is to be asked."""
        return any(c.asks_for_more for c in self.changes)

    @property
    def rights(self) -> tuple[Right, ...]:
        """All it asks for and brings, in plain words."""
        asked = rights(self.permissions, self.wheel.manifest.runtime)
        return *asked, *contributions.brought(kinds_of(self.wheel), self.changes)


def judge(
    fetched: Fetched, trust: Trust, policy: Policy, locked: Locked | None, now: float, *, native: bool = False
) -> Judged:
    """Judge what was downloaded, in the order of the design. Raises RefusedError with the rule that refuses."""
    if hashlib.sha256(fetched.data).hexdigest() != fetched.sha256:
        raise RefusedError("index.hash", f"{fetched.filename} does not have the hash it was named by")
    verified = verify(fetched, trust)
    facts = verified.facts or _no_facts(fetched)
    _check_named(fetched, facts)
    if fetched.sha256 in trust.revoked:
        raise RefusedError(
            "tuf.revoked", f"{fetched.name} {fetched.version} was revoked: {trust.revoked[fetched.sha256]}"
        )
    check_same_signer(fetched, verified.signer, locked)
    permissions = Permissions.from_json(facts.permissions)
    # Who it is comes before what it is: of a stranger's file, not even the kinds of its contributions are looked at.
    request = _request(fetched, verified, facts, trust, now)
    rule = policy.decide(request)
    wheel = read_wheel(fetched.filename, fetched.data, native=native)
    _check_facts(fetched, wheel, facts)
    rule = policy.decide(replace(request, kinds=kinds_of(wheel))) if rule.kinds is not None else rule
    changes = changes_of(locked, permissions, wheel)
    unasked = allows_unasked(rule, facts.runtime, changes)
    return Judged(fetched, wheel, verified, rule.label, permissions, changes, unasked, rule.logs)


def verify(fetched: Fetched, trust: Trust) -> Verified:
    """Return the plugin/v1 statement among a file's attestations, all of which have to hold, and by one publisher.

    Raises RefusedError ``signature.*``.
    """
    found = [
        trust.verifier.verify(a, fetched.filename, fetched.sha256)
        for a in pep740.attestations(pep740.parse(fetched.provenance))
    ]
    ours = [v for v in found if v.statement.predicate_type == PLUGIN]
    if len(ours) != 1:
        raise RefusedError(
            "signature.missing",
            f"{fetched.filename} has {len(ours)} signed statements of what it is and may do, and should have one",
        )
    if other := next((v.signer for v in found if not v.signer.same_publisher(ours[0].signer)), None):
        raise RefusedError(
            "signature.publishers",
            f"{fetched.filename} is signed by several: {ours[0].signer.subject} and {other.subject}",
        )
    return ours[0]


def _no_facts(fetched: Fetched) -> PluginFacts:
    raise RefusedError("signature.statement", f"{fetched.filename}: the statement does not say what the plugin is")


def _check_named(fetched: Fetched, facts: PluginFacts) -> None:
    if (facts.name, facts.version) != (fetched.name.screen, fetched.version):
        raise RefusedError(
            "signature.facts", f"{fetched.filename} is signed as {facts.name} {facts.version}, not as {fetched.name}"
        )


def check_same_signer(fetched: Fetched, signer: Signer, locked: Locked | None) -> None:
    """Refuse another publisher than that of the installed version: ``trust.signer-changed``."""
    if locked is None or locked.signer.same_publisher(signer):
        return
    old, new = locked.signer.to_json(), signer.to_json()
    changed = [f"{k}: {old.get(k, 'none')} -> {new.get(k, 'none')}" for k in {**old, **new} if old.get(k) != new.get(k)]
    raise RefusedError(
        "trust.signer-changed",
        f"{fetched.name} {fetched.version} is signed by another publisher than {locked.version}: {'; '.join(changed)}",
        hint=f"ask the publisher by another way; if it is so: lumos plugin remove {fetched.name}, and install it anew",
    )


def _request(fetched: Fetched, verified: Verified, facts: PluginFacts, trust: Trust, now: float) -> Request:
    return Request(
        name=fetched.name,
        version=fetched.version,
        signer=verified.signer,
        instance=trust.instance,
        index=fetched.index,
        signed=verified.signed,
        now=now,
        runtime=facts.runtime,
        permissions=Permissions.from_json(facts.permissions),
        published=fetched.published,
    )


def kinds_of(wheel: Wheel) -> frozenset[str]:
    """Return the kinds of what a plugin contributes, as rules name them."""
    manifest = wheel.manifest
    hooks = {"hooks"} if manifest.hooks or manifest.hooks_module else set()  # they see more than any contribution
    return frozenset({kind for kind, items in manifest.contributes if items} | hooks)


def _check_facts(fetched: Fetched, wheel: Wheel, facts: PluginFacts) -> None:
    """Refuse a wheel that is not what was signed about it, but for where its source is, which it cannot know."""
    said, found = facts.to_json(), wheel.facts.to_json()
    wrong = [k for k in found if k != "source" and said.get(k) != found[k]]
    if wrong or wheel.name != fetched.name:
        raise RefusedError(
            "signature.facts", f"{fetched.filename} is not what was signed about it: {', '.join(wrong) or 'its name'}"
        )


def changes_of(locked: Locked | None, permissions: Permissions, wheel: Wheel) -> tuple[Change, ...]:
    """Return what a plugin asks for and brings otherwise than what was agreed to before."""
    asked = diff(
        locked.permissions if locked else NOTHING,
        permissions,
        runtime_before=locked.runtime if locked else "wasm",
        runtime_after=wheel.manifest.runtime,
    )
    return *contributions.compared(locked.kinds if locked else contributions.USUAL, kinds_of(wheel)), *asked


def allows_unasked(rule: Rule, runtime: str, changes: Collection[Change]) -> bool:
    """Tell whether the owner has written down that this much may be granted without being asked.

    A rule that lets a plugin in has allowed all the permissions and kinds, of those that it names at all.
    """
    more = [c.right.kind == contributions.KIND for c in changes if c.asks_for_more]
    permitted = rule.max_permissions is not None and runtime in {"wasm", rule.runtime}
    return (permitted or all(more)) and (rule.kinds is not None or not any(more))
