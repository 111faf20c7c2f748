"""Judging a token (RFC 8725, JSON Web Token Best Current Practices)."""

from __future__ import annotations

import re
import time
from typing import Any

from lumosai_plugins.jwt.claims import Mapped
from lumosai_plugins.jwt.issuer import Issuer
from lumosai_plugins.jwt.keyset import LONGEST_KID
from lumosai_sdk.decorators import auth
from lumosai_sdk.errors import ConfigError, MissingExtraError, UnauthenticatedError
from lumosai_sdk.types.auth import AuthRequest, Principal
from lumosai_sdk.types.plugins import PluginContext

LONGEST = 8 * 1024
_FORM = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
_REQUIRED = ["exp", "iat", "iss", "aud"]
_UNSET = "[plugins.jwt.settings] needs both issuer and audience, by which tokens are judged"
_UNSET_HINT = "set them in lumos.toml, or take jwt out of [server] auth"
_HINT = "get a new token from the issuer"


@auth("jwt")
class Tokens:
    """Knows callers by the tokens of one issuer. Raises MissingExtraError, ConfigError."""

    def __init__(self, context: PluginContext) -> None:
        _require()
        s = context.settings
        self._algorithms: list[str] = list(s.get("algorithms", ("RS256", "ES256")))
        self._issuer_name, self._audience = str(s.get("issuer", "")), str(s.get("audience", ""))
        self._leeway, self._max_age = float(s.get("leeway", 30)), float(s.get("max_age", 86_400))
        self._mapped = Mapped(
            s.get("subject_claim", "sub"),
            s.get("tenant_claim"),
            s.get("tenant", "default"),
            s.get("permissions_claim", "scope"),
            s.get("permissions", {}),
        )
        refresh, stale = float(s.get("refresh", 300)), float(s.get("stale", 3600))
        self._issuer: Issuer | None = None
        if not s.get("issuer") and not s.get("audience"):
            # Not set up is not broken: it stands in every host, and is asked where [server] auth names it.
            return
        name, audience = self._issuer_name, self._audience
        if not name or not audience:
            raise ConfigError(_UNSET, hint=_UNSET_HINT)
        self._issuer = Issuer(name, s.get("jwks_uri"), self._algorithms, refresh=refresh, stale=stale)

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """Return whom the token names; None for what is no token of this issuer.

        Raises UnauthenticatedError for a token that is not good, IssuerUnavailableError, ConfigError where nothing is
        set up.
        """
        if self._issuer is None:
            raise ConfigError(_UNSET, hint=_UNSET_HINT)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or len(token) > LONGEST or not _FORM.fullmatch(token):
            return None
        if self._claimed_issuer(token) != self._issuer_name:
            return None
        kid, algorithm = self._head(token)
        key = await self._issuer.key(kid, algorithm)
        if key is None:
            raise UnauthenticatedError("the token is signed with no key of its issuer", hint=_HINT)
        return self._mapped.principal(self._claims(token, key))

    def _head(self, token: str) -> tuple[str, str]:
        """Return key id and algorithm; of what else a head may say, such as where keys are, nothing is believed."""
        import jwt

        head = jwt.get_unverified_header(token)
        algorithm, kid, kind = head.get("alg"), head.get("kid", ""), head.get("typ", "JWT")
        if algorithm not in self._algorithms:
            raise UnauthenticatedError("the token is signed in a way that is not taken", hint=_HINT)
        if "crit" in head or not isinstance(kind, str) or kind.lower() not in _TYPES:
            raise UnauthenticatedError("the token is of a kind that is not taken", hint=_HINT)
        if not isinstance(kid, str) or len(kid) > LONGEST_KID:
            raise UnauthenticatedError("the token names no key", hint=_HINT)
        return kid, algorithm

    def _claimed_issuer(self, token: str) -> Any:
        """Return who the token says made it: whom to ask for keys, and nothing more."""
        import jwt

        try:
            return jwt.decode(token, options={"verify_signature": False}).get("iss")
        except (jwt.PyJWTError, RecursionError):
            return None

    def _claims(self, token: str, key: Any) -> dict[str, Any]:
        import jwt

        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._audience,
                issuer=self._issuer_name,
                leeway=self._leeway,
                options={"require": [*_REQUIRED]},
            )
        except jwt.PyJWTError as e:
            # Its words may hold what the token said.
            raise UnauthenticatedError(f"the token is not good: {_words(type(e).__name__)}", hint=_HINT) from None
        if time.time() - float(claims["iat"]) > self._max_age + self._leeway:
            raise UnauthenticatedError("the token is not good: it was issued too long ago", hint=_HINT)
        return claims

    async def aclose(self) -> None:
        """Stop fetching keys."""
        if self._issuer is not None:
            await self._issuer.aclose()


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Error")).lower()


def _require() -> None:
    try:
        import cryptography
        import jwt
    except ModuleNotFoundError:
        raise MissingExtraError("the plugin 'jwt'", "jwt") from None
    del cryptography, jwt
