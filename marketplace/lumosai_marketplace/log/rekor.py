"""Entries as Rekor v1 gives them: with the log's promise (SET), an inclusion proof and a checkpoint.

They are what every verifier of sigstore accepts offline, in a bundle (``to_bundle``) or as the answer of Rekor's API
(``to_api``).
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log import note
from lumosai_marketplace.log.note import Checkpoint, NoteSigner
from lumosai_marketplace.log.rows import Entry, corrupt
from lumosai_marketplace.log.tree import leaf_hash
from lumosai_marketplace.log.verify import verify_inclusion
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from lumosai_marketplace.log.envelope import Proposal
    from lumosai_marketplace.log.store import Log

_UUID = 64
_TREE_AND_UUID = 80


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry, and all that shows that it is logged. ``promise`` is the signed entry timestamp."""

    entry: Entry
    log_id: bytes
    promise: bytes
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint

    @property
    def uuid(self) -> str:
        """The entry's name in Rekor's API."""
        return self.entry.leaf.hex()

    def to_api(self) -> dict[str, Any]:
        """Return the entry as Rekor's API v1 does."""
        proof = {
            "logIndex": self.entry.index,
            "treeSize": self.checkpoint.size,
            "rootHash": self.checkpoint.root.hex(),
            "hashes": [h.hex() for h in self.proof],
            "checkpoint": self.checkpoint.text,
        }
        verification = {"inclusionProof": proof, "signedEntryTimestamp": _b64(self.promise)}
        return {self.uuid: {**_promised(self.entry, self.log_id), "verification": verification}}

    def to_bundle(self) -> dict[str, Any]:
        """Return the entry as a bundle's ``tlogEntries`` have it (sigstore protobuf-specs, JSON)."""
        body = json.loads(self.entry.body)
        return {
            "logIndex": str(self.entry.index),
            "logId": {"keyId": _b64(self.log_id)},
            "kindVersion": {"kind": body["kind"], "version": body["apiVersion"]},
            "integratedTime": str(int(self.entry.at)),
            "inclusionPromise": {"signedEntryTimestamp": _b64(self.promise)},
            "inclusionProof": {
                "logIndex": str(self.entry.index),
                "rootHash": _b64(self.checkpoint.root),
                "treeSize": str(self.checkpoint.size),
                "hashes": [_b64(h) for h in self.proof],
                "checkpoint": {"envelope": self.checkpoint.text},
            },
            "canonicalizedBody": _b64(self.entry.body),
        }


async def add(log: Log, proposal: Proposal, at: float) -> Logged:
    """Log what ``envelope`` has checked; what is logged already is returned as it is. Raises what ``Log`` raises."""
    found = await log.find(leaf_hash(proposal.body))
    if found is None:
        (found,) = await log.append([proposal.body], at, [proposal.statement])
    return await logged(log, found)


async def logged(log: Log, index: int) -> Logged:
    """Return an entry with its proof in the tree as it is now. Raises NotFoundError, RefusedError ``log.corrupt``."""
    entry, signer = await log.entry(index), log.signer
    text = await log.checkpoint()
    checkpoint, _ = note.parse(text)
    proof = await log.proof(index, checkpoint.size)
    try:
        verify_inclusion(entry.body, index, checkpoint, proof)
    except RefusedError as e:
        raise corrupt(e.message) from None
    promise = await asyncio.to_thread(_promise, entry, signer)
    if log.signer.key_id != signer.key_id:  # rotated meanwhile: promise and checkpoint have to be of one key
        return await logged(log, index)
    return Logged(entry, signer.key_id, promise, tuple(proof), checkpoint)


async def by_uuid(log: Log, uuid: str) -> Logged | None:
    """Return the entry with a name of Rekor's: its leaf's hash, or that after a tree's number. Raises InputError."""
    try:
        name = bytes.fromhex(uuid) if len(uuid) in {_UUID, _TREE_AND_UUID} else b""
    except ValueError:
        name = b""
    if not name:
        raise InputError(f"{uuid[:100]!r} is no name of an entry: {_UUID} hexadecimal digits")
    index = await log.find(name[-32:])
    return None if index is None else await logged(log, index)


def _promise(entry: Entry, signer: NoteSigner) -> bytes:
    data = json.dumps(_promised(entry, signer.key_id), sort_keys=True, separators=(",", ":"))
    return signer.sign(data.encode())


def _promised(entry: Entry, log_id: bytes) -> dict[str, Any]:
    """What the log promises: when it took what, and where."""
    return {
        "body": _b64(entry.body),
        "integratedTime": int(entry.at),
        "logID": log_id.hex(),
        "logIndex": entry.index,
    }


def _b64(data: bytes) -> str:
    return b64encode(data).decode()
