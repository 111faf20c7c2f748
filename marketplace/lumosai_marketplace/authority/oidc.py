"""Identity tokens (OpenID Connect Core 1.0): the service's own issuer, and the tokens of issuers it trusts."""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lumosai_marketplace import audience as audiences
from lumosai_marketplace import fetching
from lumosai_marketplace.authority.claims import Claims, is_email
from lumosai_marketplace.authority.issuers import Fetch, KeyCache, PublicKey, TrustedIssuer
from lumosai_marketplace.authority.mapping import to_claims
from lumosai_marketplace.authority.state import State
from lumosai_marketplace.authority.trustdata import PREFIX
from lumosai_sdk.errors import InputError, UnauthenticatedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

TOKEN_SECONDS = 300
MAX_TOKEN = 16 * 1024
LEEWAY = 30
"""Seconds by which the clocks of an issuer and of this service may differ."""

MAX_LIFE = 3600 + 2 * LEEWAY
"""A token that is good for longer is no identity token of a moment, but a password."""

_REQUIRED = ["iss", "sub", "aud", "iat", "exp"]


@dataclass(frozen=True, slots=True)
class IdentityIssuer:
    """Signs identity tokens (ES256) for people who have signed in to this service."""

    url: str
    key: ec.EllipticCurvePrivateKey
    kid: str
    published: tuple[tuple[str, ec.EllipticCurvePublicKey], ...]

    @classmethod
    def of(cls, state: State, key: ec.EllipticCurvePrivateKey) -> IdentityIssuer:
        """Return the issuer of an instance; keys that were rotated away are published until their tokens are old."""
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        now, published = datetime.now(UTC), []
        for generation in state.of("oidc"):
            public = load_der_public_key(generation.public)
            if isinstance(public, ec.EllipticCurvePublicKey) and (generation.end is None or generation.end > now):
                published.append((generation.key, public))
        return cls(f"{state.url}{PREFIX}/oauth2", key, state.current("oidc").key, tuple(published))

    @property
    def audience(self) -> str:
        """For whom tokens are to sign with at the instance that this is the issuer of."""
        return audiences.signing(self.url)

    def identity_token(self, subject: str, audience: str | None = None, *, seconds: int = TOKEN_SECONDS) -> str:
        """Return a token for *subject*, an e-mail address that the service has verified: to sign with here, or for
        another *audience*. Raises InputError.
        """
        import jwt

        if not is_email(subject):
            raise InputError(f"{subject[:80]!r} is no e-mail address: certificates name people by theirs")
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": subject,
            "aud": audience or self.audience,
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "jti": secrets.token_hex(16),
            "email": subject,
            "email_verified": True,
        }
        return jwt.encode(claims, self.key, "ES256", headers={"kid": self.kid})

    def discovery(self) -> dict[str, Any]:
        """Return the OpenID configuration (OpenID Connect Discovery 1.0)."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": f"{self.url}/token",
            "device_authorization_endpoint": f"{self.url}/device/code",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "email"],
            "claims_supported": [*_REQUIRED, "email", "email_verified"],
        }

    def jwks(self) -> dict[str, Any]:
        """Return the public keys (RFC 7517)."""
        return {"keys": [_jwk(kid, key) for kid, key in self.published]}


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified token: what certificates say of it, and everything that it says itself."""

    claims: Claims
    token: Mapping[str, Any]


class TokenVerifier:
    """Verifies tokens of the service's own issuer and of the *trusted* ones; of nobody else."""

    def __init__(self, trusted: Sequence[TrustedIssuer] = (), fetch: Fetch = fetching.fetch) -> None:
        self._trusted = {issuer.url: issuer for issuer in trusted}
        self._cache = {issuer.url: KeyCache(issuer, fetch) for issuer in trusted}

    async def verify(self, token: str, own: IdentityIssuer, *audiences: str) -> Identity:
        """Return whose *token* is: one to sign with here, or for exactly one of *audiences*.

        Raises UnauthenticatedError that says what is wrong with it, IssuerUnavailableError when the issuer's keys
        cannot be had, InputError when the identity does not fit a certificate.
        """
        issuer_url, kid = _look(token)
        if issuer_url != own.url:
            return await self.verify_foreign(token, *(audiences or (own.audience,)))
        key, issuer = _own_key(own, kid), TrustedIssuer(own.url, kind="email")
        return _identity(token, key, issuer, audiences or (own.audience,))

    async def verify_foreign(self, token: str, *audiences: str) -> Identity:
        """Return whose *token* of a trusted issuer is, where the service has none of its own. Raises as ``verify``."""
        issuer_url, kid = _look(token)
        issuer = self._trusted.get(issuer_url)
        if issuer is None:
            raise UnauthenticatedError("the identity token is of an issuer that this service does not trust")
        return _identity(token, await self._cache[issuer_url].key(kid), issuer, audiences)


def _identity(token: str, key: PublicKey, issuer: TrustedIssuer, audiences: tuple[str, ...]) -> Identity:
    body = _decode(token, key, issuer.url, audiences)
    return Identity(to_claims(body, issuer), body)


def _look(token: str) -> tuple[str, str]:
    """Return who claims to have signed the token, and with which key: the one thing believed without proof."""
    import jwt

    if len(token) > MAX_TOKEN or not token.isascii():
        raise UnauthenticatedError(f"an identity token is ASCII, and has at most {MAX_TOKEN} characters")
    try:
        head = jwt.get_unverified_header(token)
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise UnauthenticatedError("this is no identity token") from None
    kid = head.get("kid", "")
    if not isinstance(issuer, str) or not isinstance(kid, str) or "crit" in head:
        raise UnauthenticatedError("this is no identity token")
    return issuer, kid


def _own_key(own: IdentityIssuer, kid: str) -> PublicKey:
    for known, key in own.published:
        if known == kid:
            return PublicKey(key, "ES256")
    raise UnauthenticatedError("the identity token is signed with a key that this service does not use (any more)")


def _decode(token: str, key: PublicKey, issuer: str, audiences: tuple[str, ...]) -> Mapping[str, Any]:
    import jwt

    try:
        body = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],  # the key's, never the header's
            audience=audiences,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": _REQUIRED},
        )
    except jwt.InvalidAudienceError:
        raise _not_for(audiences, "it is for another service: its audience is none of this one's") from None
    except jwt.PyJWTError as e:
        raise UnauthenticatedError(f"the identity token is refused: {e}") from None
    except (ValueError, TypeError, RecursionError):
        raise UnauthenticatedError("the identity token is refused: it is malformed") from None
    if body["aud"] not in (*audiences, *([a] for a in audiences)):
        raise _not_for(audiences, "it is for others as well")
    begin, end = body["iat"], body["exp"]
    if not all(isinstance(t, int | float) for t in (begin, end)) or not 0 < end - begin <= MAX_LIFE:
        raise UnauthenticatedError(f"the identity token is refused: it is not for {MAX_LIFE} seconds at most")
    return dict(body)


def _not_for(audiences: tuple[str, ...], why: str) -> UnauthenticatedError:
    return UnauthenticatedError(
        f"the identity token is refused: {why}",
        hint=f"ask its issuer for one with the audience {' or '.join(audiences)}",
    )


def _jwk(kid: str, key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    point = {axis: _b64url(value.to_bytes(32, "big")) for axis, value in (("x", numbers.x), ("y", numbers.y))}
    return {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, **point}


def _b64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
