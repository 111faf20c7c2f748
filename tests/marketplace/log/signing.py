"""Somebody who signs with a certificate of an instance's CA, and asks a log to take it."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_der_x509_certificate

from lumosai_marketplace.authority.claims import Claims
from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.log.envelope import pae
from lumosai_marketplace.statement import PAYLOAD, PUBLISH, Statement

URL = "http://localhost:8643"
WHEEL = "acme_weather-1.0.0-py3-none-any.whl"
SHA256 = "ab" * 32


def b64(data: bytes) -> str:
    return b64encode(data).decode()


@dataclass
class Person:
    """Signs statements about wheels."""

    authority: Authority
    subject: str = "dev@acme.com"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    certificate: Certificate = field(init=False)

    def __post_init__(self) -> None:
        self.certificate = self.issued()

    def issued(self, at: datetime | None = None) -> Certificate:
        claims = Claims(issuer=f"{URL}/sigstore/oauth2", subject=self.subject, challenge=self.subject)
        return load_der_x509_certificate(self.authority.issue(self.key.public_key(), claims, at)[0])

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def envelope(self, filename: str = WHEEL, kind: str = PAYLOAD) -> str:
        payload = Statement(filename, SHA256, PUBLISH).encode()
        signature = self.key.sign(pae(kind, payload), ec.ECDSA(hashes.SHA256()))
        return json.dumps({"payload": b64(payload), "payloadType": kind, "signatures": [{"sig": b64(signature)}]})

    def proposed(self, envelope: str | None = None) -> dict[str, Any]:
        content = {"envelope": envelope or self.envelope(), "verifiers": [b64(self.pem)]}
        return {"apiVersion": "0.0.1", "kind": "dsse", "spec": {"proposedContent": content}}
