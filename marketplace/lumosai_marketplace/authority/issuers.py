"""Issuers of identity tokens that the operator trusts, and their public keys, fetched with bounds on everything."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from lumosai_marketplace.authority.state import is_loopback
from lumosai_sdk.errors import ConfigError, LumosError, UnauthenticatedError
from lumosai_sdk.jsontext import bounded_json

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

Fetch = Callable[[str], Awaitable[bytes]]
Kind = Literal["email", "github"]
MAX_KEYS = 32
FRESH, AGAIN, STALE = 600.0, 30.0, 3600.0
"""Seconds: keys are asked for after FRESH, or for an unknown one after AGAIN; without an answer used until STALE."""

_DEPTH, _WEIGHT = 8, 5000
_MIN_RSA, _MAX_RSA = 2048, 8192


class IssuerUnavailableError(LumosError):
    """The keys of an issuer cannot be had."""

    code = "issuer_unavailable"
    status = 502


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer as the operator configures it.

    ``kind`` says what its tokens speak of: ``email`` (a person) or ``github`` (a workflow of a host at ``server``).
    ``jwks_url`` need not be told where discovery tells it.
    """

    url: str
    kind: Kind
    jwks_url: str = ""
    server: str = "https://github.com"

    def __post_init__(self) -> None:
        """Refuse what could be listened to or turned elsewhere. Raises ConfigError."""
        for url in (self.url, self.server, *([self.jwks_url] if self.jwks_url else [])):
            if not _is_safe(url):
                raise ConfigError(f"{url!r} cannot be an issuer's: it has to be an HTTPS URL without user and query")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key, and the one algorithm that it is used with."""

    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
    algorithm: Literal["ES256", "RS256"]


class KeyCache:
    """The keys of one issuer. However many tokens arrive, the issuer is asked at most every ``AGAIN`` seconds."""

    def __init__(self, issuer: TrustedIssuer, fetch: Fetch) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._lock = asyncio.Lock()
        self._keys: Mapping[str, PublicKey] = {}
        self._fetched = self._asked = float("-inf")

    async def key(self, kid: str) -> PublicKey:
        """Return the key with that id. Raises UnauthenticatedError, or IssuerUnavailableError."""
        now = time.monotonic()
        if now - self._fetched > FRESH or kid not in self._keys:
            async with self._lock:
                await self._refresh(kid)
        if time.monotonic() - self._fetched > STALE:
            raise IssuerUnavailableError(f"the keys of {self._issuer.url} cannot be had")
        if kid not in self._keys:
            raise UnauthenticatedError("the identity token is signed with a key that its issuer does not publish")
        return self._keys[kid]

    async def _refresh(self, kid: str) -> None:
        now = time.monotonic()
        if (now - self._fetched <= FRESH and kid in self._keys) or now - self._asked < AGAIN:
            return
        self._asked = now
        try:
            self._keys = read_jwks(await self._fetch(await self._jwks_url()))
        except (OSError, ValueError, TimeoutError, RecursionError):
            return  # what was fetched before is used while it is not stale
        self._fetched = time.monotonic()

    async def _jwks_url(self) -> str:
        if self._issuer.jwks_url:
            return self._issuer.jwks_url
        url = self._issuer.url.rstrip("/") + "/.well-known/openid-configuration"
        document = _document(await self._fetch(url))
        found = document.get("jwks_uri")
        if document.get("issuer") != self._issuer.url or not isinstance(found, str) or not _is_safe(found):
            raise ValueError("not the configuration of this issuer")
        return found


def read_jwks(data: bytes) -> dict[str, PublicKey]:
    """Return the keys of a key set (RFC 7517) that sign with ES256 or RS256, by their ids. Raises ValueError."""
    keys = _document(data).get("keys")
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise ValueError(f"not a list of at most {MAX_KEYS} keys")
    found = ((k["kid"], _public(k)) for k in keys if isinstance(k, dict) and isinstance(k.get("kid"), str))
    return {kid: key for kid, key in found if key is not None}


def _public(jwk: dict[str, Any]) -> PublicKey | None:
    """Return the key, None for one that tokens are not signed with here: its type decides the algorithm."""
    import jwt

    if jwk.get("use", "sig") != "sig":
        return None
    try:
        if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256" and jwk.get("alg", "ES256") == "ES256":
            return _ec_key(jwk)
        if jwk.get("kty") == "RSA" and jwk.get("alg", "RS256") == "RS256":
            return _rsa_key(jwk)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    return None


def _ec_key(jwk: dict[str, Any]) -> PublicKey | None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from jwt.algorithms import ECAlgorithm

    key = ECAlgorithm.from_jwk(json.dumps(jwk))
    return PublicKey(key, "ES256") if isinstance(key, ec.EllipticCurvePublicKey) else None


def _rsa_key(jwk: dict[str, Any]) -> PublicKey | None:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from jwt.algorithms import RSAAlgorithm

    key = RSAAlgorithm.from_jwk(json.dumps(jwk))
    usable = isinstance(key, rsa.RSAPublicKey) and _MIN_RSA <= key.key_size <= _MAX_RSA
    return PublicKey(key, "RS256") if isinstance(key, rsa.RSAPublicKey) and usable else None


def _document(data: bytes) -> dict[str, Any]:
    found = bounded_json(data, depth=_DEPTH, weight=_WEIGHT)
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 # all that is wrong with a document is one error
    return found


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    safe_scheme = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    return safe_scheme and bool(parts.hostname) and not (parts.username or parts.query or parts.fragment)
