"""A key: what is kept of it, and how it is told from another. The secret itself is not kept."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Literal

from lumosai_sdk.types.auth import Allowance, Budget, Period, Principal

State = Literal["active", "expired", "revoked"]
PREFIX = "lumos_"
LONGEST = 128
_PERSON = b"lumos-api-key"


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret of a key, as a hash; ``until`` is when it ends, if it was replaced by another."""

    salt: str
    hash: str
    until: float | None = None

    @classmethod
    def of(cls, secret: str) -> Secret:
        """Return what is kept of a new secret."""
        salt = secrets.token_bytes(16)
        return cls(salt.hex(), digest(secret, salt).hex())

    def fits(self, secret: str, now: float) -> bool:
        """Tell whether that is the secret, in a time that does not depend on how much of it is right."""
        right = hmac.compare_digest(digest(secret, bytes.fromhex(self.salt)), bytes.fromhex(self.hash))
        return right and (self.until is None or now < self.until)


def digest(secret: str, salt: bytes) -> bytes:
    """Return the hash of a secret. It is 256 random bits, which no slow hash makes harder to guess."""
    return blake2b(secret.encode("utf-8", "replace"), digest_size=32, key=salt, person=_PERSON).digest()


@dataclass(frozen=True, slots=True)
class Key:
    """A key: for whom, for what, until when. Times are seconds since the epoch."""

    id: str
    name: str
    subject: str
    tenant: str
    scopes: tuple[str, ...]
    created: float
    secrets: tuple[Secret, ...]
    expires: float | None = None
    revoked: float | None = None
    rate: float | None = None
    burst: int | None = None
    concurrency: int | None = None
    budget_tokens: int | None = None
    budget_cost: float | None = None
    budget_period: Period = "month"
    models: tuple[str, ...] = ()

    def state(self, now: float) -> State:
        """Return whether it is taken, and why not."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and now >= self.expires else "active"

    def fits(self, secret: str, now: float) -> bool:
        """Tell whether that is a secret of this key."""
        # Every one is looked at: how long it takes tells nothing.
        return any([s.fits(secret, now) for s in self.secrets])  # noqa: C419

    def rotated(self, secret: str, until: float, now: float) -> Key:
        """Return the key with one more secret; the newest of the earlier ones is good until then, the others go."""
        newest = self.secrets[0]
        ends = until if newest.until is None else min(newest.until, until)
        old = (replace(newest, until=ends),) if ends > now else ()
        return replace(self, secrets=(Secret.of(secret), *old))

    @property
    def principal(self) -> Principal:
        """Return who shows it. Raises ValueError for what no principal can be made of."""
        own = (self.rate, self.burst, self.concurrency, self.budget)
        some = self.models or any(v is not None for v in own)
        allowance = Allowance(*own, models=self.models) if some else None
        return Principal(self.subject, self.tenant, frozenset(self.scopes), f"key:{self.id}", allowance)

    @property
    def budget(self) -> Budget | None:
        """What it may spend on models, if that is said of it. Raises ValueError for what is no budget."""
        if self.budget_tokens is None and self.budget_cost is None:
            return None
        return Budget(self.budget_tokens, self.budget_cost, self.budget_period)

    def to_json(self) -> dict[str, Any]:
        """Return what is kept."""
        out = {name: getattr(self, name) for name in (*_PLAIN, *_LATER)}
        kept = [{"salt": s.salt, "hash": s.hash, "until": s.until} for s in self.secrets]
        return {**out, "scopes": list(self.scopes), "secrets": kept}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Key:
        """Return a key from what was kept. Raises KeyError, TypeError, ValueError for what is none."""
        kept = tuple(Secret(s["salt"], s["hash"], s["until"]) for s in data["secrets"])
        fields = {name: data[name] for name in _PLAIN} | {name: data[name] for name in _LATER if name in data}
        fields["models"] = tuple(map(str, fields.get("models", ())))
        key = cls(**fields, scopes=tuple(data["scopes"]), secrets=kept)
        if not (kept and key.id.isalnum() and all(len(bytes.fromhex(s.hash)) == 32 for s in kept)):  # noqa: PLR2004
            raise ValueError("no key")
        key.state(0.0)
        key.principal  # noqa: B018 - raises
        return key


_PLAIN = ("id", "name", "subject", "tenant", "created", "expires", "revoked", "rate", "burst", "concurrency")
_LATER = ("budget_tokens", "budget_cost", "budget_period", "models")
"""What keys of earlier versions do not have."""


def new_token(key_id: str | None = None) -> tuple[str, str, str]:
    """Return the id, the secret, and the token that holds both."""
    key_id, secret = key_id or secrets.token_hex(6), secrets.token_urlsafe(32)
    return key_id, secret, f"{PREFIX}{key_id}_{secret}"


def parsed(token: str) -> tuple[str, str] | None:
    """Return id and secret of a token of this kind, or None for one that is of another."""
    if not token.startswith(PREFIX):
        return None
    key_id, _, secret = token[len(PREFIX) : LONGEST + 1].partition("_")
    # What is too long is no key of ours, whatever it begins with.
    return (key_id, secret) if len(token) <= LONGEST else ("", "")
