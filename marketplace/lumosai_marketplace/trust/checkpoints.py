"""The last checkpoint that was seen of each log. What a log shows later must grow out of it: a fork shows.

Kept in a folder, one small file each: by the key that has signed, so that one log is one wherever it is shown, and by
the index, so that a new key or name begins no new log. Not by the log's name: anybody can call theirs so. The first
that is seen is believed; a lock file that others share brings an earlier one along (``lumos.lock``), and it is held
against what is remembered like any other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from lumosai_marketplace import durable
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log import note
from lumosai_marketplace.log.note import Checkpoint
from lumosai_marketplace.log.verify import FetchProof, open_checkpoint, verify_grown
from lumosai_marketplace.trust.roots import Roots
from lumosai_sdk.errors import InputError, StorageError

_ATTEMPTS = 8


class Checkpoints:
    """Remembers in *folder* what the log of *index* has shown; it signs with a key of *roots*."""

    def __init__(self, folder: Path, roots: Roots, index: str) -> None:
        self.folder = folder
        self.roots = roots
        self.index = index

    def last(self) -> Checkpoint | None:
        """Return the largest checkpoint seen of the index's log. Raises RefusedError for a file that was changed."""
        text = self._read(self._path("index", self.index))
        return None if text is None else note.parse(text)[0]

    async def witness(self, text: str, fetch: FetchProof, at: float, *, newest: bool = False) -> Checkpoint:
        """Take a checkpoint that a log has signed at the time *at*, and remember it if it is the largest.

        It must be of one tree with the one that is remembered, which *fetch* gets the proof of; an older one is fine,
        as entries bring along, unless it is told to be the log's *newest*.

        Raises RefusedError ``log.rollback``, ``log.fork``, ``log.key``, ``log.signature``, ``log.origin``,
        ``log.checkpoint``. What proves a fork is kept beside.
        """
        shown, key = self._opened(text, at)
        proofs: dict[tuple[int, int], Sequence[bytes]] = {}

        async def once(old: int, new: int) -> Sequence[bytes]:
            if (old, new) not in proofs:
                proofs[old, new] = await fetch(old, new)
            return proofs[old, new]

        for path in (self._path("index", self.index), self._path("key", key)):
            await self._follow(path, shown, once, newest=newest)
        return shown

    def compare(self, text: str, at: float) -> None:
        """Hold a checkpoint that no proof is to be had of against the one that its key has signed before, as far as
        that goes: two trees of one size are two logs. Raises RefusedError as ``witness``.
        """
        shown, key = self._opened(text, at)
        path = self._path("alone", key)
        for _ in range(_ATTEMPTS):
            before = self._read(path)
            kept = None if before is None else note.parse(before)[0]
            if kept is not None and (kept.origin, kept.size) == (shown.origin, shown.size) and kept.root != shown.root:
                self._keep_evidence(path, kept, shown)
                raise RefusedError("log.fork", f"the log {shown.origin} has two trees of {shown.size} entries")
            if (kept is not None and shown.size <= kept.size) or self._replace(path, before, text):
                return
        raise StorageError(f"{path}: others change it all the time")

    async def _follow(self, path: Path, shown: Checkpoint, fetch: FetchProof, *, newest: bool) -> None:
        for _ in range(_ATTEMPTS):
            before = self._read(path)
            kept = None if before is None else note.parse(before)[0]
            if kept is not None:
                await self._compare(path, kept, shown, fetch, newest=newest)
            if kept is not None and shown.size <= kept.size:
                return
            if self._replace(path, before, shown.text):
                return
        raise StorageError(f"{path}: others change it all the time")

    async def _compare(
        self, path: Path, kept: Checkpoint, shown: Checkpoint, fetch: FetchProof, *, newest: bool
    ) -> None:
        old, new = (kept, shown) if newest or shown.size > kept.size else (shown, kept)
        try:
            await verify_grown(old, new, fetch)
        except RefusedError as e:
            if e.rule == "log.fork":
                self._keep_evidence(path, kept, shown)
            raise

    def _opened(self, text: str, at: float) -> tuple[Checkpoint, str]:
        """Return a checkpoint that one of the trusted logs has signed, and the id of the key, which was in force."""
        told, _ = note.parse(text)
        host = told.origin.split(" ", 1)[0]
        try:
            keys = note.keys_of(json.loads(self.roots.text), host, at)
        except InputError as e:
            raise RefusedError("signature.roots", e.message) from None
        return open_checkpoint(text, keys, host), note.signer_of(text, keys).key_id.hex()

    def _path(self, of: str, name: str) -> Path:
        return self.folder / f"{of}-{sha256(name.encode()).hexdigest()[:32]}.checkpoint"

    def _read(self, path: Path) -> str | None:
        try:
            with path.open("rb") as f:
                return f.read(note.MAX_NOTE + 1).decode()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as e:
            raise StorageError(f"{path}: {e}", hint="remove it to begin anew with the next checkpoint seen") from None

    def _replace(self, path: Path, before: str | None, text: str) -> bool:
        """Remember *text*, unless somebody else has meanwhile remembered another than *before*."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with durable.locked(self.folder / ".lock"):
            if self._read(path) != before:
                return False
            durable.replace(path, text.encode())
            return True

    def _keep_evidence(self, path: Path, kept: Checkpoint, shown: Checkpoint) -> None:
        """Keep both notes: each is signed, and together they prove what the log has done."""
        durable.replace(path.with_suffix(".fork"), f"{kept.text}\n\n{shown.text}".encode())
