"""A certificate for 127.0.0.1, by a CA that nobody knows but whoever is told."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path


def make(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """Return the CA's file, and what a server at 127.0.0.1 listens with."""
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = _signed(f"{name} CA", ca_key.public_key(), f"{name} CA", ca_key, authority=True)
    leaf = _signed(name, key.public_key(), f"{name} CA", ca_key, authority=False)
    pem = serialization.Encoding.PEM
    (ca_file, chain) = (folder / f"{name}-ca.pem", folder / f"{name}.pem")
    ca_file.write_bytes(ca.public_bytes(pem))
    plain = serialization.NoEncryption()
    chain.write_bytes(leaf.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return ca_file, context


def _signed(
    name: str, public: ec.EllipticCurvePublicKey, issuer: str, key: ec.EllipticCurvePrivateKey, *, authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .add_extension(_usage(authority=authority), critical=True)
    )
    if not authority:
        there = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
        server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        made = made.add_extension(there, critical=False).add_extension(server, critical=False)
    return made.sign(key, hashes.SHA256())


def _usage(*, authority: bool) -> x509.KeyUsage:
    unused = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    return x509.KeyUsage(
        digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, decipher_only=False, **unused
    )
