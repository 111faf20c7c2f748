"""The promise of a certificate transparency log (RFC 6962, section 3.2), as it stands inside a certificate."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from lumosai_marketplace.authority import der
from lumosai_marketplace.authority.keys import public_der, sign

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"
_V1, _CERTIFICATE_TIMESTAMP, _PRECERT = 0, 0, 1
_SHA256_ECDSA = b"\x04\x03"


@dataclass(frozen=True, slots=True)
class CtKey:
    """Signs for the CT log that verifiers look for; ``log_id`` is the SHA-256 of its public key."""

    private: ec.EllipticCurvePrivateKey

    @property
    def log_id(self) -> bytes:
        """The log's id."""
        return sha256(public_der(self.private.public_key())).digest()

    def sct_list(self, precertificate: bytes, issuer: ec.EllipticCurvePublicKey, at: datetime) -> bytes:
        """Return the extension's value: a list of one SCT for the TBS *precertificate*, which has no such extension."""
        milliseconds = int(at.timestamp()) * 1000
        head = struct.pack("!BBQH", _V1, _CERTIFICATE_TIMESTAMP, milliseconds, _PRECERT)
        entry = sha256(public_der(issuer)).digest() + len(precertificate).to_bytes(3, "big") + precertificate
        signature = sign(self.private, head + entry + b"\0\0")  # no extensions
        sct = struct.pack("!B32sQH", _V1, self.log_id, milliseconds, 0) + _SHA256_ECDSA + _sized(signature)
        return der.octets(_sized(_sized(sct)))


def _sized(data: bytes) -> bytes:
    return struct.pack("!H", len(data)) + data
