"""Keeping runs: their record, their events, and their place in a conversation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lumosai.config.model import StorageConfig
from lumosai.events.bus import EventBus
from lumosai.runs.resumption import kept_interrupted, kept_request
from lumosai.runs.state import RunState
from lumosai_sdk.errors import ConflictError, NotFoundError
from lumosai_sdk.kinds.storage import Storage
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.runs import RunResult, RunStatus
from lumosai_sdk.types.storage import RunFilter, RunRecord, Thread

_PAGE = 200
_TITLE = 80


class Recorder:
    """Writes what happens to runs into the storage. Raises StorageError when it cannot."""

    def __init__(self, storage: Storage, config: StorageConfig, host_id: str, bus: EventBus) -> None:
        self.storage = storage
        self._config = config
        self._host = host_id
        self._bus = bus

    async def thread(self, thread_id: str, principal: Principal, title: str) -> Thread:
        """Open a conversation, making it if there is none, and return it.

        Raises NotFoundError if that is somebody else.
        """
        thread = await self.storage.get_thread(thread_id)
        if thread is None:
            now = time.time()
            shown = title[:_TITLE].encode("utf-8", "replace").decode()
            thread = Thread(thread_id, owner_of(principal), shown, now, now)
            await self.storage.put_thread(thread)
        else:
            check_owner("thread", thread_id, thread.owner, principal)
        return thread

    async def claim(self, record: RunRecord, **changes: Any) -> RunRecord:
        """Change a run that waits to go on, and be the only one who does, whatever other hosts use the same storage.

        Raises ConflictError when somebody else was quicker.
        """
        claimed = replace(record, **changes, host=self._host, updated_at=time.time())
        taking = asyncio.ensure_future(self.storage.replace_run(record, claimed))
        try:
            taken = await asyncio.shield(taking)
        except asyncio.CancelledError:
            # Whoever does not go on must not leave it claimed.
            if await taking:
                await self.storage.replace_run(claimed, record)
            raise
        if not taken:
            raise ConflictError(f"run {record.id!r} is no longer {record.status}", hint=f"lumos runs {record.id}")
        return claimed

    async def begin(self, state: RunState) -> None:
        await self.storage.put_run(self._record(state, "running"))

    async def progress(self, state: RunState) -> None:
        """Keep what has happened so far, so that a crash loses at most the step under way."""
        state.saving, state.unsaved = state.unsaved, []
        try:
            if self._config.events and state.saving:
                await self.storage.append_events(state.id, [e.to_json() for e in state.saving])
        finally:
            state.saving = []

    async def end(self, state: RunState, result: RunResult) -> None:
        """Keep a run that stopped well. With ``[storage] durable`` it returns when that would survive a crash."""
        await self.storage.put_run(self._record(state, result.status, result=result))
        await self.progress(state)
        if result.status == "completed" and result.thread_id is not None:
            await self.storage.append_messages(result.thread_id, result.messages, state.thread_owner)
        state.taken = True
        await self.settle()

    async def settle(self) -> None:
        """Return when what was taken would survive a crash of the host, with ``[storage] durable``; else at once."""
        if self._config.durable:
            await self.storage.flush()

    async def fail(self, state: RunState, status: RunStatus, error: Mapping[str, Any]) -> None:
        """Keep a run that stopped badly. A storage that fails on top of it is reported, not raised."""
        try:
            await self.storage.put_run(self._record(state, status, error=error))
            await self.progress(state)
            await self.settle()
        except Exception as e:  # noqa: BLE001 - whatever the store does, the run's own failure is what its caller is told
            self._bus.warn(f"run {state.id} ended {status} and could not be recorded: {type(e).__name__}: {e}")

    def _record(
        self,
        state: RunState,
        status: RunStatus,
        *,
        result: RunResult | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> RunRecord:
        request, pending, kept = state.request, result.pending if result else (), {}
        if status == "suspended":
            kept = kept_request(state, state.said, pending)
        elif status == "interrupted":
            kept, pending = kept_interrupted(state)
        return RunRecord(
            id=state.id,
            agent=state.agent,
            status=status,
            owner=owner_of(request.principal),
            thread_id=request.thread_id,
            host=self._host,
            created_at=state.created_at,
            updated_at=time.time(),
            steps=state.steps,
            usage=state.usage,
            messages=state.own_messages,
            pending=pending,
            text=result.text if result else "",
            error=error,
            metadata=request.metadata,
            request=kept,
        )

    async def mark_interrupted(self, is_alive: Any) -> int:
        """Mark the runs that died with their host, so that none stays ``running`` for ever; return how many.

        *is_alive* tells whether the host of an id still runs.
        """
        count, before = 0, None
        while runs := await self.storage.list_runs(RunFilter(status="running", limit=_PAGE, before=before)):
            for run in runs:
                if run.host != self._host and not is_alive(run.host):
                    await self.storage.put_run(_interrupted(run))
                    count += 1
            before = runs[-1].id
        return count


def _interrupted(run: RunRecord) -> RunRecord:
    error = {"code": "interrupted", "message": "the host stopped before the run ended"}
    # Without the request: what a run had begun that died is not known, so that it cannot go on.
    return replace(run, status="interrupted", error=error, updated_at=time.time(), request={})


def check_owner(kind: str, id: str, owner: str, principal: Principal) -> None:  # noqa: A002
    """Return if the principal may see what *owner* has. Raises NotFoundError: that it exists is not told either."""
    if owner != owner_of(principal) and not principal.allows("*"):
        raise NotFoundError(kind, id)


def owner_of(principal: Principal) -> str:
    """Return to whom a run or thread belongs: tenant and person."""
    return f"{principal.tenant}/{principal.id}"
