"""All that is kept of a person: shown, and deleted."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lumosai_plugins.remember.keeping import NAMESPACE, digest
from lumosai_plugins.remember.sweeping import KINDS, collections
from lumosai_sdk.errors import ConflictError
from lumosai_sdk.types.storage import RunFilter, RunRecord, Thread

if TYPE_CHECKING:
    from lumosai_sdk.kinds.storage import Storage
    from lumosai_sdk.types.plugins import PluginContext

_PAGE = 100


class Personal:
    """What is kept of ``<tenant>/<person>`` in the host's stores and in those of the memories."""

    def __init__(self, context: PluginContext, owner: str) -> None:
        self._context = context
        self._owner = owner

    @property
    def _storage(self) -> Storage:
        return self._context.host.storage()

    async def export(self) -> dict[str, Any]:
        """Return all of it, as JSON. Raises LumosError."""
        threads = [t async for t in self._threads()]
        ids = {t.id for t in threads}
        return {
            "owner": self._owner,
            "threads": [
                {**t.to_json(), "messages": [m.to_json() for m in await self._storage.messages(t.id)]} for t in threads
            ],
            "runs": [r.to_json() async for r in self._runs()],
            "memories": [dict(v) for _, v in await self._values(ids)],
            "passages": [dict(p) async for p in self._passages(ids)],
        }

    async def _threads(self) -> AsyncIterator[Thread]:
        before = None
        while page := await self._storage.list_threads(self._owner, _PAGE, before):
            for thread in page:
                yield thread
            before = page[-1].id

    async def _runs(self) -> AsyncIterator[RunRecord]:
        before = None
        while page := await self._storage.list_runs(RunFilter(owner=self._owner, limit=_PAGE, before=before)):
            for run in page:
                yield run
            before = page[-1].id

    async def _values(self, threads: set[str]) -> list[tuple[str, Mapping[str, Any]]]:
        """Return what memories keep of the person, and what they keep of the person's threads, by key."""
        kv = self._context.host.kv()
        person, of_threads = digest(self._owner), {digest(t) for t in threads}
        keys = [k for what in KINDS for k in await kv.kv_keys(NAMESPACE, f"{what}/")]
        mine = [k for k in keys if (parts := k.split("/"))[1] == person or parts[2] in of_threads]
        values = [(k, await kv.kv_get(NAMESPACE, k)) for k in mine]
        return [(k, v) for k, v in values if isinstance(v, Mapping)]

    async def _passages(self, threads: set[str]) -> AsyncIterator[Mapping[str, Any]]:
        for store, name in await collections(self._context):
            for where in self._wheres(threads):
                after = None
                while page := await store.items(name, where=where, limit=_PAGE, after=after):
                    for item in page:
                        yield {"text": item.text, **item.metadata}
                    after = page[-1].id

    def _wheres(self, threads: set[str]) -> list[Mapping[str, Any]]:
        """Return conditions that hold for each passage of the person once: theirs, then others' on their threads."""
        person, ids = digest(self._owner), sorted(map(digest, threads))
        pages = [ids[i : i + _PAGE] for i in range(0, len(ids), _PAGE)]
        return [{"person": person}, *({"person": {"ne": person}, "thread": {"in": page}} for page in pages)]

    async def forget(self) -> dict[str, int]:
        """Delete all of it; return how much of each. Raises ConflictError while a run is under way, LumosError."""
        runs = [(r.id, r.status) async for r in self._runs()]
        if running := [id_ for id_, status in runs if status == "running"]:
            raise ConflictError(
                f"{len(running)} runs of {self._owner!r} are under way, and would be kept when they end",
                hint=f"lumos runs {running[0]}",
            )
        # Threads first: what a memory is still at work on, it keeps for a thread that is there, or not at all.
        threads = [t.id async for t in self._threads()]
        for thread_id in threads:
            await self._storage.delete_thread(thread_id)
        await self._forget_runs()
        counts = {"threads": len(threads), "runs": len(runs)}
        counts["passages"] = await self._forget_passages(set(threads))
        counts["memories"] = await self._forget_values(set(threads))
        await self._storage.flush()
        return counts

    async def _forget_runs(self) -> None:
        """Delete the runs left, that were on no thread of the person's: a store deletes runs with their thread."""
        runs = [r async for r in self._runs()]
        if not runs:
            return
        last = Thread(f"forgotten-{uuid.uuid4().hex}", self._owner)
        await self._storage.put_thread(last)
        for run in runs:
            await self._storage.put_run(replace(run, thread_id=last.id))
        await self._storage.delete_thread(last.id)

    async def _forget_passages(self, threads: set[str]) -> int:
        count = 0
        for store, name in await collections(self._context):
            for where in self._wheres(threads):
                count += await store.delete(name, where=where)
        return count

    async def _forget_values(self, threads: set[str]) -> int:
        values = await self._values(threads)
        for key, _ in values:
            await self._context.host.kv().kv_delete(NAMESPACE, key)
        return len(values)
