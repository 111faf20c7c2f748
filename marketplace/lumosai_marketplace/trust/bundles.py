"""A sigstore bundle, taken apart: what our verifier understands of it, and nothing else.

One flavour is taken: bundle v0.3 with one certificate, one DSSE envelope of one signature, and one log entry, of
Rekor's version 1 (``dsse`` 0.0.1) or 2 (``hashedrekord`` 0.0.2). See protobuf-specs, sigstore_bundle.proto.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from lumosai_marketplace import statement
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.trust.shapes import Shape, encoded

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
FLAVOURS = frozenset({("dsse", "0.0.1"), ("hashedrekord", "0.0.2")})
MAX_BYTES = 1024 * 1024
"""A bundle's text. What is in it is bounded as well: the statement to 256 KiB, all else to far less."""
MAX_CERTIFICATE = 16 * 1024
MAX_SIGNATURE = 1024
MAX_BODY = 64 * 1024
MAX_CHECKPOINT = 16 * 1024
MAX_TIMESTAMP = 16 * 1024
MAX_TIMESTAMPS = 4
MAX_HASHES = 64
HASH = 32
_MAX_TIME = 2**40


@dataclass(frozen=True, slots=True)
class Proof:
    """That the entry is in the log: its index and the tree's size, and the hashes between its leaf and the root."""

    index: int
    size: int
    root: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a log says of a signature. ``time`` and ``promise`` (the SET) are of version 1 alone, both or neither."""

    index: int
    log_id: bytes
    flavour: tuple[str, str]
    body: bytes
    proof: Proof
    time: int | None = None
    promise: bytes | None = None

    @classmethod
    def read(cls, value: Any, shape: Shape) -> Self:
        """Read a ``TransparencyLogEntry`` of protobuf's JSON. Raises RefusedError."""
        needed = ("logIndex", "logId", "kindVersion", "inclusionProof", "canonicalizedBody")
        data = shape.table(value, "the log entry", needed, ("integratedTime", "inclusionPromise"))
        flavour = shape.table(data["kindVersion"], "kindVersion", ("kind", "version"))
        made = cls(
            index=shape.number(data["logIndex"], "logIndex"),
            log_id=_in(shape, data["logId"], "logId", "keyId", 64),
            flavour=(shape.text(flavour["kind"], "kind", 32), shape.text(flavour["version"], "version", 32)),
            body=shape.octets(data["canonicalizedBody"], "canonicalizedBody", MAX_BODY),
            proof=_proof(data["inclusionProof"], shape),
            time=shape.number(data["integratedTime"], "integratedTime") if "integratedTime" in data else None,
            promise=_promise(data, shape),
        )
        made.check(shape)
        return made

    def check(self, shape: Shape) -> None:
        """Refuse what is none of the flavours, or half a promise."""
        if self.flavour not in FLAVOURS:
            raise shape.refused(f"the log entry is a {' '.join(self.flavour)!r}, which is not read here")
        if (self.time is None) != (self.promise is None) or self.time == 0 or (self.time or 0) > _MAX_TIME:
            raise shape.refused("the log entry has a time without the log's promise, or a promise without a time")
        if self.promise is not None and self.flavour[1] != "0.0.1":
            raise shape.refused("the log entry has a promise, which its version does not know")

    def to_json(self) -> dict[str, Any]:
        """Return the entry as protobuf's JSON."""
        promise = {} if self.promise is None else {"inclusionPromise": {"signedEntryTimestamp": encoded(self.promise)}}
        return {
            "logIndex": str(self.index),
            "logId": {"keyId": encoded(self.log_id)},
            "kindVersion": {"kind": self.flavour[0], "version": self.flavour[1]},
            **({} if self.time is None else {"integratedTime": str(self.time)}),
            **promise,
            "inclusionProof": {
                "logIndex": str(self.proof.index),
                "rootHash": encoded(self.proof.root),
                "treeSize": str(self.proof.size),
                "hashes": [encoded(h) for h in self.proof.hashes],
                "checkpoint": {"envelope": self.proof.checkpoint},
            },
            "canonicalizedBody": encoded(self.body),
        }


