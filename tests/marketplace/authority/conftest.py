"""An instance, and a signer with a log of one entry, so that whole bundles can be shown to a verifier."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_der_x509_certificate, load_pem_x509_certificate

from lumosai_marketplace.authority import der
from lumosai_marketplace.authority.claims import Claims
from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.authority.keys import LogSigner
from lumosai_marketplace.statement import PAYLOAD, PUBLISH, Statement

URL = "http://localhost:8643"
STATEMENT = Statement("acme_weather-1.0.0-py3-none-any.whl", "ab" * 32, PUBLISH)


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def timestamp_request(data: bytes, nonce: int | None = 7) -> bytes:
    imprint = der.seq(der.seq(der.oid("2.16.840.1.101.3.4.2.1")), der.octets(sha256(data).digest()))
    return der.seq(der.integer(1), imprint, b"" if nonce is None else der.integer(nonce), b"\x01\x01\xff")


def log_entry(signer: LogSigner, host: str, envelope: dict[str, Any], certificate: Certificate, at: int) -> Any:
    """Return an entry of the kind dsse 0.0.1, as Rekor answers, in a tree that has no other."""
    spec = {
        "envelopeHash": {"algorithm": "sha256", "value": sha256(json.dumps(envelope).encode()).hexdigest()},
        "payloadHash": {"algorithm": "sha256", "value": sha256(STATEMENT.encode()).hexdigest()},
        "signatures": [
            {"signature": s["sig"], "verifier": b64(certificate.public_bytes(Encoding.PEM))}
            for s in envelope["signatures"]
        ],
    }
    body = _canonical({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})
    root = sha256(b"\0" + body).digest()
    note = f"{host} - 1\n1\n{b64(root)}\n"
    checkpoint = f"{note}\n— {host} {b64(signer.key_id[:4] + signer.sign(note.encode()))}\n"
    promise = {"body": b64(body), "integratedTime": at, "logID": signer.key_id.hex(), "logIndex": 0}
    proof = {"logIndex": 0, "treeSize": 1, "rootHash": root.hex(), "hashes": [], "checkpoint": checkpoint}
    signed = {"inclusionProof": proof, "signedEntryTimestamp": b64(signer.sign(_canonical(promise)))}
    return {**promise, "verification": signed}


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


@dataclass
class Publisher:
    """Signs the statement with parts of *authority*; each part can be of another one."""

    authority: Authority
    claims: Claims
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def bundle(
        self,
        *,
        leaf: bytes | None = None,
        at: datetime | None = None,
        log: LogSigner | None = None,
        tsa: Authority | None = None,
        signed_at: datetime | None = None,
    ) -> dict[str, Any]:
        leaf = leaf or self.authority.issue(self.key.public_key(), self.claims, at)[0]
        certificate = load_der_x509_certificate(leaf)
        payload = STATEMENT.encode()
        pae = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(payload), payload)
        signature = self.key.sign(pae, ec.ECDSA(hashes.SHA256()))
        envelope = {"payload": b64(payload), "payloadType": PAYLOAD, "signatures": [{"sig": b64(signature)}]}
        when = signed_at or datetime.now(UTC)
        signer = log or self.authority.log_signer
        entry = log_entry(signer, self.authority.origin, envelope, certificate, int(when.timestamp()))
        stamp = (tsa or self.authority).timestamp(timestamp_request(signature), when)
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": b64(leaf)},
                "tlogEntries": [_bundled(entry)],
                "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": b64(stamp)}]},
            },
            "dsseEnvelope": envelope,
        }


def _bundled(entry: dict[str, Any]) -> dict[str, Any]:
    proof = entry["verification"]["inclusionProof"]
    return {
        "logIndex": str(entry["logIndex"]),
        "logId": {"keyId": b64(bytes.fromhex(entry["logID"]))},
        "kindVersion": {"kind": "dsse", "version": "0.0.1"},
        "integratedTime": str(entry["integratedTime"]),
        "inclusionPromise": {"signedEntryTimestamp": entry["verification"]["signedEntryTimestamp"]},
        "inclusionProof": {
            "logIndex": str(proof["logIndex"]),
            "treeSize": str(proof["treeSize"]),
            "rootHash": b64(bytes.fromhex(proof["rootHash"])),
            "hashes": [],
            "checkpoint": {"envelope": proof["checkpoint"]},
        },
        "canonicalizedBody": entry["body"],
    }


@pytest.fixture
def logged() -> Callable[[Authority, dict[str, Any]], Any]:
    """Return a log for one entry: it answers what Rekor does to a proposed entry of the kind dsse."""

    def run(authority: Authority, proposed: dict[str, Any]) -> Any:
        content = proposed["spec"]["proposedContent"]
        certificate = load_pem_x509_certificate(b64decode(content["verifiers"][0]))
        envelope = json.loads(content["envelope"])
        at = int(datetime.now(UTC).timestamp())
        return log_entry(authority.log_signer, authority.origin, envelope, certificate, at)

    return run


Verify = Callable[..., bytes]


@pytest.fixture
def verify() -> Verify:
    """Return sigstore's own verifier, as it is: ``verify(trusted_root, bundle)`` returns the payload, or raises."""
    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier, policy
    from sigstore_models.trustroot.v1 import TrustedRoot as Inner

    def run(root: dict[str, Any], bundle: dict[str, Any], subject: str = "dev@acme.com", issuer: str = "") -> bytes:
        verifier = Verifier(trusted_root=TrustedRoot(Inner.from_json(json.dumps(root))))
        wanted = policy.Identity(identity=subject, issuer=issuer or f"{URL}/sigstore/oauth2")
        _, payload = verifier.verify_dsse(Bundle.from_json(json.dumps(bundle)), wanted)
        return payload

    return run


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "authority", url=URL)


@pytest.fixture
def other(tmp_path: Path) -> Authority:
    """Another instance, which says that it is the same."""
    return Authority.create(tmp_path / "other", url=URL)


@pytest.fixture
def person(authority: Authority) -> Claims:
    return Claims(authority.oidc.url, "dev@acme.com", challenge="dev@acme.com")


@pytest.fixture
def publisher(authority: Authority, person: Claims) -> Publisher:
    return Publisher(authority, person)
