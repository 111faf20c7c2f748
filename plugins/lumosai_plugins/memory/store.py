"""The store: plain dictionaries, in the order things were last touched."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from lumosai_plugins.memory import frozen
from lumosai_plugins.memory.settings import Settings
from lumosai_plugins.memory.shelf import Shelf
from lumosai_sdk.errors import InputError, StorageError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.storage import RunFilter, RunRecord, Thread


class MemoryStorage:
    """Storage in memory. Durable for as long as the process lives; bounded by its settings."""

    def __init__(self, context: PluginContext) -> None:
        self._settings = Settings.of(context)
        self._shelf = Shelf(self._settings)
        self._closed = False

    # --- threads

    async def put_thread(self, thread: Thread) -> None:
        self._shelf_open().put_thread(frozen.thread(thread))

    async def get_thread(self, thread_id: str) -> Thread | None:
        found = self._shelf_open().threads.get(thread_id)
        return frozen.thread(found) if found else None

    async def list_threads(
        self, owner: str | None = None, limit: int = 50, before: str | None = None
    ) -> Sequence[Thread]:
        threads = self._shelf_open().threads
        mine = [t for t in threads.values() if owner is None or t.owner == owner]
        last = threads.get(before) if before is not None else None
        if before is not None and last is None:
            return []
        if last is not None:
            mine = [t for t in mine if (t.updated_at, t.id) < (last.updated_at, last.id)]
        mine.sort(key=lambda t: (t.updated_at, t.id), reverse=True)
        return [frozen.thread(t) for t in mine[: max(limit, 0)]]

    async def delete_thread(self, thread_id: str) -> bool:
        return self._shelf_open().drop_thread(thread_id)

    async def append_messages(self, thread_id: str, messages: Sequence[Message], owner: str | None = None) -> None:
        shelf = self._shelf_open()
        if owner is not None and ((thread := shelf.threads.get(thread_id)) is None or thread.owner != owner):
            return
        shelf.add_messages(thread_id, messages, time.time())

    async def messages(self, thread_id: str, limit: int | None = None) -> Sequence[Message]:
        kept = self._shelf_open().messages.get(thread_id, [])
        return list(kept) if limit is None else kept[max(len(kept) - max(limit, 0), 0) :]

    # --- runs

    async def put_run(self, run: RunRecord) -> None:
        self._shelf_open().put_run(frozen.run(run))

    async def replace_run(self, old: RunRecord, new: RunRecord) -> bool:
        if old.id != new.id:
            raise InputError(f"run {old.id!r} cannot be replaced by run {new.id!r}")
        shelf = self._shelf_open()
        kept = shelf.runs.get(old.id)
        if kept is None or (kept.status, kept.updated_at) != (old.status, old.updated_at):
            return False
        shelf.put_run(frozen.run(new))
        return True

    async def get_run(self, run_id: str) -> RunRecord | None:
        found = self._shelf_open().runs.get(run_id)
        return frozen.run(found) if found else None

    async def list_runs(self, where: RunFilter) -> Sequence[RunRecord]:
        runs = self._shelf_open().runs
        found = [r for r in runs.values() if _fits(r, where)]
        if where.before is not None:
            last = runs.get(where.before)
            found = [r for r in found if last and (r.created_at, r.id) < (last.created_at, last.id)]
        found.sort(key=lambda r: (r.created_at, r.id), reverse=True)
        return [frozen.run(r) for r in found[: max(where.limit, 0)]]

    async def append_events(self, run_id: str, events: Sequence[Mapping[str, Any]]) -> None:
        if events:
            self._shelf_open().add_events(run_id, frozen.encode_events(run_id, events))

    async def events(self, run_id: str, after: int = 0) -> Sequence[Mapping[str, Any]]:
        kept = self._shelf_open().events.get(run_id, [])
        return sorted((e for text in kept for e in json.loads(text) if e["seq"] > after), key=lambda e: int(e["seq"]))

    # --- values

    async def kv_get(self, namespace: str, key: str) -> Any:
        text = self._shelf_open().value(namespace, key)
        return None if text is None else json.loads(text)

    async def kv_set(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> None:
        text = frozen.encode(value, f"value {namespace}/{key}")
        self._shelf_open().put_value(namespace, key, text, None if ttl is None else time.time() + ttl)

    async def kv_add(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> bool:
        if self._shelf_open().value(namespace, key) is not None:
            return False
        await self.kv_set(namespace, key, value, ttl)  # without a pause: nobody else gets in between
        return True

    async def kv_delete(self, namespace: str, key: str) -> bool:
        return self._shelf_open().drop_value(namespace, key)

    async def kv_keys(self, namespace: str, prefix: str = "") -> Sequence[str]:
        return self._shelf_open().keys(namespace, prefix)

    # --- the whole

    async def flush(self) -> None:
        self._shelf_open()

    async def purge(self, before: float) -> int:
        return self._shelf_open().purge(before)

    async def health(self) -> dict[str, Any]:
        """Return ``{ok, detail, queued}``: memory has nothing to wait for."""
        return {"ok": not self._closed, "detail": "closed" if self._closed else "", "queued": 0}

    async def aclose(self) -> None:
        self._closed = True
        self._shelf = Shelf(self._settings)

    def _shelf_open(self) -> Shelf:
        if self._closed:
            raise StorageError("the store in memory is closed")
        return self._shelf


def _fits(run: RunRecord, where: RunFilter) -> bool:
    return (
        where.agent in {None, run.agent}
        and where.status in {None, run.status}
        and where.thread_id in {None, run.thread_id}
        and where.owner in {None, run.owner}
    )
