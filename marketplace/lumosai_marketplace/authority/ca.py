"""The certificate authority: Fulcio's profile (root, intermediate, code-signing certificates of ten minutes)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lumosai_marketplace.authority import der
from lumosai_marketplace.authority.claims import DETAILS, Claims
from lumosai_marketplace.authority.ct import SCT_LIST, CtKey
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

LIFETIME = timedelta(minutes=10)
BACKDATED = timedelta(minutes=5)
"""Clocks differ: what is made now is valid from a little earlier."""

FULCIO = "1.3.6.1.4.1.57264.1."
_ISSUER_V1, _ISSUER_V2 = 1, 8


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose a certificate of the instance itself is."""

    organization: str
    name: str

    def encode(self) -> x509.Name:
        """Return it as X.509 has it."""
        from cryptography import x509
        from cryptography.x509.oid import NameOID

        organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organization[:64])
        return x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, self.name[:64])])


def make_root(key: ec.EllipticCurvePrivateKey, subject: Subject, at: datetime, years: int) -> x509.Certificate:
    """Return a self-signed certificate for *key*."""
    builder = _authority(key.public_key(), subject.encode(), at, years, path_length=1).issuer_name(subject.encode())
    return builder.add_extension(_issuer_key(key), critical=False).sign(key, hash_of(key))


def make_intermediate(
    public: ec.EllipticCurvePublicKey,
    subject: Subject,
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    at: datetime,
    years: int,
) -> x509.Certificate:
    """Return the certificate of an authority that signs for *root*, and may sign code-signing certificates only."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

    builder = _authority(public, subject.encode(), at, years, path_length=0).issuer_name(root.subject)
    builder = builder.add_extension(x509.ExtendedKeyUsage([Usage.CODE_SIGNING]), critical=False)
    return builder.add_extension(_issuer_key(root_key), critical=False).sign(root_key, hash_of(root_key))


@dataclass(frozen=True, slots=True)
class SigningCa:
    """Issues certificates: ``chain`` is its own, the intermediate first."""

    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]

    def issue(self, public: ec.EllipticCurvePublicKey, claims: Claims, ct: CtKey, at: datetime) -> x509.Certificate:
        """Return a certificate for *public*, with the SCT in it. Raises InputError for a key not of P-256."""
        from cryptography import x509

        builder = self._leaf(check_key(public), claims, at)
        # What the SCT signs is the certificate without the SCT, as the same CA would have signed it.
        precertificate = builder.sign(self.key, hash_of(self.key)).tbs_certificate_bytes
        scts = ct.sct_list(precertificate, self.key.public_key(), at)
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(SCT_LIST), scts)
        return builder.add_extension(extension, critical=False).sign(self.key, hash_of(self.key))

    def _leaf(self, public: ec.EllipticCurvePublicKey, claims: Claims, at: datetime) -> x509.CertificateBuilder:
        from cryptography import x509
        from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

        begin = at.replace(microsecond=0)
        general = x509.RFC822Name if claims.is_email else x509.UniformResourceIdentifier
        builder = (
            _builder(public, x509.Name([]), begin, begin + LIFETIME)
            .issuer_name(self.chain[0].subject)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([Usage.CODE_SIGNING]), critical=False)
            .add_extension(_issuer_key(self.key), critical=False)
            # Critical, since the subject is empty (RFC 5280, section 4.2.1.6).
            .add_extension(x509.SubjectAlternativeName([general(claims.subject)]), critical=True)
        )
        for arc, value in _fulcio_extensions(claims):
            extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{FULCIO}{arc}"), value)
            builder = builder.add_extension(extension, critical=False)
        return builder


def check_key(public: object) -> ec.EllipticCurvePublicKey:
    """Return *public*. Raises InputError when it is not of P-256: the one kind that every verifier of DSSE takes."""
    from cryptography.hazmat.primitives.asymmetric import ec

    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise InputError("certificates are for ECDSA keys of P-256 only")
    return public


def hash_of(key: ec.EllipticCurvePrivateKey) -> hashes.SHA256 | hashes.SHA384:
    """Return the hash that goes with the key's curve."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    return hashes.SHA384() if isinstance(key.curve, ec.SECP384R1) else hashes.SHA256()


def make_service(
    public: ec.EllipticCurvePublicKey,
    subject: Subject,
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    at: datetime,
    years: int,
) -> x509.Certificate:
    """Return a certificate that signs timestamps and nothing else (RFC 3161, section 2.3)."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

    return (
        _builder(public, subject.encode(), at - BACKDATED, at + timedelta(days=365 * years))
        .issuer_name(root.subject)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([Usage.TIME_STAMPING]), critical=True)
        .add_extension(_issuer_key(root_key), critical=False)
        .sign(root_key, hash_of(root_key))
    )


def _fulcio_extensions(claims: Claims) -> list[tuple[int, bytes]]:
    details = sorted((DETAILS[name], der.utf8(text)) for name, text in claims.details.items())
    # The first form of the issuer is not DER, and verifiers still ask for it.
    return [(_ISSUER_V1, claims.issuer.encode()), (_ISSUER_V2, der.utf8(claims.issuer)), *details]


def _authority(
    public: ec.EllipticCurvePublicKey, subject: x509.Name, at: datetime, years: int, path_length: int
) -> x509.CertificateBuilder:
    from cryptography import x509

    builder = _builder(public, subject, at - BACKDATED, at + timedelta(days=365 * years))
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return builder.add_extension(constraints, critical=True).add_extension(_usage(signs=False), critical=True)


def _builder(
    public: ec.EllipticCurvePublicKey, subject: x509.Name, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    from cryptography import x509

    builder = x509.CertificateBuilder().subject_name(subject).public_key(public)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)


def _issuer_key(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    from cryptography import x509

    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _usage(*, signs: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=signs,
        key_cert_sign=not signs,
        crl_sign=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