@dataclass(frozen=True, slots=True)
class Bundle:
    """A certificate, an envelope's content and its one signature, the log entry, and timestamps (RFC 3161, DER)."""

    certificate: bytes
    payload_type: str
    payload: bytes
    signature: bytes
    entry: Entry
    timestamps: tuple[bytes, ...] = ()

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Self:
        """Take a bundle apart. Raises RefusedError ``signature.shape`` or ``signature.size``."""
        shape = Shape("the bundle", "signature.shape", "signature.size")
        data = shape.table(value, "it", ("mediaType", "verificationMaterial", "dsseEnvelope"))
        if data["mediaType"] != MEDIA_TYPE:
            raise shape.refused(f"it is of the type {str(data['mediaType'])[:80]!r}, and not {MEDIA_TYPE!r}")
        material = shape.table(
            data["verificationMaterial"],
            "verificationMaterial",
            ("certificate", "tlogEntries"),
            ("timestampVerificationData",),
        )
        entries = shape.rows(material["tlogEntries"], "tlogEntries", 1)
        if not entries:
            raise shape.refused("it has no log entry")
        payload_type, payload, signature = _envelope(data["dsseEnvelope"], shape)
        return cls(
            certificate=_in(shape, material["certificate"], "certificate", "rawBytes", MAX_CERTIFICATE),
            payload_type=payload_type,
            payload=payload,
            signature=signature,
            entry=Entry.read(entries[0], shape),
            timestamps=_timestamps(material.get("timestampVerificationData"), shape),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the bundle as protobuf's JSON."""
        stamps = {"rfc3161Timestamps": [{"signedTimestamp": encoded(t)} for t in self.timestamps]}
        return {
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {
                "certificate": {"rawBytes": encoded(self.certificate)},
                "tlogEntries": [self.entry.to_json()],
                **({"timestampVerificationData": stamps} if self.timestamps else {}),
            },
            "dsseEnvelope": {
                "payload": encoded(self.payload),
                "payloadType": self.payload_type,
                "signatures": [{"sig": encoded(self.signature)}],
            },
        }

    def text(self) -> str:
        """Return the bundle as JSON text, for a library to read."""
        return json.dumps(self.to_json(), separators=(",", ":"))


def _envelope(value: Any, shape: Shape) -> tuple[str, bytes, bytes]:
    data = shape.table(value, "dsseEnvelope", ("payload", "payloadType", "signatures"))
    signatures = shape.rows(data["signatures"], "signatures", 1)
    if not signatures:
        raise shape.refused("its envelope has no signature")
    one = shape.table(signatures[0], "the signature", ("sig",), ("keyid",))
    if one.get("keyid", "") != "":
        raise shape.refused("its signature names a key; the key is the certificate's")
    return (
        shape.text(data["payloadType"], "payloadType", 256),
        shape.octets(data["payload"], "payload", statement.MAX_BYTES),
        shape.octets(one["sig"], "sig", MAX_SIGNATURE),
    )


def _proof(value: Any, shape: Shape) -> Proof:
    needed = ("logIndex", "rootHash", "treeSize", "hashes", "checkpoint")
    data = shape.table(value, "inclusionProof", needed)
    checkpoint = shape.table(data["checkpoint"], "checkpoint", ("envelope",))
    hashes = shape.rows(data["hashes"], "hashes", MAX_HASHES)
    made = Proof(
        index=shape.number(data["logIndex"], "inclusionProof.logIndex"),
        size=shape.number(data["treeSize"], "treeSize"),
        root=shape.octets(data["rootHash"], "rootHash", HASH, exactly=HASH),
        hashes=tuple(shape.octets(h, "hashes", HASH, exactly=HASH) for h in hashes),
        checkpoint=shape.text(checkpoint["envelope"], "checkpoint", MAX_CHECKPOINT),
    )
    if made.index >= made.size:
        raise shape.refused("its log entry lies beyond the end of the log's tree")
    return made


def _promise(data: Mapping[str, Any], shape: Shape) -> bytes | None:
    if "inclusionPromise" not in data:
        return None
    return _in(shape, data["inclusionPromise"], "inclusionPromise", "signedEntryTimestamp", MAX_SIGNATURE)


def _timestamps(value: Any, shape: Shape) -> tuple[bytes, ...]:
    if value is None:
        return ()
    data = shape.table(value, "timestampVerificationData", (), ("rfc3161Timestamps",))
    stamps = shape.rows(data.get("rfc3161Timestamps", ()), "rfc3161Timestamps", MAX_TIMESTAMPS)
    found = tuple(_in(shape, s, "the timestamp", "signedTimestamp", MAX_TIMESTAMP) for s in stamps)
    if len(set(found)) != len(found):
        raise RefusedError("signature.time", "the bundle holds the same timestamp twice")
    return found


def _in(shape: Shape, value: Any, name: str, key: str, most: int) -> bytes:
    """Return the bytes that are all an object holds."""
    return shape.octets(shape.table(value, name, (key,))[key], f"{name}.{key}", most)
