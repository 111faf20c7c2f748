"""Stores of sandboxed plugins: each method of the Protocol is one call."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.kinds.base import MAX_TEXT, Adapter, Calls, fitting, halved
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
        given = fitting(_given(arguments), MAX_TEXT, f"what is given to {method}")
        try:
            text = await self.plugin.call("storage.execute", self.id, method, given, caller=self.caller())
        except GuestError as e:
            raise self._error(method, e) from None
        return await self.answer("storage", text, lambda found: wire.decode_result(method, found))

    async def _list(self, method: str, *arguments: Any) -> list[Any]:
        return list(await self._execute(method, *arguments))

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
        return await self._list("list_threads", owner, limit, before)

    async def delete_thread(self, thread_id: str) -> bool:
        return bool(await self._execute("delete_thread", thread_id))

    async def append_messages(self, thread_id: str, messages: Sequence[Message], owner: str | None = None) -> None:
        await self._execute("append_messages", thread_id, messages, owner)

    async def messages(self, thread_id: str, limit: int | None = None) -> Sequence[Message]:
        return await self._list("messages", thread_id, limit)

    # --- runs

    async def put_run(self, run: RunRecord) -> None:
        await self._execute("put_run", run)

    async def replace_run(self, old: RunRecord, new: RunRecord) -> bool:
        return bool(await self._execute("replace_run", old, new))

    async def get_run(self, run_id: str) -> RunRecord | None:
        found: RunRecord | None = await self._execute("get_run", run_id)
        return found

    async def list_runs(self, where: RunFilter) -> Sequence[RunRecord]:
        return await self._list("list_runs", where)

    async def append_events(self, run_id: str, events: Sequence[Mapping[str, Any]]) -> None:
        await self._execute("append_events", run_id, events)

    async def events(self, run_id: str, after: int = 0) -> Sequence[Mapping[str, Any]]:
        return await self._list("events", run_id, after)

    # --- values

    async def kv_get(self, namespace: str, key: str) -> Any:
        return await self._execute("kv_get", namespace, key)

    async def kv_set(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> None:
        await self._execute("kv_set", namespace, key, value, ttl)

    async def kv_add(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> bool:
        return bool(await self._execute("kv_add", namespace, key, value, ttl))

    async def kv_delete(self, namespace: str, key: str) -> bool:
        return bool(await self._execute("kv_delete", namespace, key))

    async def kv_keys(self, namespace: str, prefix: str = "") -> Sequence[str]:
        return await self._list("kv_keys", namespace, prefix)

    # --- the whole

    async def flush(self) -> None:
        await self._execute("flush")

    async def purge(self, before: float) -> int:
        if math.isinf(before):  # JSON has no infinity, and no clock gets there
            before = math.copysign(sys.float_info.max, before)
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


def _given(arguments: Sequence[Any]) -> str:
    """Return arguments as JSON. Raises InputError for what would not come back as it is."""
    try:
        text = json.dumps(arguments, default=_plain, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as e:
        raise InputError(f"this cannot be stored as JSON: {e}") from None
    if halved(text):
        raise InputError("this cannot be stored: it holds half of a character")
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, RunFilter):
        return asdict(value)
    if isinstance(value, Thread | RunRecord | Message):
        return value.to_json()
    raise TypeError(f"{type(value).__name__} is not JSON")


make = SandboxedStorage
