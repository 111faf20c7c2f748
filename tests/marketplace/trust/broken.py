"""Every kind of broken bundle, by name: what makes it, and the rules that may refuse it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from tests.marketplace.trust.making import DESCRIBED, PERSON, PUBLISHED, Instance, ago, b64, changed, narrowed

from lumosai_marketplace.authority.ca import hash_of
from lumosai_marketplace.trust.roots import Roots

Made = tuple[Roots, dict[str, Any]]
Maker = Callable[[Instance, Instance], Made]
MATERIAL = "verificationMaterial"
ENTRY = f"{MATERIAL}.tlogEntries.0"
PROOF = f"{ENTRY}.inclusionProof"
STAMPS = f"{MATERIAL}.timestampVerificationData.rfc3161Timestamps"
SIGNATURES = "dsseEnvelope.signatures"


def later(**how: float) -> datetime:
    return datetime.now(UTC) + timedelta(**how)


def flipped(text: str) -> str:
    """Return base64 text with one bit of the middle byte turned."""
    data = bytearray(b64decode(text))
    data[len(data) // 2] ^= 1
    return b64(bytes(data))


def edit(path: str, value: Any) -> Maker:
    return lambda us, _: (us.roots, changed(us.bundle(), path, value))


def _no_sct(us: Instance, _: Instance) -> Made:
    def leaf(public: ec.EllipticCurvePublicKey, at: datetime) -> x509.Certificate:
        return us.ca._leaf(public, PERSON, at).sign(us.ca.key, hash_of(us.ca.key))

    return us.roots, us.bundle(leaf=leaf)


def _other_ct(us: Instance, them: Instance) -> Made:
    return us.roots, us.bundle(leaf=lambda public, at: us.ca.issue(public, PERSON, them.ct, at))


def _other_ca(us: Instance, them: Instance) -> Made:
    return us.roots, us.bundle(leaf=lambda public, at: them.ca.issue(public, PERSON, us.ct, at))


def _self_signed(us: Instance, _: Instance) -> Made:
    key = ec.generate_private_key(ec.SECP256R1())

    def leaf(public: ec.EllipticCurvePublicKey, at: datetime) -> x509.Certificate:
        return us.ca._leaf(public, PERSON, at).sign(key, hashes.SHA256())

    return us.roots, us.bundle(leaf=leaf, key=key)


def _promise_of_another(us: Instance, them: Instance) -> Made:
    return us.roots, us.bundle(promised=them.authority.log_signer)


def _other_log(us: Instance, them: Instance) -> Made:
    return us.roots, us.bundle(log=them.authority.log_signer)


def _named_other_log(us: Instance, them: Instance) -> Made:
    """The log's own signatures, under an id that nobody has: the verifier tries all keys, and finds one."""
    bundle = us.bundle()
    return us.roots, changed(bundle, f"{ENTRY}.logId.keyId", b64(them.authority.log_signer.key_id))


def _other_timestamps(us: Instance, them: Instance) -> Made:
    return us.roots, us.bundle(tsa=them.authority)


def _late(us: Instance, _: Instance) -> Made:
    """The key was stolen, and the certificate has expired: the log says when the entry came."""
    return us.roots, us.bundle(logged=later(minutes=30))


def _late_backdated(us: Instance, _: Instance) -> Made:
    """As before, with the entry's time turned back."""
    bundle = us.bundle(logged=later(minutes=30), stamped=later(minutes=1))
    return us.roots, changed(bundle, f"{ENTRY}.integratedTime", str(int(later(minutes=1).timestamp())))


def _late_stamp(us: Instance, _: Instance) -> Made:
    return us.roots, us.bundle(logged=later(minutes=1), stamped=later(minutes=30))


def _early(us: Instance, _: Instance) -> Made:
    return us.roots, us.bundle(at=later(minutes=30), logged=ago())


def retired(part: str) -> Maker:
    """Refuse what was signed after the key was retired."""

    def make(us: Instance, _: Instance) -> Made:
        return narrowed(us.authority.trusted_root(), part, ago(hours=1), ago(days=2)), us.bundle()

    return make


def unborn(part: str) -> Maker:
    """Refuse what was signed before the key was in force."""

    def make(us: Instance, _: Instance) -> Made:
        root = narrowed(us.authority.trusted_root(), part, None, datetime.now(UTC) - timedelta(seconds=30))
        # Keys of a log that is not in force yet are passed over: it was signed a minute ago, and is in force now.
        return root, us.bundle(at=ago(minutes=2))

    return make


def _foreign_origin(us: Instance, _: Instance) -> Made:
    return us.roots, us.bundle(origin="other.example")


def _other_size(us: Instance, _: Instance) -> Made:
    """A checkpoint of the same root, and another size."""
    from lumosai_marketplace.log import note

    bundle = us.bundle()
    size = len(us.tree.leaves)
    told = note.Checkpoint(us.tree.origin, size + 7, us.tree.root(size))
    return us.roots, changed(bundle, f"{PROOF}.checkpoint.envelope", note.sign(told, us.authority.log_signer))


