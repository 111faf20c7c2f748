"""A timestamp authority (RFC 3161): requests read strictly, answers as CMS signed data (RFC 5652)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from lumosai_marketplace.authority import der
from lumosai_marketplace.authority.keys import sign
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

MAX_REQUEST = 4096
POLICY = "1.3.6.1.4.1.57264.2"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_DIGESTS = {
    der.oid(_SHA256)[2:]: (_SHA256, 32),
    der.oid("2.16.840.1.101.3.4.2.2")[2:]: ("2.16.840.1.101.3.4.2.2", 48),
    der.oid("2.16.840.1.101.3.4.2.3")[2:]: ("2.16.840.1.101.3.4.2.3", 64),
}
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _SIGNING_TIME = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.5"
_MESSAGE_DIGEST, _SIGNING_CERTIFICATE = "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.16.2.47"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"
_EXPLICIT = 0xA0
_MAX_NONCE = 33


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """A request: the digest of what is to be timestamped, with the dotted name of its algorithm."""

    algorithm: str
    digest: bytes
    nonce: int | None
    wants_certificate: bool

    @classmethod
    def parse(cls, data: bytes) -> TimestampRequest:
        """Read a TimeStampReq (section 2.4.1). Raises InputError for anything that is not one we can answer."""
        if len(data) > MAX_REQUEST:
            raise InputError(f"a timestamp request has at most {MAX_REQUEST} bytes")
        try:
            outer = der.Reader(data)
            request = cls._read(outer.inside())
            outer.end()
        except ValueError as e:
            raise InputError(f"this is no timestamp request: {e}") from None
        return request

    @classmethod
    def _read(cls, body: der.Reader) -> TimestampRequest:
        if body.integer(1) != 1:
            raise ValueError("another version than 1")
        algorithm, digest = _imprint(body.inside())
        if body.peek() == der.OID and body.oid() != der.oid(POLICY)[2:]:
            raise ValueError("another policy than this authority has")
        nonce = body.integer(_MAX_NONCE) if body.peek() == der.INTEGER else None
        wanted = body.boolean() if body.peek() == der.BOOLEAN else False
        body.end()  # extensions are answered by none: they would have to be understood
        return cls(algorithm, digest, nonce, wanted)


@dataclass(frozen=True, slots=True)
class Timestamper:
    """Signs timestamps; ``chain`` is its certificate and the root that signed it."""

    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]

    def answer(self, request: TimestampRequest, at: datetime) -> bytes:
        """Return a TimeStampResp that grants the request (section 2.4.2)."""
        info = _tst_info(request, at)
        signed = der.set_of(*self._attributes(info, at))
        content = der.seq(der.oid(_TST_INFO), der.tlv(_EXPLICIT, der.octets(info)))
        signer = der.seq(
            der.integer(1),
            der.seq(self.chain[0].issuer.public_bytes(), der.integer(self.chain[0].serial_number)),
            der.seq(der.oid(_SHA256)),
            bytes((_EXPLICIT,)) + signed[1:],
            der.seq(der.oid(_ECDSA_SHA256)),
            der.octets(sign(self.key, signed)),
        )
        certificates = der.tlv(_EXPLICIT, _der(self.chain[0])) if request.wants_certificate else b""
        digests = der.set_of(der.seq(der.oid(_SHA256)))
        data = der.seq(der.integer(3), digests, content, certificates, der.set_of(signer))
        granted = der.seq(der.integer(0))
        return der.seq(granted, der.seq(der.oid(_SIGNED_DATA), der.tlv(_EXPLICIT, data)))

    def _attributes(self, info: bytes, at: datetime) -> list[bytes]:
        certificate = der.seq(der.seq(der.seq(der.octets(sha256(_der(self.chain[0])).digest()))))  # RFC 5816
        return [
            _attribute(_CONTENT_TYPE, der.oid(_TST_INFO)),
            _attribute(_SIGNING_TIME, der.tlv(0x17, at.strftime("%y%m%d%H%M%SZ").encode())),
            _attribute(_MESSAGE_DIGEST, der.octets(sha256(info).digest())),
            _attribute(_SIGNING_CERTIFICATE, certificate),
        ]


def _imprint(body: der.Reader) -> tuple[str, bytes]:
    algorithm = body.inside()
    found = _DIGESTS.get(algorithm.oid())
    if algorithm.peek() == der.NULL and algorithm.take(der.NULL):
        raise ValueError("a NULL with content")
    algorithm.end()
    digest = body.take(der.OCTETS)
    body.end()
    if found is None or len(digest) != found[1]:
        raise ValueError("the digest is not one of SHA-256, SHA-384 or SHA-512")
    return found[0], digest


def _tst_info(request: TimestampRequest, at: datetime) -> bytes:
    from cryptography import x509

    return der.seq(
        der.integer(1),
        der.oid(POLICY),
        der.seq(der.seq(der.oid(request.algorithm)), der.octets(request.digest)),
        der.integer(x509.random_serial_number()),
        der.tlv(der.GENERALIZED_TIME, at.strftime("%Y%m%d%H%M%SZ").encode()),
        der.seq(der.integer(1)),  # accurate to a second
        b"" if request.nonce is None else der.integer(request.nonce),
    )


def _attribute(name: str, value: bytes) -> bytes:
    return der.seq(der.oid(name), der.set_of(value))


def _der(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)
