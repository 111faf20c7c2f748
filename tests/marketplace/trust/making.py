"""Bundles by a private instance, whole ones and every kind of broken one: each part can be of another instance."""

from __future__ import annotations

import copy
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import TimestampRequestBuilder

from lumosai_marketplace.authority.ca import SigningCa
from lumosai_marketplace.authority.claims import Claims
from lumosai_marketplace.authority.ct import CtKey
from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.log import note
from lumosai_marketplace.log.note import Checkpoint, NoteSigner
from lumosai_marketplace.log.tree import consistency_plan, cover, fold, inclusion_plan, leaf_hash, node_hash
from lumosai_marketplace.statement import PAYLOAD, PLUGIN, PUBLISH, PluginFacts, Statement
from lumosai_marketplace.trust import pep740
from lumosai_marketplace.trust.roots import Roots

if TYPE_CHECKING:
    from cryptography import x509

URL = "https://market.example"
FILENAME = "acme_weather-1.0.0-py3-none-any.whl"
SHA256 = "ab" * 32
GITHUB = "https://token.actions.githubusercontent.com"
REPOSITORY = "https://github.com/acme/weather"
WORKFLOW = ".github/workflows/release.yml"
REF = "refs/tags/v1.0.0"
PUBLISHED = Statement(FILENAME, SHA256, PUBLISH)
DESCRIBED = Statement(
    FILENAME,
    SHA256,
    PLUGIN,
    PluginFacts(
        "acme/weather", "1.0.0", "wasm", ">=1.0,<2", {"http": ["GET https://api.open-meteo.com/*"]}, "cd" * 32
    ).to_json(),
)


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def workflow(**other: str) -> Claims:
    """The claims of a GitHub workflow; *other* are details that differ."""
    uri = f"{REPOSITORY}/{WORKFLOW}@{REF}"
    details = {
        "source_repository_uri": REPOSITORY,
        "source_repository_digest": "c0ffee" * 6 + "c0ff",
        "source_repository_ref": REF,
        "source_repository_identifier": "123",
        "source_repository_owner_identifier": "45",
        "build_config_uri": uri,
        **other,
    }
    return Claims(GITHUB, uri, details)


PERSON = Claims(f"{URL}/sigstore/oauth2", "dev@acme.com")


@dataclass
class Tree:
    """The log's leaves, and its checkpoints."""

    origin: str = "market.example"
    leaves: list[bytes] = field(default_factory=list)

    def append(self, body: bytes) -> int:
        self.leaves.append(leaf_hash(body))
        return len(self.leaves) - 1

    def _node(self, level: int, number: int) -> bytes:
        if level == 0:
            return self.leaves[number]
        return node_hash(self._node(level - 1, 2 * number), self._node(level - 1, 2 * number + 1))

    def _hashes(self, plan: Sequence[Sequence[Any]]) -> list[bytes]:
        return [fold([self._node(n.level, n.number) for n in step]) for step in plan]

    def root(self, size: int) -> bytes:
        return fold([self._node(n.level, n.number) for n in cover(0, size)])

    def proof(self, index: int, size: int) -> list[bytes]:
        return self._hashes(inclusion_plan(index, size))

    def consistency(self, old: int, new: int) -> list[bytes]:
        return self._hashes(consistency_plan(old, new))

    def checkpoint(self, signer: NoteSigner, size: int | None = None, origin: str | None = None) -> str:
        of = len(self.leaves) if size is None else size
        return note.sign(Checkpoint(origin or self.origin, of, self.root(of)), signer)


