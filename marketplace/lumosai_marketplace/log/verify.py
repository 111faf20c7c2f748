"""What a client checks of a log: that an entry is in it, that it only grew, and that it says so itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log import note
from lumosai_marketplace.log.note import Checkpoint, LogKey
from lumosai_marketplace.log.tree import EMPTY, consistency_roots, inclusion_root, leaf_hash

FetchProof = Callable[[int, int], Awaitable[Sequence[bytes]]]
"""Fetches the consistency proof (RFC 9162 section 2.1.4) between two sizes of the log, ``0 < first < second``."""


def verify_inclusion(body: bytes, index: int, checkpoint: Checkpoint, proof: Sequence[bytes]) -> None:
    """Refuse (``log.inclusion``) unless *proof* shows that the entry *body* is at *index* of the checkpoint's tree."""
    try:
        root = inclusion_root(leaf_hash(body), index, checkpoint.size, proof)
    except ValueError as e:
        raise RefusedError("log.inclusion", f"entry {index} is not shown to be in the log: {e}") from None
    if root != checkpoint.root:
        raise RefusedError("log.inclusion", f"entry {index} is not in the log's tree of {checkpoint.size}")


def verify_consistency(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Refuse unless the tree of *new* begins with that of *old*.

    ``log.rollback`` when it is smaller, ``log.fork`` when it is another or *proof* does not show that it is the same,
    ``log.origin`` when the two are not of one log.
    """
    if old.origin != new.origin:
        raise RefusedError("log.origin", f"checkpoints of two logs: {old.origin[:80]!r} and {new.origin[:80]!r}")
    if new.size < old.size:
        raise RefusedError("log.rollback", f"the log {old.origin} has {new.size} entries, and had {old.size}")
    if old.size in {0, new.size}:
        same = new.root == old.root if old.size else old.root == EMPTY
        if not same or proof:
            raise _fork(old, new, "another root" if not same else "a proof where none is needed")
        return
    try:
        before, after = consistency_roots(old.size, new.size, proof, old.root)
    except ValueError as e:
        raise _fork(old, new, str(e)) from None
    if before != old.root or after != new.root:
        raise _fork(old, new, "its proof leads elsewhere")


def open_checkpoint(text: str, keys: Sequence[LogKey], host: str) -> Checkpoint:
    """Return the checkpoint of a signed note of the log at *host*.

    Refuses ``log.checkpoint`` (no checkpoint), ``log.origin`` (of another log), ``log.key`` (signed by none of *keys*)
    and ``log.signature`` (the signature is wrong).
    """
    checkpoint, signatures = note.parse(text)
    if not note.is_origin(checkpoint.origin, host):
        raise RefusedError("log.origin", f"the checkpoint is of the log {checkpoint.origin[:80]!r}, not of {host}")
    tried = note.hinted(signatures, keys)
    if not tried:
        raise RefusedError(
            "log.key",
            f"the checkpoint of {host} is signed by a key that is not among those trusted",
            hint="a log changes its key rarely, and says so in the trust root: refresh it before you trust another",
        )
    if not any(key.verify(signature, checkpoint.body.encode()) for key, signature in tried):
        raise RefusedError("log.signature", f"the signature on the checkpoint of {host} is wrong")
    return checkpoint


async def verify_grown(old: Checkpoint, new: Checkpoint, fetch: FetchProof) -> None:
    """``verify_consistency``, with the proof fetched where one is needed."""
    needed = old.origin == new.origin and 0 < old.size < new.size
    verify_consistency(old, new, await fetch(old.size, new.size) if needed else ())


def _fork(old: Checkpoint, new: Checkpoint, why: str) -> RefusedError:
    return RefusedError(
        "log.fork",
        f"the log {old.origin} of {new.size} entries does not begin with the {old.size} it showed before: {why}",
        hint="keep both checkpoints: each is signed, and together they prove that the log shows different people"
        " different things; install nothing from it",
    )
