"""What is noted of requests with a key: in the store, so that every process over the same data knows of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lumosai.gateway.errors import KeysUnavailableError, RequestUnderWayError
from lumosai.gateway.problems import log
from lumosai.host import Host
from lumosai.runs.hostid import host_id, is_alive
from lumosai_sdk.errors import InputError, LumosError, StorageError

NAMESPACE = "lumosai.idempotency"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Note:
    """What is noted of a request: its fingerprint, who is at work on it, the run it may make, and what came of it.

    *leave* is what the caller had to be allowed, as ``(action, resource)``; *answer* what it was answered, unless that
    was a stream, or too much to keep.
    """

    asked: str
    host: str
    run: str = ""
    ended: bool = False
    leave: Sequence[Sequence[str]] = ()
    answer: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "host": self.host,
            "run": self.run,
            "ended": self.ended,
            "leave": [list(pair) for pair in self.leave],
            "answer": self.answer,
        }


class Book:
    """The notes of all requests, each of them kept for ``[server] idempotency`` seconds."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._held: set[str] = set()
        self.me = host_id()

    @property
    def seconds(self) -> float:
        """How long notes are kept; 0 where none are made."""
        return self._host.config.server.idempotency

    async def begin(self, place: str, note: Note) -> Note | None:
        """Note a request that begins, durably; or return the note that is there.

        Of many who try at once, in whatever process, one gets None. Raises StorageError, KeysUnavailableError.
        """
        for _ in range(_TRIES):
            if await self._added(place, note):
                self._held.add(place)
                return None
            if (found := await self._host.storage.kv_get(NAMESPACE, place)) is not None:
                return Note(**found)
        raise RequestUnderWayError  # notes come and go: others are at it

    async def _added(self, place: str, note: Note) -> bool:
        try:
            return await self._add(place, note)
        except asyncio.CancelledError:
            # It may have been added all the same; and what was not begun need not be refused when it comes again.
            if await self._host.storage.kv_get(NAMESPACE, place) == note.to_json():
                await self.release(place)
            raise

    async def _add(self, place: str, note: Note) -> bool:
        storage = self._host.storage
        if not hasattr(storage, "kv_add"):
            raise KeysUnavailableError(self._host.config.storage.use)
        try:
            return await storage.kv_add(NAMESPACE, place, note.to_json(), self.seconds or None)
        except InputError:  # a store that was built before there was such a method
            raise KeysUnavailableError(self._host.config.storage.use) from None

    async def end(self, place: str, note: Note) -> None:
        """Note what came of a request. It has been done: that this could not be noted is told, not raised."""
        try:
            await self._host.storage.kv_set(NAMESPACE, place, note.to_json(), self.seconds or None)
        except LumosError as e:
            log.warning("the answer to a request with Idempotency-Key is not kept: %s", e)
        finally:
            self._held.discard(place)

    async def release(self, place: str) -> None:
        """Forget a request that failed, so that it may be tried again."""
        try:
            await self._host.storage.kv_delete(NAMESPACE, place)
        except StorageError as e:
            log.warning("a request with Idempotency-Key failed and cannot be tried again: %s", e)
        finally:
            self._held.discard(place)

    def is_under_way(self, place: str, note: Note) -> bool:
        """Tell whether somebody is at work on a request still. Of another machine's processes nobody can tell."""
        if note.ended:
            return False
        return place in self._held if note.host == self.me else is_alive(note.host)
