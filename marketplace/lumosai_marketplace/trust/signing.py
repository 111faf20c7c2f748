"""Signing a statement with an identity: sigstore's own signer, bounded in time, with errors that say what to do.

The key lives in memory for one call and is never written; what remains is a certificate of ten minutes, and an entry in
a log. What was signed is verified before it is returned: who signs his own plugin does not learn from others that the
signature does not hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lumosai_marketplace import audience as audiences
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.statement import Statement
from lumosai_marketplace.trust import pep740, signingerrors, tls
from lumosai_marketplace.trust.publicgood import is_public_good
from lumosai_marketplace.trust.roots import Roots
from lumosai_marketplace.trust.signingerrors import SigningError
from lumosai_marketplace.trust.verify import Verifier
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityToken
    from sigstore.sign import Signer, SigningContext

_CONNECT, _READ = 10.0, 30.0
Config = str | Mapping[str, Any]
"""sigstore's ClientTrustConfig: JSON, or what that is read to."""


def sign(statement: Statement, identity_token: str, config: Config, audience: str) -> dict[str, Any]:
    """Sign a statement; returns the attestation (PEP 740). It blocks, for a second or so: call it in a thread.

    A token that is not for *audience* is not sent. Raises SigningError, with the command that helps, and InputError for
    a *config* that is none.
    """
    (made,) = sign_all([statement], identity_token, config, audience)
    return made


def sign_all(
    statements: Sequence[Statement], identity_token: str, config: Config, audience: str
) -> list[dict[str, Any]]:
    """Sign several statements with one certificate, as ``sign``."""
    trusted = _config(config)
    verifier = Verifier(_roots(config))
    with signingerrors.told(identity_token, audience), _signer(trusted, _token(identity_token, audience)) as signer:
        made = [_signed(s, signer) for s in statements]
    for statement, attestation in zip(statements, made, strict=True):
        _check(verifier, statement, attestation)
    return made


def audience_for(url: str, config: Config) -> str:
    """Return for whom a token has to be to sign at the instance of the index at *url*, as *config* tells it.

    The audience is of the address that the index was asked by, and of nothing that it says: else whoever runs one could
    use the tokens that it is sent elsewhere. That of the public instance is for the public instance. Raises InputError.
    """
    return audiences.PUBLIC_GOOD if is_public_good(_config(config)) else audiences.signing(url)


def audience_of(token: str) -> str | None:
    """Return for whom a token says it is, if that is one; not verified."""
    import jwt

    try:
        told = jwt.decode(token, options={"verify_signature": False, "verify_exp": False}).get("aud")
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    return told if isinstance(told, str) else None


def ambient_token(audience: str) -> str | None:
    """Return the identity token that the machine has by itself, as CI systems give one; None where there is none.

    Raises SigningError where it would have one and may not ask for it.
    """
    from sigstore.oidc import IdentityError, detect_credential

    try:
        return detect_credential(audience)
    except IdentityError as e:
        raise signingerrors.no_permission(e, audience) from None


def _signed(statement: Statement, signer: Signer) -> dict[str, Any]:
    from sigstore.dsse import Statement as SigstoreStatement

    bundle = signer.sign_dsse(SigstoreStatement(statement.encode()))
    return pep740.from_bundle(json.loads(bundle.to_json()))


@contextmanager
def _signer(config: ClientTrustConfig, token: IdentityToken) -> Iterator[Signer]:
    from sigstore.sign import SigningContext

    context = SigningContext.from_trust_config(config)
    _bound(context)
    with context.signer(token) as signer:
        yield signer


def _bound(context: SigningContext) -> None:
    """Give every request an end: sigstore's clients wait for ever, and follow wherever they are sent."""
    from requests.adapters import HTTPAdapter

    class Bounded(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            kwargs["timeout"] = kwargs.get("timeout") or (_CONNECT, _READ)
            return super().send(request, *args, **kwargs)

    # The sessions are the libraries' own, and there is no other way in.
    clients: list[Any] = [context._rekor, *context._tsa_clients]  # noqa: SLF001
    for session in (context._fulcio.session, *(c._session for c in clients)):  # noqa: SLF001
        session.max_redirects = 0
        session.verify = tls.ca_file() or True
        for scheme in ("https://", "http://"):
            session.mount(scheme, Bounded())


def _token(raw: str, audience: str) -> IdentityToken:
    from sigstore.oidc import IdentityToken

    return IdentityToken(raw, audience)


def _config(config: Config) -> ClientTrustConfig:
    from pydantic import ValidationError
    from sigstore.models import ClientTrustConfig

    try:
        return ClientTrustConfig.from_json(config if isinstance(config, str) else json.dumps(config))
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(p) for p in first["loc"])
        raise InputError(f"this is no client trust configuration of sigstore: {where}: {first['msg']}") from None


def _roots(config: Config) -> Roots:
    table = json.loads(config) if isinstance(config, str) else config
    return Roots.from_json(json.dumps(table["trustedRoot"]))


def _check(verifier: Verifier, statement: Statement, attestation: Mapping[str, Any]) -> None:
    try:
        verifier.verify(attestation, statement.filename, statement.sha256)
    except RefusedError as e:
        raise SigningError(
            f"what was signed does not hold, and was not used: {e.message}",
            hint="look at this machine's clock, and at the instance's keys: lumos marketplace rotate-keys",
        ) from None
