"""Who a certificate of sigstore's CA names (Fulcio's OID documentation, 1.3.6.1.4.1.57264.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.signer import Signer

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_ARC = "1.3.6.1.4.1.57264.1."
_OLD_ISSUER = 1
_ISSUER = 8
_REPOSITORY, _COMMIT, _REF, _REPOSITORY_ID, _OWNER_ID, _CONFIG = 12, 13, 14, 15, 17, 18
_MAX_CLAIM = 2048
_UTF8 = 0x0C
_LONG = 0x80
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]")


def signer_of(certificate: Certificate) -> Signer:
    """Return who a certificate names. Raises RefusedError ``signature.certificate``.

    It names one subject, an e-mail address or a URI, and says which issuer has vouched for it.
    """
    claims = _claims(certificate)
    old, issuer = claims.pop(_OLD_ISSUER, b"").decode(errors="replace"), _text(claims, _ISSUER)
    if not issuer or (old and old != issuer):
        raise _refused("does not say who has vouched for its subject, or says so twice and differently")
    repository, ref = _text(claims, _REPOSITORY), _text(claims, _REF)
    return Signer(
        issuer=issuer,
        subject=_subject(certificate),
        repository=repository,
        repository_id=_text(claims, _REPOSITORY_ID),
        owner_id=_text(claims, _OWNER_ID),
        workflow=_workflow(_text(claims, _CONFIG), repository, ref),
        ref=ref,
        commit=_text(claims, _COMMIT),
    )


def _claims(certificate: Certificate) -> dict[int, bytes]:
    from cryptography.x509 import UnrecognizedExtension

    out = {}
    for extension in certificate.extensions:
        oid, value = extension.oid.dotted_string, extension.value
        if oid.startswith(_ARC) and isinstance(value, UnrecognizedExtension):
            out[int(oid.removeprefix(_ARC).partition(".")[0])] = value.value
    return out


def _text(claims: dict[int, bytes], arc: int) -> str:
    """Return a claim, a DER UTF8String; empty where the CA made none."""
    if arc not in claims:
        return ""
    data = claims[arc]
    try:
        return _clean(_utf8(data))
    except (ValueError, IndexError):
        raise _refused(f"has a claim ({_ARC}{arc}) that is no text") from None


def _utf8(der: bytes) -> str:
    """Return the text of a DER UTF8String (X.690 section 8.23): the shortest form of length, and nothing after it."""
    length, begin = der[1], 2
    if length >= _LONG:
        begin += length - _LONG
        length = int.from_bytes(der[2:begin], "big")
    if der[0] != _UTF8 or len(der) != begin + length or der[:begin] != _header(length):
        raise ValueError
    return der[begin:].decode()


def _header(length: int) -> bytes:
    if length < _LONG:
        return bytes([_UTF8, length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([_UTF8, _LONG | len(size)]) + size


def _clean(text: str) -> str:
    if not text or len(text) > _MAX_CLAIM or _CONTROL.search(text):
        raise ValueError
    return text


def _subject(certificate: Certificate) -> str:
    from cryptography.x509 import (
        ExtensionNotFound,
        RFC822Name,
        SubjectAlternativeName,
        UniformResourceIdentifier,
    )

    try:
        names = list(certificate.extensions.get_extension_for_class(SubjectAlternativeName).value)
    except ExtensionNotFound:
        names = []
    if len(names) != 1 or not isinstance(names[0], RFC822Name | UniformResourceIdentifier):
        raise _refused(f"names {len(names)} subjects, where one e-mail address or URI should be")
    try:
        return _clean(names[0].value)
    except ValueError:
        raise _refused("names a subject that is empty, too long, or holds spaces or control characters") from None


def _workflow(config: str, repository: str, ref: str) -> str:
    """Return the workflow's file within its repository, of ``REPOSITORY/FILE@REF``; all of it if it lies elsewhere."""
    plain = config.removesuffix(f"@{ref}") if ref else config
    if repository and plain.startswith(f"{repository}/"):
        return plain[len(repository) :].lstrip("/")
    return plain


def _refused(why: str) -> RefusedError:
    return RefusedError("signature.certificate", f"the certificate {why}")