@dataclass
class Instance:
    """An instance with a log of some entries."""

    authority: Authority
    tree: Tree = field(default_factory=Tree)

    def __post_init__(self) -> None:
        for n in range(13):
            self.tree.append(b"entry %d" % n)

    @property
    def roots(self) -> Roots:
        return Roots.from_json(json.dumps(self.authority.trusted_root()))

    @property
    def ca(self) -> SigningCa:
        return self.authority._now().ca

    @property
    def ct(self) -> CtKey:
        return self.authority._now().ct

    def bundle(
        self,
        statement: Statement | bytes = PUBLISHED,
        claims: Claims = PERSON,
        *,
        kind: str = PAYLOAD,
        leaf: Callable[[ec.EllipticCurvePublicKey, datetime], x509.Certificate] | None = None,
        key: ec.EllipticCurvePrivateKey | None = None,
        at: datetime | None = None,
        logged: datetime | None = None,
        stamped: datetime | None = None,
        log: NoteSigner | None = None,
        promised: NoteSigner | None = None,
        tsa: Authority | None = None,
        origin: str | None = None,
    ) -> dict[str, Any]:
        """Sign; *at* is when the certificate was made, *logged* when the entry, *stamped* when the timestamp."""
        at = at or datetime.now(UTC)
        key = key or ec.generate_private_key(ec.SECP256R1())
        made = leaf or (lambda public, when: self.ca.issue(public, claims, self.ct, when))
        certificate = made(key.public_key(), at)
        payload = statement if isinstance(statement, bytes) else statement.encode()
        pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
        signature = key.sign(pae, ec.ECDSA(hashes.SHA256()))
        envelope = {"payload": b64(payload), "payloadType": kind, "signatures": [{"sig": b64(signature)}]}
        entry = self.entry(envelope, certificate, logged or at, log, promised, origin)
        request = TimestampRequestBuilder().data(signature).build().as_bytes()
        stamp = (tsa or self.authority).timestamp(request, stamped or logged or at)
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": b64(certificate.public_bytes(Encoding.DER))},
                "tlogEntries": [entry],
                "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": b64(stamp)}]},
            },
            "dsseEnvelope": envelope,
        }

    def entry(
        self,
        envelope: Mapping[str, Any],
        certificate: x509.Certificate,
        at: datetime,
        log: NoteSigner | None = None,
        promised: NoteSigner | None = None,
        origin: str | None = None,
    ) -> dict[str, Any]:
        """Log an envelope, as Rekor's version 1."""
        signer = log or self.authority.log_signer
        body = json.dumps(_body(envelope, certificate), sort_keys=True, separators=(",", ":")).encode()
        index = self.tree.append(body)
        size = len(self.tree.leaves)
        seconds = int(at.timestamp())
        promise = {"body": b64(body), "integratedTime": seconds, "logID": signer.key_id.hex(), "logIndex": index}
        signed = (promised or signer).sign(json.dumps(promise, sort_keys=True, separators=(",", ":")).encode())
        return {
            "logIndex": str(index),
            "logId": {"keyId": b64(signer.key_id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(seconds),
            "inclusionPromise": {"signedEntryTimestamp": b64(signed)},
            "inclusionProof": {
                "logIndex": str(index),
                "rootHash": b64(self.tree.root(size)),
                "treeSize": str(size),
                "hashes": [b64(h) for h in self.tree.proof(index, size)],
                "checkpoint": {"envelope": self.tree.checkpoint(signer, size, origin)},
            },
            "canonicalizedBody": b64(body),
        }

    def attestation(
        self, statement: Statement | bytes = PUBLISHED, claims: Claims = PERSON, **how: Any
    ) -> dict[str, Any]:
        return pep740.from_bundle(self.bundle(statement, claims, **how))


def _body(envelope: Mapping[str, Any], certificate: x509.Certificate) -> dict[str, Any]:
    pem = b64(certificate.public_bytes(Encoding.PEM))
    spec = {
        "envelopeHash": {"algorithm": "sha256", "value": sha256(json.dumps(envelope).encode()).hexdigest()},
        "payloadHash": {"algorithm": "sha256", "value": sha256(b64decode(envelope["payload"])).hexdigest()},
        "signatures": [{"signature": s["sig"], "verifier": pem} for s in envelope["signatures"]],
    }
    return {"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}


def narrowed(root: Mapping[str, Any], part: str, end: datetime | None, start: datetime | None = None) -> Roots:
    """Return a trusted root in which *part* was in force between *start* and *end* only."""
    made = copy.deepcopy(dict(root))
    for member in made[part]:
        holder = member.get("publicKey", member)
        span = holder["validFor"]
        span |= {} if start is None else {"start": start.isoformat()}
        span |= {} if end is None else {"end": end.isoformat()}
    return Roots.from_json(json.dumps(made))


def ago(**how: float) -> datetime:
    return datetime.now(UTC) - timedelta(**how)


def changed(bundle: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a bundle with another *value* at the dotted *path*; a callable is given the old one."""
    made: dict[str, Any] = copy.deepcopy(dict(bundle))
    *way, last = [int(p) if p.isdigit() else p for p in path.split(".")]
    holder: Any = made
    for step in way:
        holder = holder[step]
    old = holder[last] if isinstance(last, int) else holder.get(last)
    if value is None:
        del holder[last]
    else:
        holder[last] = value(old) if callable(value) else value
    return made
