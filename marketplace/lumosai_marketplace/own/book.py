"""The log of one's own signatures: a file that only grows, with the proofs of any transparency log (RFC 6962).

One line an entry. Beside it lies the last signed checkpoint: a log that has not grown out of it is refused.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai_marketplace import durable
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log import note
from lumosai_marketplace.log.note import Checkpoint
from lumosai_marketplace.log.tree import cover, fold, inclusion_plan, leaf_hash, node_hash

if TYPE_CHECKING:
    from lumosai_marketplace.log.note import NoteSigner

_LOG, _CHECKPOINT = "entries.jsonl", "checkpoint"
_NEW = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class Book:
    """The log in *folder*, whose name in checkpoints is *origin*. One writer at a time: whoever holds the folder."""

    def __init__(self, folder: Path, origin: str, signer: NoteSigner) -> None:
        self._folder = folder
        self._origin = origin
        self._signer = signer
        self._leaves = self._read()
        self._check()

    def _read(self) -> list[bytes]:
        """Return the hashes of the entries; what a killed writer left without an end is cut off."""
        leaves, end = [], 0
        try:
            with os.fdopen(os.open(self._folder / _LOG, _NEW, 0o600), "r+b") as file:
                for line in file:
                    if not line.endswith(b"\n"):
                        file.truncate(end)
                        break
                    end += len(line)
                    leaves.append(leaf_hash(b64decode(json.loads(line)["body"], validate=True)))
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise _corrupt(self._folder, f"it cannot be read ({type(e).__name__})") from None
        return leaves

    def _check(self) -> None:
        path = self._folder / _CHECKPOINT
        if not path.is_file():
            return
        seen = note.parse(path.read_text(encoding="utf-8"))[0]
        if seen.size > len(self._leaves) or seen.root != self._root(seen.size):
            raise _corrupt(self._folder, "it is not what it was when it was last signed")

    def add(self, body: bytes, at: int) -> dict[str, Any]:
        """Log *body*, and return its entry as bundles have them: promise, proof and checkpoint. Raises OSError."""
        line = json.dumps({"at": at, "body": _b64(body)}).encode() + b"\n"
        with os.fdopen(os.open(self._folder / _LOG, _NEW | os.O_APPEND, 0o600), "ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._leaves.append(leaf_hash(body))
        checkpoint = self._checkpoint()
        durable.replace(self._folder / _CHECKPOINT, checkpoint.encode())
        return self._entry(body, at, checkpoint)

    def _checkpoint(self) -> str:
        size = len(self._leaves)
        return note.sign(Checkpoint(self._origin, size, self._root(size)), self._signer)

    def _entry(self, body: bytes, at: int, checkpoint: str) -> dict[str, Any]:
        size = len(self._leaves)
        index, key_id = size - 1, self._signer.key_id
        promise = {"body": _b64(body), "integratedTime": at, "logID": key_id.hex(), "logIndex": index}
        signed = self._signer.sign(json.dumps(promise, sort_keys=True, separators=(",", ":")).encode())
        return {
            "logIndex": str(index),
            "logId": {"keyId": _b64(key_id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(at),
            "inclusionPromise": {"signedEntryTimestamp": _b64(signed)},
            "inclusionProof": {
                "logIndex": str(index),
                "rootHash": _b64(self._root(size)),
                "treeSize": str(size),
                "hashes": [_b64(fold([self._node(n.level, n.number) for n in s])) for s in inclusion_plan(index, size)],
                "checkpoint": {"envelope": checkpoint},
            },
            "canonicalizedBody": _b64(body),
        }

    def _root(self, size: int) -> bytes:
        return fold([self._node(n.level, n.number) for n in cover(0, size)])

    def _node(self, level: int, number: int) -> bytes:
        """Return the hash of the complete subtree *number* of a level."""
        hashes: Sequence[bytes] = self._leaves[number << level : (number + 1) << level]
        while len(hashes) > 1:
            hashes = [node_hash(a, b) for a, b in zip(hashes[::2], hashes[1::2], strict=True)]
        return hashes[0]


def _corrupt(folder: Path, why: str) -> RefusedError:
    return RefusedError(
        "log.corrupt",
        f"{folder / _LOG}: the log of your own signatures is damaged: {why}",
        hint=f"take {folder} from a backup; or move it away: what it signed is installed and signed anew",
    )


def _b64(data: bytes) -> str:
    return b64encode(data).decode()
