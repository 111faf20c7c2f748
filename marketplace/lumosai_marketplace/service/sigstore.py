"""The private sigstore instance over HTTP: Fulcio's API v2, RFC 3161 timestamps, trust roots, OpenID discovery.

sigstore's own Python client asks a CA at the root of its host whatever the CA's path is, and others below it: both
places answer. Entries of the log are the log's (``logapi``).
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from lumosai_marketplace.authority.ca import check_key
from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.authority.oidc import MAX_TOKEN, Identity, TokenVerifier
from lumosai_marketplace.authority.tsa import MAX_REQUEST
from lumosai_sdk.errors import InputError, LumosError, NotFoundError
from lumosai_sdk.jsontext import bounded_json

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from lumosai_marketplace.service.state import Service

MAX_BODY = 64 * 1024
_MAX_PEM = 8 * 1024
_DEPTH, _WEIGHT = 8, 200
_BEARER = "bearer "
TRUST_FILES = ("trusted_root.json", "signing_config.v0.2.json", "client_trust_config.json")


class BodyTooLargeError(LumosError):
    """A request has more bytes than its kind ever needs."""

    code = "too_large"
    status = 413


@dataclass(frozen=True, slots=True)
class Sigstore:
    """What the routes work with."""

    authority: Authority
    tokens: TokenVerifier
    audiences: tuple[str, ...]
    """Of identity tokens that certificates are issued for."""


def of_service(request: Request) -> Sigstore:
    """Return the instance of the service that a request is for. Raises NotFoundError when it runs none."""
    service: Service = request.app.state.service
    if service.authority is None:
        raise NotFoundError("sigstore instance", service.settings.url, hint="this service trusts another one")
    return Sigstore(service.authority, service.tokens, service.settings.signing_audiences)


router = APIRouter(tags=["sigstore"])
Parts = Annotated[Sigstore, Depends(of_service)]


@router.post("/api/v2/signingCert", include_in_schema=False)
@router.post("/sigstore/api/v2/signingCert")
async def signing_cert(parts: Parts, request: Request) -> dict[str, Any]:
    """Issue a certificate for a key that the caller has, and the identity of the caller's token."""
    body = _json(await read_body(request, MAX_BODY))
    identity = await parts.tokens.verify(_token(request, body), parts.authority.oidc, *parts.audiences)
    chain = parts.authority.issue(_proven_key(body, identity), identity.claims)
    return {"signedCertificateEmbeddedSct": {"chain": {"certificates": [_pem(c) for c in chain]}}}


@router.get("/api/v2/trustBundle", include_in_schema=False)
@router.get("/sigstore/api/v2/trustBundle")
async def trust_bundle(parts: Parts) -> dict[str, Any]:
    """Return the CA's chains."""
    return {"chains": [{"certificates": [_pem(c) for c in chain]} for chain in parts.authority.ca_chains()]}


@router.post("/sigstore/api/v1/timestamp", status_code=201)
async def timestamp(parts: Parts, request: Request) -> Response:
    """Answer a timestamp request (RFC 3161 section 3.4)."""
    answer = parts.authority.timestamp(await read_body(request, MAX_REQUEST))
    return Response(answer, status_code=201, media_type="application/timestamp-reply")


@router.get("/sigstore/api/v1/timestamp/certchain")
async def certificate_chain(parts: Parts) -> Response:
    """Return the timestamp authority's certificates, PEM."""
    chain = parts.authority.timestamp_chain()
    return Response("".join(_pem(c) for c in chain), media_type="application/pem-certificate-chain")


@router.get("/sigstore/trust/{name}")
async def trust(parts: Parts, name: str) -> dict[str, Any]:
    """Return trusted_root.json, signing_config.v0.2.json or client_trust_config.json."""
    authority = parts.authority
    documents = (authority.trusted_root, authority.signing_config, authority.client_trust_config)
    found = dict(zip(TRUST_FILES, documents, strict=True)).get(name)
    if found is None:
        raise NotFoundError("trust document", name[:80], TRUST_FILES)
    return found()


@router.get("/sigstore/oauth2/.well-known/openid-configuration")
async def discovery(parts: Parts) -> dict[str, Any]:
    """Return the OpenID configuration of the service's own issuer."""
    return parts.authority.discovery()


@router.get("/sigstore/oauth2/keys")
async def keys(parts: Parts) -> dict[str, Any]:
    """Return the public keys of the service's own issuer."""
    return parts.authority.jwks()


async def read_body(request: Request, most: int) -> bytes:
    """Return the request's body. Raises BodyTooLargeError as soon as it is known to have more than *most* bytes."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            raise BodyTooLargeError(f"this request has at most {most} bytes")
    return bytes(data)


def _json(data: bytes) -> dict[str, Any]:
    try:
        body = bounded_json(data, depth=_DEPTH, weight=_WEIGHT)
    except (ValueError, RecursionError) as e:
        raise InputError(f"the request is no JSON of a certificate request: {e}") from None
    if not isinstance(body, dict):
        raise InputError("the request is no JSON object")
    return body


def _token(request: Request, body: dict[str, Any]) -> str:
    credentials = body.get("credentials")
    token = credentials.get("oidcIdentityToken") if isinstance(credentials, dict) else None
    header = request.headers.get("authorization", "")
    if token is None and header[: len(_BEARER)].lower() == _BEARER:
        token = header[len(_BEARER) :].strip()
    if not isinstance(token, str) or len(token) > MAX_TOKEN:
        raise InputError("the request has no identity token, in its credentials or as a bearer token")
    return token


def _proven_key(body: dict[str, Any], identity: Identity) -> ec.EllipticCurvePublicKey:
    """Return the key to certify, which the caller has proven to have. Raises InputError."""
    if (csr := body.get("certificateSigningRequest")) is not None:
        return _key_of_csr(_base64(csr))
    asked = body.get("publicKeyRequest")
    if not isinstance(asked, dict) or not isinstance(key := asked.get("publicKey"), dict):
        raise InputError("the request has neither a certificateSigningRequest nor a publicKeyRequest")
    return _challenged_key(key.get("content"), _base64(asked.get("proofOfPossession")), identity.claims.challenge)


def _key_of_csr(pem: bytes) -> ec.EllipticCurvePublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import load_pem_x509_csr

    try:
        csr = load_pem_x509_csr(pem)
        public = check_key(csr.public_key())  # before its signature: that of a huge RSA key takes long to look at
        proven = csr.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InputError("the certificate signing request cannot be read") from None
    if not proven:
        raise InputError("the certificate signing request is not signed with the key that it is for")
    return public


def _challenged_key(pem: Any, proof: bytes, challenge: str) -> ec.EllipticCurvePublicKey:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if not isinstance(pem, str) or len(pem) > _MAX_PEM:
        raise InputError("the request has no public key as PEM")
    try:
        public = check_key(load_pem_public_key(pem.encode()))
        public.verify(proof, challenge.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise InputError("the proof of possession is not the identity, signed with the key that is asked for") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InputError("the public key cannot be read") from None
    return public


def _base64(text: Any) -> bytes:
    if not isinstance(text, str) or len(text) > 2 * _MAX_PEM:
        raise InputError("the request lacks a value in base64, or it is too long")
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("a value of the request is not base64") from None


def _pem(certificate: bytes) -> str:
    from ssl import DER_cert_to_PEM_cert

    return DER_cert_to_PEM_cert(certificate)
