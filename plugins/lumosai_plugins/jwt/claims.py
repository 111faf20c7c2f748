"""Who a token's claims say is calling, and what of that counts here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lumosai_sdk.errors import UnauthenticatedError
from lumosai_sdk.types.auth import Principal

LONGEST = 256


@dataclass(frozen=True, slots=True)
class Mapped:
    """How claims become a caller: the names of claims, and what the words of one of them allow."""

    subject: str = "sub"
    tenant_claim: str | None = None
    tenant: str = "default"
    permissions_claim: str = "scope"
    permissions: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def principal(self, claims: Mapping[str, Any]) -> Principal:
        """Return the caller. Raises UnauthenticatedError when a claim that must name it does not."""
        subject = _text(claims, self.subject)
        tenant = self.tenant if self.tenant_claim is None else _text(claims, self.tenant_claim)
        if "/" in tenant:
            raise UnauthenticatedError("the token's tenant has a / in it")
        words = _words(_at(claims, self.permissions_claim))
        scopes = frozenset(s for word in words for s in self.permissions.get(word, ()))
        return Principal(subject, tenant, scopes, f"jwt:{tenant}/{subject}")


def _text(claims: Mapping[str, Any], path: str) -> str:
    value = _at(claims, path)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST or not value.isprintable():
        raise UnauthenticatedError(f"the token's claim {path!r} names nobody")
    return value


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """Return the claim of that name or, where there is none, what the name's dots lead to."""
    if path in claims:
        return claims[path]
    value: Any = claims
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.split(" ")
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []
