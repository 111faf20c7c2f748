"""What is asked to be logged: a DSSE envelope (v1), checked before anything is written.

A log takes only what a certificate of its own CA has signed, while that certificate is in force: what anybody could
make at home would fill it, and say nothing.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from lumosai_marketplace.errors import RefusedError
from lumosai_sdk.errors import InputError
from lumosai_sdk.jsontext import bounded_json

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

KIND, VERSION = "dsse", "0.0.1"
MAX_ENVELOPE = 400 * 1024
_MAX_CERTIFICATE = 16 * 1024
_MAX_SIGNATURE = 512
_MAX_TYPE = 255
_DEPTH, _WEIGHT = 8, 200


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to be logged: the entry's body, and the statement it is about."""

    body: bytes
    statement: bytes


def read_proposal(document: Any, issuers: Sequence[Certificate], at: float) -> Proposal:
    """Check what was posted to Rekor's API v1, kind ``dsse`` of version 0.0.1, and return what is to be logged.

    *issuers* are the CAs whose certificates are taken, *at* is the time. Raises InputError for what is malformed or of
    another kind, RefusedError ``log.certificate`` and ``log.envelope`` for what is signed by nobody who is known.
    """
    if not isinstance(document, Mapping) or (document.get("kind"), document.get("apiVersion")) != (KIND, VERSION):
        raise InputError(
            f"this log takes entries of the kind {KIND}, version {VERSION}", hint="sign a statement, not a file"
        )
    try:
        content = document["spec"]["proposedContent"]
        envelope, (verifier,) = content["envelope"], content["verifiers"]
    except (KeyError, TypeError, ValueError):
        raise InputError("the entry has no proposedContent with an envelope and one verifier") from None
    return propose(_text(envelope, MAX_ENVELOPE, "the envelope"), _base64(verifier, _MAX_CERTIFICATE), issuers, at)


def propose(envelope: str, certificate: bytes, issuers: Sequence[Certificate], at: float) -> Proposal:
    """Do what ``read_proposal`` does for an envelope (JSON) and its certificate (PEM)."""
    kind, payload, signature = _opened(envelope)
    signer = _certificate(certificate)
    _check_certificate(signer, issuers, at)
    _check_signature(signer, kind, payload, signature)
    return Proposal(canonical_body(envelope, payload, signature, signer), payload)


def canonical_body(envelope: str, payload: bytes, signature: bytes, signer: Certificate) -> bytes:
    """Return the entry's body as Rekor v1 has it: canonical JSON (RFC 8785) of hashes, signature and certificate."""
    from cryptography.hazmat.primitives.serialization import Encoding

    verifier = b64encode(signer.public_bytes(Encoding.PEM)).decode()
    spec = {
        "envelopeHash": {"algorithm": "sha256", "value": sha256(envelope.encode()).hexdigest()},
        "payloadHash": {"algorithm": "sha256", "value": sha256(payload).hexdigest()},
        "signatures": [{"signature": b64encode(signature).decode(), "verifier": verifier}],
    }
    return json.dumps(
        {"apiVersion": VERSION, "kind": KIND, "spec": spec}, sort_keys=True, separators=(",", ":")
    ).encode()


def pae(kind: str, payload: bytes) -> bytes:
    """Return what an envelope's signature is of: DSSE's pre-authentication encoding."""
    type_ = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(type_), type_, len(payload), payload)


def _opened(envelope: str) -> tuple[str, bytes, bytes]:
    try:
        data = bounded_json(envelope, depth=_DEPTH, weight=_WEIGHT)
        (signature,) = data["signatures"]
        kind, payload, signed = data["payloadType"], data["payload"], signature["sig"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError("the envelope is no DSSE envelope with one signature") from None
    return _text(kind, _MAX_TYPE, "the payload's type"), _base64(payload, MAX_ENVELOPE), _base64(signed, _MAX_SIGNATURE)


def _certificate(data: bytes) -> Certificate:
    from cryptography.x509 import load_pem_x509_certificate

    try:
        return load_pem_x509_certificate(data)
    except ValueError:
        raise InputError(
            "the verifier is no certificate in PEM", hint="keys without a certificate are not taken"
        ) from None


def _check_certificate(signer: Certificate, issuers: Sequence[Certificate], at: float) -> None:
    if not any(_issued(signer, issuer) for issuer in issuers):
        raise RefusedError("log.certificate", "the certificate is of no CA that this log knows")
    now = datetime.fromtimestamp(at, UTC)
    if not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
        raise RefusedError(
            "log.certificate",
            "the certificate is not in force: signatures are logged within the minutes that it is valid",
            hint="sign again; if that does not help, look at this machine's clock",
        )


def _issued(signer: Certificate, issuer: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        signer.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _check_signature(signer: Certificate, kind: str, payload: bytes, signature: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = signer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise RefusedError("log.certificate", "the certificate's key is of no elliptic curve")
    try:
        key.verify(signature, pae(kind, payload), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise RefusedError("log.envelope", "the envelope is not signed with the certificate's key") from None


def _text(value: Any, most: int, what: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most:
        raise InputError(f"{what} is no text of 1 to {most} characters")
    return value


def _base64(value: Any, most: int) -> bytes:
    try:
        return b64decode(_text(value, most * 2, "a value in base64"), validate=True)
    except ValueError:
        raise InputError("a value is not base64") from None
