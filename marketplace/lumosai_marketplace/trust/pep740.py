"""PEP 740: attestations as an index carries them, to and from sigstore's bundles, and provenance documents.

An attestation holds a certificate, a log entry, and an envelope, whose type is implied; it has no place for RFC 3161
timestamps, so that its only time is the log's own, and the log must have promised it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lumosai_marketplace import statement
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.trust import bundles, shapes
from lumosai_marketplace.trust.bundles import Bundle, Entry
from lumosai_marketplace.trust.shapes import Shape, encoded

VERSION = 1
MAX_ATTESTATIONS = 8
MAX_BYTES = 4 * 1024 * 1024
"""A provenance document."""
RULE = "signature.shape"
_SIZE = "signature.size"
_GITHUB = "https://token.actions.githubusercontent.com"


def read(attestation: Mapping[str, Any]) -> Bundle:
    """Take an attestation apart. Raises RefusedError ``signature.shape`` or ``signature.size``."""
    shape = Shape("the attestation", RULE, _SIZE)
    data = shape.table(attestation, "it", ("version", "verification_material", "envelope"))
    _version(data, shape)
    material = shape.table(
        data["verification_material"], "verification_material", ("certificate", "transparency_entries")
    )
    envelope = shape.table(data["envelope"], "envelope", ("statement", "signature"))
    entries = shape.rows(material["transparency_entries"], "transparency_entries", 1)
    if not entries:
        raise shape.refused("it has no log entry")
    return Bundle(
        certificate=shape.octets(material["certificate"], "certificate", bundles.MAX_CERTIFICATE),
        payload_type=statement.PAYLOAD,
        payload=shape.octets(envelope["statement"], "statement", statement.MAX_BYTES),
        signature=shape.octets(envelope["signature"], "signature", bundles.MAX_SIGNATURE),
        entry=_promised(Entry.read(entries[0], shape), shape),
    )


def to_bundle(attestation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sigstore bundle (v0.3) of an attestation. Raises RefusedError ``signature.*``."""
    return read(attestation).to_json()


def from_bundle(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attestation of a sigstore bundle; its timestamps stay behind.

    Raises RefusedError ``signature.*``, also for what an attestation cannot say: another payload than a statement, and
    an entry of a log that does not promise a time (Rekor's version 2).
    """
    taken, shape = Bundle.read(bundle), Shape("the bundle", RULE, _SIZE)
    if taken.payload_type != statement.PAYLOAD:
        raise shape.refused(f"its payload is of the type {taken.payload_type[:80]!r}, and no in-toto statement")
    return {
        "version": VERSION,
        "verification_material": {
            "certificate": encoded(taken.certificate),
            "transparency_entries": [_promised(taken.entry, shape).to_json()],
        },
        "envelope": {"statement": encoded(taken.payload), "signature": encoded(taken.signature)},
    }


def provenance(publisher: Mapping[str, Any] | Signer, attestations: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the provenance document of one file, its attestations by one publisher."""
    told = publisher_of(publisher) if isinstance(publisher, Signer) else dict(publisher)
    return {
        "version": VERSION,
        "attestation_bundles": [{"publisher": told, "attestations": [dict(a) for a in attestations]}],
    }


def publisher_of(signer: Signer) -> dict[str, Any]:
    """Return a signer as provenance documents name publishers; the kinds are those that clients of PEP 740 know."""
    if signer.issuer == _GITHUB and signer.repository:
        return {
            "kind": "GitHub",
            "repository": signer.repository.removeprefix("https://github.com/"),
            "workflow": signer.workflow.rpartition("/")[2],
            "environment": None,
        }
    return {"kind": "OIDC", "issuer": signer.issuer, "subject": signer.subject}


def parse(data: bytes | str) -> dict[str, Any]:
    """Return the JSON object of a provenance document or an attestation, not taken apart yet. Raises RefusedError."""
    return shapes.parse(data, "the provenance document", rule=RULE, most=MAX_BYTES)


def attestations(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the attestations of a provenance document. Raises RefusedError ``signature.*``.

    The publisher that the document names is passed over: it is the index's word, and the certificate's is what counts.
    """
    shape = Shape("the provenance document", RULE, _SIZE)
    data = shape.table(document, "it", ("version", "attestation_bundles"))
    _version(data, shape)
    found: list[Mapping[str, Any]] = []
    for group in shape.rows(data["attestation_bundles"], "attestation_bundles", MAX_ATTESTATIONS):
        members = shape.table(group, "an attestation bundle", ("publisher", "attestations"))
        found += shape.rows(members["attestations"], "attestations", MAX_ATTESTATIONS)
    for attestation in shape.rows(found, "attestations", MAX_ATTESTATIONS):
        read(attestation)
    return tuple(found)


def _version(data: Mapping[str, Any], shape: Shape) -> None:
    if isinstance(data["version"], bool) or data["version"] != VERSION:
        raise shape.refused(f"it is of version {str(data['version'])[:20]!r}, and {VERSION} is read here")


def _promised(entry: Entry, shape: Shape) -> Entry:
    if entry.promise is None:
        raise RefusedError("signature.time", f"{shape.what}: its log has not promised a time, so that it has none")
    return entry
