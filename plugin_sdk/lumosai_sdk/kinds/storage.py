"""The ``storage`` kind: conversations, runs with their events, and small values by key.

A write returns when the store has taken it: later reads through the same store see it, in order. ``flush`` returns when
all that was taken is durable, that is, survives ``kill -9`` of the process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.storage import RunFilter, RunRecord, Thread


class ConversationStore(Protocol):
    """Threads and their messages."""

    async def put_thread(self, thread: Thread) -> None:
        """Insert or replace a thread, its messages untouched."""
        ...

    async def get_thread(self, thread_id: str) -> Thread | None: ...

    async def list_threads(
        self, owner: str | None = None, limit: int = 50, before: str | None = None
    ) -> Sequence[Thread]:
        """Return threads, last used first; ``before`` is the id of the last thread of the page before."""
        ...

    async def delete_thread(self, thread_id: str) -> bool:
        """Delete a thread with its messages and runs; tell whether there was one."""
        ...

    async def append_messages(self, thread_id: str, messages: Sequence[Message], owner: str | None = None) -> None:
        """Add messages to the end, all or none. Makes the thread if there is none.

        With an *owner* they are added only to a thread that is there and is that owner's: one that was deleted in the
        meantime does not come back. Otherwise nothing happens.
        """
        ...

    async def messages(self, thread_id: str, limit: int | None = None) -> Sequence[Message]:
        """Return the last *limit* messages (all: None), oldest first."""
        ...


class RunStore(Protocol):
    """Runs and their events."""

    async def put_run(self, run: RunRecord) -> None:
        """Insert or replace a run."""
        ...

    async def replace_run(self, old: RunRecord, new: RunRecord) -> bool:
        """Replace a run only if it is still kept with the ``status`` and ``updated_at`` of *old*; tell whether it was.

        Of several who try at once, over several stores of the same data too, one is told True, and not before that is
        durable.
        """
        ...

    async def get_run(self, run_id: str) -> RunRecord | None: ...

    async def list_runs(self, where: RunFilter) -> Sequence[RunRecord]:
        """Return runs, newest first."""
        ...

    async def append_events(self, run_id: str, events: Sequence[Mapping[str, Any]]) -> None:
        """Add events (JSON, each with its ``seq``) to a run's record."""
        ...

    async def events(self, run_id: str, after: int = 0) -> Sequence[Mapping[str, Any]]:
        """Return the events with ``seq`` greater than *after*, in order."""
        ...


class KeyValueStore(Protocol):
    """JSON values by namespace and key."""

    async def kv_get(self, namespace: str, key: str) -> Any:
        """Return the value, or None."""
        ...

    async def kv_set(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> None:
        """Keep a value, for *ttl* seconds if given."""
        ...

    async def kv_add(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> bool:
        """Keep a value, as ``kv_set`` does, only if there is none, or one that has expired; tell whether it was kept.

        Of several who try at once, over several stores of the same data too, one is told True, and not before that is
        durable.
        """
        ...

    async def kv_delete(self, namespace: str, key: str) -> bool:
        """Delete a value; tell whether there was one."""
        ...

    async def kv_keys(self, namespace: str, prefix: str = "") -> Sequence[str]:
        """Return the keys that begin with *prefix*, sorted."""
        ...


@runtime_checkable
class Storage(ConversationStore, RunStore, KeyValueStore, Protocol):
    """A whole store. Raises StorageError when it cannot take or give data now."""

    async def flush(self) -> None:
        """Return when everything taken so far is durable."""
        ...

    async def purge(self, before: float) -> int:
        """Delete finished runs, threads and expired values last touched before that time; return how many."""
        ...

    async def aclose(self) -> None:
        """Flush and let go."""
        ...


@runtime_checkable
class HealthReporter(Protocol):
    """A store that can tell how it is. One that cannot is taken to be well; ``/readyz`` and ``/healthz`` ask."""

    async def health(self) -> Mapping[str, Any]:
        """Return ``ok``, whether what it takes becomes durable, and ``detail``, why not; more keys are its own.

        It answers at once, also while the store is in trouble.
        """
        ...
