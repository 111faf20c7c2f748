"""What is kept of a person, by key, in the host's own store; changed by one at a time, on however many machines."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumosai_sdk.errors import ConflictError
from lumosai_sdk.types.auth import Principal

if TYPE_CHECKING:
    from lumosai_sdk.kinds.storage import KeyValueStore, Storage
    from lumosai_sdk.types.plugins import PluginContext

NAMESPACE = "remember"
_LOCKS = "remember.lock"
_LOCKED_SECONDS = 30.0
_WORK_SECONDS = 10.0
_RETRY_SECONDS = 0.02

Change = Callable[[dict[str, Any] | None], Mapping[str, Any]]


def owner_of(principal: Principal) -> str:
    """Return to whom something belongs: tenant and person, as threads have it."""
    return f"{principal.tenant}/{principal.id}"


def digest(text: str) -> str:
    """Return a key for a name of any length and alphabet; what is a person's is found by it, and by nothing shorter."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is kept: what it is (``working``, ``observed``, …), whose, and of which thread, if of one."""

    what: str
    owner: str
    thread: str = ""

    @property
    def key(self) -> str:
        """The key. It says nothing of the person."""
        return f"{self.what}/{digest(self.owner)}/{digest(self.thread) if self.thread else ''}"


def _gone(place: Place) -> ConflictError:
    return ConflictError(f"the thread {place.thread!r} is no more")


class Keeping:
    """Reads and changes what is kept. Every value tells whose it is: a key alone opens nothing."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._turns: dict[str, asyncio.Lock] = {}

    @property
    def kv(self) -> KeyValueStore:
        """The store. Raises StorageError while there is none."""
        return self._context.host.kv()

    @property
    def storage(self) -> Storage:
        """The store of threads. Raises StorageError while there is none."""
        return self._context.host.storage()

    async def get(self, place: Place) -> dict[str, Any] | None:
        """Return what is kept there, or None. Raises StorageError."""
        value = await self.kv.kv_get(NAMESPACE, place.key)
        if not isinstance(value, dict) or value.get("owner") != place.owner or value.get("thread") != place.thread:
            return None
        return value

    async def alive(self, place: Place, value: Mapping[str, Any]) -> bool:
        """Tell whether the thread of a value is the one it was kept for: not deleted, nor made anew since."""
        if not place.thread:
            return True
        return value.get("born") == await self.born(place.thread)

    async def born(self, thread_id: str) -> float | None:
        """Return when a thread was made, or None if it is no more. Raises StorageError."""
        thread = await self.storage.get_thread(thread_id)
        return None if thread is None else thread.created_at

    async def change(self, place: Place, change: Change) -> dict[str, Any]:
        """Put *change* of the value in its place, and return that, with its ``version`` counted up; alone.

        What *change* raises is raised, and nothing is changed. Raises ConflictError when it is not to be had.
        """
        born = await self.born(place.thread) if place.thread else None
        if place.thread and born is None:
            raise _gone(place)

        async def work() -> dict[str, Any]:
            old = await self.get(place)
            if old is not None and old.get("born") != born:
                old = None  # of a thread of the same name that was deleted
            new = {
                **change(old),
                "owner": place.owner,
                "thread": place.thread,
                "born": born,
                "version": (old or {}).get("version", 0) + 1,
                "at": time.time(),
            }
            await self.kv.kv_set(NAMESPACE, place.key, new)
            if not await self.alive(place, new):  # deleted meanwhile, and so is this
                await self.kv.kv_delete(NAMESPACE, place.key)
                raise _gone(place)
            return new

        return await self._alone(place.key, work)

    async def _alone(self, key: str, work: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """Do *work* while nobody else does any under the same key, in this process or another."""
        turn = self._turns.setdefault(key, asyncio.Lock())
        try:
            async with asyncio.timeout(_WORK_SECONDS), turn:
                while not await self.kv.kv_add(_LOCKS, key, 1, _LOCKED_SECONDS):  # noqa: ASYNC110 - others may be elsewhere
                    await asyncio.sleep(_RETRY_SECONDS)
                try:
                    return await work()
                finally:
                    await self.kv.kv_delete(_LOCKS, key)
        except TimeoutError:
            raise ConflictError("somebody else is changing this memory", hint="try again") from None
        finally:
            if not turn.locked():
                self._turns.pop(key, None)
