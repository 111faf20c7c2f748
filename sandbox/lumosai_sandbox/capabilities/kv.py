"""``kv``: small values in the host's own store, in a namespace for each plugin and tenant, within a quota."""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from typing import Any
from urllib.parse import quote

from lumosai_sandbox.capabilities import arguments
from lumosai_sandbox.capabilities.arguments import limit
from lumosai_sandbox.capabilities.plugin import Functions, Rights
from lumosai_sdk.errors import InputError
from lumosai_sdk.kinds.storage import KeyValueStore
from lumosai_sdk.types.caller import Caller

MAX_KEY = 512
MAX_VALUE = 64 * 1024
MAX_KEYS = 10_000
MAX_BYTES = 10 * 1024 * 1024
MAX_LISTED = 1024 * 1024
MAX_TTL = 10 * 365 * 86_400.0
RECOUNT = 60.0
"""Seconds after which what is kept is counted again: values expire, and other hosts may write to the same store."""
_TENANTS = 256


class _Ledger:
    """What a namespace holds, as far as is known."""

    __slots__ = ("counted", "keys", "lock", "size")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.keys = 0
        self.size = 0
        self.counted = float("-inf")

    async def count(self, store: KeyValueStore, space: str, *, older: float) -> None:
        """Count through the store, unless that was done less than *older* seconds ago."""
        if time.monotonic() - self.counted < older:
            return
        keys = await store.kv_keys(space)
        self.size = 0
        for key in keys[: MAX_KEYS + 1]:
            self.size += _size(key, await store.kv_get(space, key))
        self.keys, self.counted = len(keys), time.monotonic()

    def has_room(self, keys: int, size: int) -> bool:
        return self.keys + keys <= MAX_KEYS and self.size + size <= MAX_BYTES


class KeyValues:
    """A plugin's small values."""

    def __init__(self, rights: Rights) -> None:
        self._rights = rights
        self._ledgers: OrderedDict[str, _Ledger] = OrderedDict()

    def functions(self) -> Functions:
        return {
            "kv.get": (1, self._get),
            "kv.set": (3, self._set),
            "kv.delete": (1, self._delete),
            "kv.keys": (1, self._keys),
        }

    async def _get(self, caller: Caller, key: str) -> str:
        store, space = self._opened(caller)
        return json.dumps(await store.kv_get(space, _checked(key)))

    async def _set(self, caller: Caller, key: str, text: str, options: str) -> str:
        store, space = self._opened(caller)
        _checked(key)
        if len(text.encode("utf-8", "replace")) > MAX_VALUE:
            raise limit(f"a value has at most {MAX_VALUE} bytes")
        value = arguments.value(text, "value")
        given = arguments.fields(options, "options", frozenset({"ttl"}), may_be_empty=True)
        ttl = arguments.number(given, "ttl", None, 0.001, MAX_TTL)
        if value is None:
            await self._taken_out(store, space, key)
        else:
            await self._put(store, space, key, value, ttl)
        return "null"

    async def _put(self, store: KeyValueStore, space: str, key: str, value: Any, ttl: float | None) -> None:
        ledger = self._ledger(space)
        async with ledger.lock:
            await ledger.count(store, space, older=RECOUNT)
            old = await store.kv_get(space, key)
            keys, size = int(old is None), _size(key, value) - (0 if old is None else _size(key, old))
            if not ledger.has_room(keys, size):
                # Some of it may have expired; but a loop of refusals must not become a loop of counting.
                await ledger.count(store, space, older=RECOUNT / 4)
                if not ledger.has_room(keys, size):
                    raise limit(f"kv holds at most {MAX_KEYS} keys and {MAX_BYTES} bytes for a plugin and tenant")
            await store.kv_set(space, key, value, ttl)
            ledger.keys += keys
            ledger.size += size

    async def _delete(self, caller: Caller, key: str) -> str:
        store, space = self._opened(caller)
        return "true" if await self._taken_out(store, space, _checked(key)) else "false"

    async def _taken_out(self, store: KeyValueStore, space: str, key: str) -> bool:
        ledger = self._ledger(space)
        async with ledger.lock:
            old = await store.kv_get(space, key)
            there = await store.kv_delete(space, key)
            if there:
                ledger.keys -= 1
                ledger.size -= _size(key, old)
        return there

    async def _keys(self, caller: Caller, prefix: str) -> str:
        store, space = self._opened(caller)
        if prefix:
            _checked(prefix)
        answer = json.dumps(list(await store.kv_keys(space, prefix)))
        if len(answer) > MAX_LISTED:
            raise limit("these keys are too many for one answer; ask with a longer prefix")
        return answer

    def _opened(self, caller: Caller) -> tuple[KeyValueStore, str]:
        self._rights.check_switch("kv")
        return self._rights.services.kv(), namespace(self._rights.context.name, caller.tenant)

    def _ledger(self, space: str) -> _Ledger:
        ledger = self._ledgers.get(space)
        if ledger is None:
            ledger = self._ledgers[space] = _Ledger()
            if len(self._ledgers) > _TENANTS:
                self._ledgers.popitem(last=False)
        self._ledgers.move_to_end(space)
        return ledger


def namespace(plugin: str, tenant: str) -> str:
    """Return where a plugin's values for a tenant are: no two pairs have the same, whatever is in their names."""
    return f"plugin/{quote(plugin, safe='')}/{quote(tenant, safe='')}"


def _checked(key: str) -> str:
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise InputError("a key is text without half characters") from None
    if not 0 < size <= MAX_KEY or "\0" in key:
        raise InputError(f"a key has 1 to {MAX_KEY} bytes, and no NUL among them")
    return key


def _size(key: str, value: Any) -> int:
    return len(key.encode()) + len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