def _older_checkpoint(us: Instance, _: Instance) -> Made:
    bundle = us.bundle()
    older = us.tree.checkpoint(us.authority.log_signer, 5)
    return us.roots, changed(bundle, f"{PROOF}.checkpoint.envelope", older)


def mixed(path: str) -> Maker:
    """Take a part of another good bundle."""

    def make(us: Instance, _: Instance) -> Made:
        one, two = us.bundle(), us.bundle(DESCRIBED)
        value: Any = two
        for step in path.split("."):
            value = value[int(step) if step.isdigit() else step]
        return us.roots, changed(one, path, value)

    return make


def _body(us: Instance, _: Instance) -> Made:
    """An entry about another signature than the envelope's, logged as it should be."""
    one = us.bundle()
    certificate = x509.load_der_x509_certificate(b64decode(one[MATERIAL]["certificate"]["rawBytes"]))
    entry = us.entry(us.bundle(DESCRIBED)["dsseEnvelope"], certificate, ago())
    return us.roots, changed(one, ENTRY, entry)


def _keyless(us: Instance, _: Instance) -> Made:
    bundle = us.bundle()
    del bundle[MATERIAL]["certificate"]
    bundle[MATERIAL]["publicKey"] = {"hint": "mine"}
    return us.roots, bundle


def _message(us: Instance, _: Instance) -> Made:
    bundle = us.bundle()
    signature = bundle.pop("dsseEnvelope")["signatures"][0]["sig"]
    digest = {"algorithm": "SHA2_256", "digest": b64(bytes.fromhex(PUBLISHED.sha256))}
    return us.roots, {**bundle, "messageSignature": {"messageDigest": digest, "signature": signature}}


def _no_time(us: Instance, _: Instance) -> Made:
    bundle = us.bundle()
    entry = bundle[MATERIAL]["tlogEntries"][0]
    del entry["integratedTime"], entry["inclusionPromise"], bundle[MATERIAL]["timestampVerificationData"]
    return us.roots, bundle


def _ca_as_leaf(us: Instance, _: Instance) -> Made:
    der = us.ca.chain[0].public_bytes(Encoding.DER)
    return us.roots, changed(us.bundle(), f"{MATERIAL}.certificate.rawBytes", b64(der))


def _stamps(count: int) -> Callable[[list[Any]], list[Any]]:
    return lambda old: [{"signedTimestamp": flipped(old[0]["signedTimestamp"])[:-4] + f"{n:04d}"} for n in range(count)]


SHAPE = ("signature.shape",)
SIZE = ("signature.size",)
TIME = ("signature.time", "signature.ca")
LOG = ("signature.log", "signature.wrong", "signature.invalid", "log.checkpoint")
ANY = (*LOG, *TIME, "signature.certificate", "signature.sct", "signature.statement", "signature.subject", *SHAPE)

