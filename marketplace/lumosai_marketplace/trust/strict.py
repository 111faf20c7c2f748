"""What sigstore-python (4.5) lets pass, and other verifiers do not. Looked at after its verifier has said yes.

1. A certificate of a CA outside the time in which the trusted root has that CA.
2. A certificate that a CT log has signed with a key outside its time.
3. An entry whose log is not the one it names, or whose key is outside its time.
4. A checkpoint of another log (its origin; C2SP tlog-checkpoint, and Rekor's ``HOST - TREE``).
5. A checkpoint of another tree size than the inclusion proof's.

Also: it passes over timestamps that do not verify, and tries all keys where an entry or an SCT names a key that is
unknown. Here every timestamp verifies, and the key is the one that is named.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log import note
from lumosai_marketplace.trust.shapes import encoded

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore_models.common.v1 import TimeRange
    from sigstore_models.trustroot.v1 import CertificateAuthority, TransparencyLogInstance, TrustedRoot

    from lumosai_marketplace.trust.bundles import Bundle, Entry

_V1 = "0.0.1"


def check(root: TrustedRoot, bundle: Bundle, certificate: Certificate, times: Sequence[datetime]) -> None:
    """Refuse a bundle that the unmodified verifier has accepted too lightly. Raises RefusedError ``signature.*``.

    *times* are the verified ones.
    """
    if len(times) != len(bundle.timestamps) + (bundle.entry.promise is not None):
        raise RefusedError(
            "signature.time", "one of the bundle's timestamps is not of an authority in the trusted root"
        )
    _check_ca(root.certificate_authorities, certificate, times)
    _check_sct(root.ctlogs, certificate)
    log = _check_log(root.tlogs, bundle.entry, times)
    _check_checkpoint(log, bundle.entry)


def _check_ca(authorities: Iterable[CertificateAuthority], certificate: Certificate, times: Sequence[datetime]) -> None:
    issued = [a for a in authorities if _issued(a, certificate)]
    if not any(all(_within(a.valid_for, t) for t in times) for a in issued):
        raise RefusedError(
            "signature.ca",
            "the certificate is of a CA that was not in force when it signed" if issued else "the CA is unknown",
        )


def _issued(authority: CertificateAuthority, certificate: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.x509 import load_der_x509_certificate

    issuer = load_der_x509_certificate(authority.cert_chain.certificates[0].raw_bytes)
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _check_sct(logs: Iterable[TransparencyLogInstance], certificate: Certificate) -> None:
    from cryptography.x509 import PrecertificateSignedCertificateTimestamps

    (sct,) = certificate.extensions.get_extension_for_class(PrecertificateSignedCertificateTimestamps).value
    at = sct.timestamp.replace(tzinfo=UTC)
    named = [g for g in logs if hashlib.sha256(g.public_key.raw_bytes or b"").digest() == sct.log_id]
    if not any(_within(g.public_key.valid_for, at) for g in named):
        raise RefusedError(
            "signature.sct",
            "the CT log's key was not in force when it took the certificate" if named else "the CT log is unknown",
        )


def _check_log(
    logs: Iterable[TransparencyLogInstance], entry: Entry, times: Sequence[datetime]
) -> TransparencyLogInstance:
    """Return the log that *entry* names, which has signed it with a key that was in force."""
    named = [g for g in logs if entry.log_id in _ids(g)]
    if not named:
        raise RefusedError("signature.log", "the entry is of a log that the trusted root does not have")
    in_force = [g for g in named if all(_within(g.public_key.valid_for, t) for t in times)]
    if not in_force:
        raise RefusedError("signature.log", "the log's key was not in force when the entry was made")
    for log in in_force:
        if _has_signed(log, entry):
            return log
    raise RefusedError("signature.log", "the checkpoint is not signed by the log that the entry names")


def _ids(log: TransparencyLogInstance) -> set[bytes]:
    return {i.key_id for i in (log.log_id, log.checkpoint_key_id) if i is not None}


def _has_signed(log: TransparencyLogInstance, entry: Entry) -> bool:
    """Tell whether a log has signed the checkpoint, and the promise if there is one.

    The verifier has looked, but at all keys where none has the name's digest, as with the keys of version 2.
    """
    from sigstore._internal.rekor.checkpoint import SignedNote  # noqa: PLC2701 - the same reading as the verifier's
    from sigstore._internal.trust import Keyring, RekorKeyring  # noqa: PLC2701
    from sigstore._utils import KeyID  # noqa: PLC2701
    from sigstore.errors import VerificationError

    keys = RekorKeyring(Keyring([log.public_key]))
    try:
        SignedNote.from_text(entry.proof.checkpoint).verify(keys, KeyID(entry.log_id))
        if entry.promise is not None:
            keys.verify(key_id=KeyID(entry.log_id), signature=entry.promise, data=_promised(entry))
    except VerificationError:
        return False
    return True


def _promised(entry: Entry) -> bytes:
    """Return what a log signs as its promise, the SET (RFC 8785, which this is as long as all is ASCII)."""
    body = {"body": encoded(entry.body), "integratedTime": entry.time}
    return json.dumps(
        {**body, "logID": entry.log_id.hex(), "logIndex": entry.index}, sort_keys=True, separators=(",", ":")
    ).encode()


def _check_checkpoint(log: TransparencyLogInstance, entry: Entry) -> None:
    told, _ = note.parse(entry.proof.checkpoint)
    if (told.size, told.root) != (entry.proof.size, entry.proof.root):
        raise RefusedError("signature.checkpoint", "the checkpoint is of another size of the log than the proof is")
    host = urlsplit(log.base_url).hostname or ""
    shard = entry.flavour[1] == _V1 and note.is_origin(told.origin, host)
    if not host or (told.origin != host and not shard):
        raise RefusedError("signature.checkpoint", f"the checkpoint is of {told.origin[:80]!r}, and not of {host!r}")


def _within(period: TimeRange | None, at: datetime) -> bool:
    return period is None or (period.start <= at and (period.end is None or at <= period.end))
