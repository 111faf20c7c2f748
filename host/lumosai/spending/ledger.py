"""Accounts in the storage. Each process writes entries of its own, which nobody overwrites, and reads all of them.

What is read of others is a few seconds old, and what is counted is written as late: a process that is killed loses that
much. An entry whose process is silent for an hour is taken over by who meets it: the storage tells one of several that
it was the one who deleted it. Thus entries of processes that are gone do not pile up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from secrets import token_hex
from urllib.parse import quote, unquote

from lumosai.spending.account import Account, Sums, entry, nothing, read
from lumosai.spending.periods import Calendar
from lumosai_sdk.errors import StorageError
from lumosai_sdk.kinds.storage import KeyValueStore

NAMESPACE = "lumosai.usage"
SYNC = 2.0
SILENT = 3600.0
MOST = 20_000
"""Accounts that are held in memory."""


class Ledger:
    """The accounts of all callers. Without a *store* they live as long as the process."""

    def __init__(self, calendar: Calendar | None = None, warn: Callable[[str], None] = lambda _: None) -> None:
        self.calendar = calendar or Calendar()
        self._warn = warn
        self._process = token_hex(6)
        self._store: KeyValueStore | None = None
        self._accounts: dict[str, Account] = {}
        self._dirty: set[Account] = set()
        self._writing: asyncio.Task[None] | None = None
        self._reading: set[asyncio.Task[None]] = set()
        self._closed = False

    def keep(self, store: KeyValueStore) -> None:
        """Keep the accounts in *store* from now on."""
        self._store = store

    def account(self, name: str) -> Account:
        """Return a caller's account, in the present periods."""
        labels = self.calendar.labels
        account = self._accounts.get(name)
        if account is None:
            if len(self._accounts) >= MOST:
                self._accounts = {n: a for n, a in self._accounts.items() if not a.is_idle}
            account = self._accounts[name] = Account(name, labels)
        elif account.labels is not labels:
            account.turn(labels)
        return account

    def changed(self, account: Account) -> None:
        """Have an account written soon."""
        if self._store is None:
            account.dirty = False  # there is nowhere to write it
            return
        self._dirty.add(account)
        if self._writing is None and not self._closed:
            self._writing = asyncio.get_running_loop().create_task(self._write_later(), name="lumos-usage")

    async def fresh(self, account: Account) -> None:
        """Return when it is known what other processes counted, as of a few seconds ago. Raises StorageError."""
        if self._store is None:
            return
        if not account.loaded:
            await self._load(account)
        elif self.calendar.clock() - account.read_at > SYNC and not account.lock.locked():
            task = asyncio.create_task(self._reload(account))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

    async def now(self, account: Account) -> None:
        """Write what was counted, and read what other processes did, now. Raises StorageError."""
        if self._store is not None:
            if account.dirty:
                await self._save(account)
            await self._load(account, again=True)

    async def names(self) -> list[str]:
        """Return whose accounts there are. Raises StorageError."""
        kept = [] if self._store is None else await self._store.kv_keys(NAMESPACE)
        return sorted({*self._accounts, *(unquote(k.rpartition("/")[0]) for k in kept)})

    async def aclose(self) -> None:
        """Write what was counted."""
        self._closed = True
        tasks = [t for t in (self._writing, *self._reading) if t is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._write()

    async def _write_later(self) -> None:
        try:
            while self._dirty:
                await asyncio.sleep(SYNC)
                await self._write()
        finally:
            self._writing = None

    async def _write(self) -> None:
        for account in list(self._dirty):
            try:
                await self._save(account)
            except StorageError as e:
                self._warn(f"what callers spent could not be written, and will be: {e.message}")
                return

    async def _save(self, account: Account) -> None:
        store = self._store
        if store is None:
            return
        await self._load(account)
        async with account.lock:
            key, now = self._key(account.name), self.calendar.clock()
            idle = now - account.written_at > SILENT / 2
            if idle and any(s.calls for s in account.kept.values()) and await store.kv_get(NAMESPACE, key) is None:
                self._start_anew(account)
            self.account(account.name)  # in the present periods
            kept = entry(account.own, account.labels, now)
            self._dirty.discard(account)
            account.dirty = False
            try:
                await store.kv_set(NAMESPACE, key, kept)
            except StorageError:
                account.dirty = True
                self._dirty.add(account)
                raise
            account.kept = read(kept, account.labels)[1]
            account.written_at = now

    def _start_anew(self, account: Account) -> None:
        """Leave what was kept to who took it over, and go on from what was counted since."""
        for period, sums in account.own.items():
            sums.add(account.kept[period], -1)
            account.others[period].add(account.kept[period])
        account.kept = nothing()

    async def _reload(self, account: Account) -> None:
        try:
            await self._load(account, again=True)
        except StorageError as e:
            self._warn(f"what callers spent could not be read: {e.message}")

    async def _load(self, account: Account, *, again: bool = False) -> None:
        async with account.lock:
            if account.loaded and not again:
                return
            own, others = await self._sums(account)
            if not account.loaded:
                for period, sums in own.items():
                    account.own[period].add(sums)
                account.kept, account.loaded = own, True
            account.others, account.read_at = others, self.calendar.clock()

    async def _sums(self, account: Account) -> tuple[Sums, Sums]:
        """Return what is kept of this process and of the others."""
        assert self._store is not None  # noqa: S101 - asked by the callers
        own, others, mine = nothing(), nothing(), self._key(account.name)
        for key in await self._store.kv_keys(NAMESPACE, mine.removesuffix(self._process)):
            at, found = read(await self._store.kv_get(NAMESPACE, key), account.labels)
            if key == mine:
                own = found
                continue
            is_gone = self.calendar.clock() - at > SILENT and await self._store.kv_delete(NAMESPACE, key)
            for period, sums in found.items():
                if is_gone:
                    account.own[period].add(sums)
                else:
                    others[period].add(sums)
            if is_gone:
                account.dirty = True
                self.changed(account)
        return own, others

    def _key(self, name: str) -> str:
        return f"{quote(name, safe='')}/{self._process}"