BROKEN: dict[str, tuple[Maker, tuple[str, ...]]] = {
    # certificates
    "no SCT": (_no_sct, ("signature.sct",)),
    "SCT by another CT log": (_other_ct, ("signature.sct",)),
    "certificate of another CA": (_other_ca, ("signature.ca",)),
    "certificate signed by itself": (_self_signed, ("signature.ca",)),
    "the CA's own certificate": (_ca_as_leaf, ANY),
    "no certificate": (edit(f"{MATERIAL}.certificate", None), SHAPE),
    "a public key in its place": (_keyless, SHAPE),
    "a chain in its place": (edit(f"{MATERIAL}.certificate", {"certificates": []}), SHAPE),
    "a changed certificate": (edit(f"{MATERIAL}.certificate.rawBytes", flipped), ANY),
    "another one's certificate": (mixed(f"{MATERIAL}.certificate"), ANY),
    "a certificate that is none": (edit(f"{MATERIAL}.certificate.rawBytes", "AAAA"), ANY),
    # times
    "signed after the certificate": (_late, TIME),
    "signed after it, the log's time turned back": (_late_backdated, (*LOG, *TIME)),
    "timestamp after the certificate": (_late_stamp, TIME),
    "signed before the certificate": (_early, TIME),
    "no time at all": (_no_time, ("signature.invalid", "signature.time", "signature.log")),
    "timestamp of another authority": (_other_timestamps, ("signature.time",)),
    "a changed timestamp": (edit(f"{STAMPS}.0.signedTimestamp", flipped), ("signature.time", "signature.invalid")),
    "the same timestamp twice": (edit(STAMPS, lambda s: s * 2), ("signature.time",)),
    "33 timestamps": (edit(STAMPS, _stamps(33)), SIZE),
    # keys out of their time
    "CA retired": (retired("certificateAuthorities"), ("signature.ca",)),
    "CA not in force yet": (unborn("certificateAuthorities"), ("signature.ca",)),
    "CT key retired": (retired("ctlogs"), ("signature.sct",)),
    "CT key not in force yet": (unborn("ctlogs"), ("signature.sct",)),
    "log key retired": (retired("tlogs"), ("signature.log",)),
    "log key not in force yet": (unborn("tlogs"), ("signature.log",)),
    "timestamp authority retired": (retired("timestampAuthorities"), ("signature.time",)),
    # the log
    "entry of another log": (_other_log, LOG),
    "entry under another log's name": (_named_other_log, LOG),
    "promise of another log": (_promise_of_another, LOG),
    "foreign checkpoint": (_foreign_origin, ("signature.checkpoint",)),
    "checkpoint of another size": (_other_size, ("signature.checkpoint",)),
    "an older checkpoint": (_older_checkpoint, LOG),
    "no checkpoint": (edit(f"{PROOF}.checkpoint", None), SHAPE),
    "an unsigned checkpoint": (edit(f"{PROOF}.checkpoint.envelope", lambda t: t.split("\n\n")[0]), LOG),
    "no proof": (edit(f"{ENTRY}.inclusionProof", None), SHAPE),
    "a changed root": (edit(f"{PROOF}.rootHash", flipped), LOG),
    "a changed hash": (edit(f"{PROOF}.hashes.0", flipped), LOG),
    "a hash too few": (edit(f"{PROOF}.hashes", lambda h: h[1:]), LOG),
    "a hash too many": (edit(f"{PROOF}.hashes", lambda h: [*h, h[0]]), LOG),
    "a short hash": (edit(f"{PROOF}.hashes.0", b64(b"short")), SHAPE),
    "another index": (edit(f"{PROOF}.logIndex", "3"), LOG),
    "another index in the promise": (edit(f"{ENTRY}.logIndex", "3"), LOG),
    "an index beyond the tree": (edit(f"{PROOF}.logIndex", "99999"), SHAPE),
    "a promise without a time": (edit(f"{ENTRY}.integratedTime", None), SHAPE),
    "a time without a promise": (edit(f"{ENTRY}.inclusionPromise", None), SHAPE),
    "a changed promise": (edit(f"{ENTRY}.inclusionPromise.signedEntryTimestamp", flipped), LOG),
    "another one's entry": (mixed(ENTRY), ANY),
    "an entry about another signature": (_body, LOG),
    "a changed entry": (edit(f"{ENTRY}.canonicalizedBody", flipped), ANY),
    "no entry": (edit(f"{MATERIAL}.tlogEntries", []), SHAPE),
    "two entries": (edit(f"{MATERIAL}.tlogEntries", lambda e: e * 2), SIZE),
    "another kind of entry": (edit(f"{ENTRY}.kindVersion.kind", "intoto"), SHAPE),
    "another version of entry": (edit(f"{ENTRY}.kindVersion.version", "0.0.9"), SHAPE),
    # the envelope
    "a changed statement": (edit("dsseEnvelope.payload", lambda p: b64(b64decode(p).replace(b"ab", b"ba"))), ANY),
    "another one's envelope": (mixed("dsseEnvelope"), ANY),
    "another one's signature": (mixed(SIGNATURES), LOG),
    "a changed signature": (edit(f"{SIGNATURES}.0.sig", flipped), LOG),
    "no signature": (edit(SIGNATURES, []), SHAPE),
    "an empty signature": (edit(f"{SIGNATURES}.0.sig", ""), SHAPE),
    "two signatures": (edit(SIGNATURES, lambda s: s * 2), SIZE),
    "another type": (edit("dsseEnvelope.payloadType", "text/html"), ("signature.statement",)),
    "a message signature": (_message, SHAPE),
    "both kinds of signature": (edit("messageSignature", {"signature": "AAAA"}), SHAPE),
    # the bundle
    "an older bundle": (edit("mediaType", "application/vnd.dev.sigstore.bundle+json;version=0.1"), SHAPE),
    "an unknown type of bundle": (edit("mediaType", "application/vnd.dev.sigstore.bundle.v9+json"), SHAPE),
    "no type": (edit("mediaType", None), SHAPE),
    "a field more": (edit("comment", "harmless"), SHAPE),
    "a field of another spelling": (edit(f"{ENTRY}.log_index", "0"), SHAPE),
    "spaces in base64": (edit(f"{SIGNATURES}.0.sig", lambda s: f"{s[:8]} {s[8:]}"), SHAPE),
    "a number for a text": (edit(f"{ENTRY}.logIndex", 13), SHAPE),
    "a text for an object": (edit(MATERIAL, "none"), SHAPE),
    "a large certificate": (edit(f"{MATERIAL}.certificate.rawBytes", "A" * 1_000_000), SIZE),
    "a large statement": (edit("dsseEnvelope.payload", "A" * 10_000_000), SIZE),
    "a large checkpoint": (edit(f"{PROOF}.checkpoint.envelope", "\n" * 1_000_000), SIZE),
    "10,000 hashes": (edit(f"{PROOF}.hashes", lambda h: [h[0]] * 10_000), SIZE),
}


def nonsense() -> Iterator[Any]:
    """Values that are no bundle at all."""
    yield from ({}, {"mediaType": None}, {"version": 1}, json.loads('{"a": {"b": [1, 2, {"c": null}]}}'))
