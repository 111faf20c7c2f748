"""A log, asked over HTTP. Nothing it says is believed before ``verify`` has seen that it is so."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log.tree import HASH, MAX_LEVEL

if TYPE_CHECKING:
    from lumosai_marketplace.client.index import Index

_MAX_HASHES = 2 * MAX_LEVEL
_YEAR_10000 = 253_402_300_800


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as a log shows it. ``statement`` is what it says was signed; only the body is in the tree."""

    index: int
    at: float
    body: bytes
    statement: bytes | None


class Source(Protocol):
    """What a client asks a log. All raise LumosErrors."""

    async def checkpoint(self) -> str:
        """Return the newest checkpoint, a signed note."""

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        """Return the proof that the tree of *new* begins with that of *old*."""

    async def proof(self, index: int, size: int) -> Sequence[bytes]:
        """Return the proof that an entry is in the tree of *size*."""

    async def entries(self, start: int, count: int) -> Sequence[Shown]:
        """Return entries from *start* on: one at least if there is one, *count* at most."""


class RemoteLog:
    """The log of an index."""

    def __init__(self, index: Index) -> None:
        self._index = index

    async def checkpoint(self) -> str:
        return await self._index.checkpoint()

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        return await self._index.consistency(old, new)

    async def proof(self, index: int, size: int) -> Sequence[bytes]:
        return hashes_in(await self._index.json("log/proof", index=index, size=size))

    async def entries(self, start: int, count: int) -> Sequence[Shown]:
        data = await self._index.json("log/entries", start=start, count=count)
        try:
            found = [_shown(e) for e in data["entries"]]
        except (KeyError, TypeError, ValueError) as e:
            raise _refused(f"{type(e).__name__} {e}") from None
        if len(found) > count or [e.index for e in found] != list(range(start, start + len(found))):
            raise _refused("it shows other entries than were asked for")
        return found


def hashes_in(data: Any) -> list[bytes]:
    """Return the hashes of a proof. Raises RefusedError ``log.format``."""
    try:
        hashes = [bytes.fromhex(h) for h in data["hashes"]]
    except (KeyError, TypeError, ValueError) as e:
        raise _refused(f"{type(e).__name__} {e}") from None
    if len(hashes) > _MAX_HASHES or any(len(h) != HASH for h in hashes):
        raise _refused("its proof is not made of hashes, or of too many")
    return hashes


def _shown(data: Any) -> Shown:
    index, at, statement = data["index"], data["at"], data["statement"]
    if type(index) is not int or not isinstance(at, int | float) or not 0 <= at < _YEAR_10000:
        raise TypeError("an entry's index is no number, or its time no time")
    body = b64decode(data["body"], validate=True)
    return Shown(index, float(at), body, None if statement is None else b64decode(statement, validate=True))


def _refused(why: str) -> RefusedError:
    return RefusedError("log.format", f"the log does not answer as a log does: {why}")
