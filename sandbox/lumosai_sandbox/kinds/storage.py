"""Stores of sandboxed plugins: each method of the Protocol is one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.kinds.base import MAX_TEXT, Adapter, Calls, fitting
from lumosai_sdk import wire
from lumosai_sdk.errors import InputError, LumosError, StorageError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.storage import RunFilter, RunRecord, Thread


class SandboxedStorage(Adapter):
    """A store; see ``lumosai_sdk.kinds.Storage``. Raises StorageError, InputError, and PluginError for a bad guest."""

    def __init__(self, plugin: Calls, contribution: Mapping[str, Any]) -> None:
        super().__init__(plugin, contribution)
        self._closed = False

    async def _execute(self, method: str, *arguments: Any) -> Any:
        given = wire.dumps(wire.encode_arguments(method, *arguments))
        fitting(given, MAX_TEXT, f"what is given to {method}")
        try:
            text = await self.plugin.call("storage.execute", self.id, method, given, caller=self.caller())
        except GuestError as e:
            raise self._error(method, e) from None
        return await self.answer("storage", text, lambda found: wire.decode_result(method, found))

    def _error(self, method: str, error: GuestError) -> LumosError:
        if error.kind == "invalid-input":
            return InputError(error.message, hint=error.hint)
        return StorageError(f"storage {self.id!r}: {method}: {error.message}", hint=error.hint)

    # --- threads

    async def put_thread(self, thread: Thread) -> None:
        await self._execute("put_thread", thread)

    async def get_thread(self, thread_id: str) -> Thread | None:
        found: Thread | None = await self._execute("get_thread", thread_id)
        return found

    async def list_threads(
        self, owner: str | None = None, limit: int = 50, before: str | None = None
    ) -> Sequence[Thread]:
        found: Sequence[Thread] = await self._execute("list_threads", owner, limit, before)
        return found

    async def delete_thread(self, thread_id: str) -> bool:
        return bool(await self._execute("delete_thread", thread_id))

    async def append_messages(self, thread_id: str, messages: Sequence[Message], owner: str | None = None) -> None:
        await self._execute("append_messages", thread_id, messages, owner)

    async def messages(self, thread_id: str, limit: int | None = None) -> Sequence[Message]:
        found: Sequence[Message] = await self._execute("messages", thread_id, limit)
        return found

    # --- runs

    async def put_run(self, run: RunRecord) -> None:
        await self._execute("put_run", run)

    async def replace_run(self, old: RunRecord, new: RunRecord) -> bool:
        return bool(await self._execute("replace_run", old, new))

    async def get_run(self, run_id: str) -> RunRecord | None:
        found: RunRecord | None = await self._execute("get_run", run_id)
        return found

    async def list_runs(self, where: RunFilter) -> Sequence[RunRecord]:
        found: Sequence[RunRecord] = await self._execute("list_runs", where)
        return found

    async def append_events(self, run_id: str, events: Sequence[Mapping[str, Any]]) -> None:
        await self._execute("append_events", run_id, events)

    async def events(self, run_id: str, after: int = 0) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = await self._execute("events", run_id, after)
        return found

    # --- values

    async def kv_get(self, namespace: str, key: str) -> Any:
        return await self._execute("kv_get", namespace, key)

    async def kv_set(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> None:
        await self._execute("kv_set", namespace, key, value, ttl)

    async def kv_delete(self, namespace: str, key: str) -> bool:
        return bool(await self._execute("kv_delete", namespace, key))

    async def kv_keys(self, namespace: str, prefix: str = "") -> Sequence[str]:
        found: Sequence[str] = await self._execute("kv_keys", namespace, prefix)
        return found

    # --- the whole

    async def flush(self) -> None:
        await self._execute("flush")

    async def purge(self, before: float) -> int:
        return int(await self._execute("purge", before))

    async def aclose(self) -> None:
        """Have the store flush and let go, then let go of the plugin."""
        if self._closed:
            return
        self._closed = True
        try:
            await self._execute("aclose")
        finally:
            await super().aclose()


make = SandboxedStorage
