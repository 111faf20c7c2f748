"""What is held, how much that is, and what goes when there is no room."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lumosai_plugins.memory import frozen
from lumosai_plugins.memory.settings import Settings
from lumosai_sdk.errors import StorageError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.runs import FINISHED
from lumosai_sdk.types.storage import RunRecord, Thread

_RECORD_BYTES = 1000


class Shelf:
    """Threads in the order they were last used, runs in the order they came."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bytes = 0
        self.threads: dict[str, Thread] = {}
        self.messages: dict[str, list[Message]] = {}
        self.runs: dict[str, RunRecord] = {}
        self.events: dict[str, list[str]] = {}
        self._runs_of: dict[str, dict[str, None]] = {}
        self._values: dict[str, dict[str, tuple[str, float | None, float]]] = {}
        self._value_count = 0

    # --- threads

    def put_thread(self, thread: Thread) -> None:
        """Keep a thread as the one last used."""
        if self.threads.pop(thread.id, None) is None:
            self._make_room_for_thread()
            self.make_room(_RECORD_BYTES)
            self._bytes += _RECORD_BYTES
        self.threads[thread.id] = thread

    def add_messages(self, thread_id: str, messages: Sequence[Message], now: float) -> None:
        """Add to a thread's messages and make it the one last used, and first of all make it."""
        size = frozen.size_of(messages)
        self.make_room(size)
        thread = self.threads.get(thread_id) or Thread(thread_id, created_at=now)
        self.put_thread(thread if thread.updated_at >= now else replace(thread, updated_at=now))
        self.messages.setdefault(thread_id, []).extend(messages)
        self._bytes += size

    def drop_thread(self, thread_id: str) -> bool:
        """Forget a thread, its messages, its runs; tell whether there was one."""
        for run_id in list(self._runs_of.get(thread_id, ())):
            self._drop_run(run_id)
        self._bytes -= frozen.size_of(self.messages.pop(thread_id, []))
        if self.threads.pop(thread_id, None) is None:
            return False
        self._bytes -= _RECORD_BYTES
        return True

    # --- runs

    def put_run(self, run: RunRecord) -> None:
        """Keep a run, in its old place if there was one."""
        old = self.runs.get(run.id)
        size = _size(run) - (_size(old) if old else 0)
        if old is None and len(self.runs) >= self._settings.max_runs and not self._evict_run():
            raise StorageError(
                f"memory holds {len(self.runs)} runs, none of them finished",
                hint="raise max_runs in [plugins.memory.settings]",
            )
        self.make_room(size)
        if old is not None and old.thread_id != run.thread_id:
            self._unlink(old)
        self._bytes += size
        self.runs[run.id] = run
        if run.thread_id is not None:
            self._runs_of.setdefault(run.thread_id, {})[run.id] = None

    def add_events(self, run_id: str, text: str) -> None:
        """Add to a run's events."""
        self.make_room(len(text))
        self.events.setdefault(run_id, []).append(text)
        self._bytes += len(text)

    def _drop_run(self, run_id: str) -> None:
        run = self.runs.pop(run_id)
        self._unlink(run)
        self._bytes -= _size(run)
        self._drop_events(run_id)

    def _drop_events(self, run_id: str) -> None:
        self._bytes -= sum(len(text) for text in self.events.pop(run_id, ()))

    def _unlink(self, run: RunRecord) -> None:
        if run.thread_id is not None and (of_thread := self._runs_of.get(run.thread_id)) is not None:
            of_thread.pop(run.id, None)
            if not of_thread:
                del self._runs_of[run.thread_id]

    # --- values

    def value(self, namespace: str, key: str) -> str | None:
        """Return a value's JSON, unless it is not there or has expired."""
        found = self._values.get(namespace, {}).get(key)
        return found[0] if found and not _expired(found[1]) else None

    def put_value(self, namespace: str, key: str, text: str, expires_at: float | None) -> None:
        """Keep a value's JSON."""
        if key not in self._values.get(namespace, ()) and self._value_count >= self._settings.max_values:
            self._drop_expired(time.time())
            if self._value_count >= self._settings.max_values:
                raise StorageError(
                    f"memory holds {self._value_count} values", hint="raise max_values in [plugins.memory.settings]"
                )
        self.make_room(len(text))
        self._discard(namespace, key)
        self._values.setdefault(namespace, {})[key] = (text, expires_at, time.time())
        self._value_count += 1
        self._bytes += len(text)

    def drop_value(self, namespace: str, key: str) -> bool:
        """Forget a value; tell whether there was one."""
        was = self.value(namespace, key) is not None
        self._discard(namespace, key)
        return was

    def keys(self, namespace: str, prefix: str) -> list[str]:
        """Return the keys with that prefix, sorted."""
        values = self._values.get(namespace, {})
        return sorted(k for k, v in values.items() if k.startswith(prefix) and not _expired(v[1]))

    def _discard(self, namespace: str, key: str) -> None:
        values = self._values.get(namespace, {})
        if (old := values.pop(key, None)) is not None:
            self._value_count -= 1
            self._bytes -= len(old[0])
            if not values:
                del self._values[namespace]

    def _drop_expired(self, before: float) -> int:
        dead = [
            (namespace, key)
            for namespace, values in self._values.items()
            for key, (_, expires_at, set_at) in values.items()
            if _expired(expires_at) and set_at < before
        ]
        for namespace, key in dead:
            self._discard(namespace, key)
        return len(dead)

    # --- room

    def make_room(self, size: int) -> None:
        """Forget what may be forgotten until *size* more bytes fit. Raises StorageError when they cannot."""
        limit = self._settings.max_bytes
        if size > limit:
            raise StorageError(
                f"{size} bytes are more than memory may hold ({limit})",
                hint="raise max_bytes in [plugins.memory.settings]",
            )
        while self._bytes + size > limit:
            if not (self._evict_run() or self._evict_strays() or self._evict_thread()):
                raise StorageError(
                    f"memory is full: {self._bytes} of {limit} bytes are in use",
                    hint="raise max_bytes in [plugins.memory.settings], or use the sqlite plugin",
                )

    def _make_room_for_thread(self) -> None:
        if len(self.threads) >= self._settings.max_threads and not self._evict_thread():
            raise StorageError(
                f"memory holds {len(self.threads)} threads, all with runs under way",
                hint="raise max_threads in [plugins.memory.settings]",
            )

    def _evict_run(self) -> bool:
        oldest = next((r.id for r in self.runs.values() if r.status in FINISHED), None)
        if oldest is not None:
            self._drop_run(oldest)
        return oldest is not None

    def _evict_strays(self) -> bool:
        stray = next((run_id for run_id in self.events if run_id not in self.runs), None)
        if stray is not None:
            self._drop_events(stray)
        return stray is not None

    def _evict_thread(self) -> bool:
        oldest = next((t for t in self.threads if not self._is_busy(t)), None)
        return oldest is not None and self.drop_thread(oldest)

    def _is_busy(self, thread_id: str) -> bool:
        return any(self.runs[r].status not in FINISHED for r in self._runs_of.get(thread_id, ()))

    def purge(self, before: float) -> int:
        """Forget finished runs, threads without runs, and expired values last touched before that time."""
        runs = [r.id for r in self.runs.values() if r.status in FINISHED and max(r.created_at, r.updated_at) < before]
        for run_id in runs:
            self._drop_run(run_id)
        threads = [t.id for t in self._idle_threads() if max(t.created_at, t.updated_at) < before]
        for thread_id in threads:
            self.drop_thread(thread_id)
        return len(runs) + len(threads) + self._drop_expired(before)

    def _idle_threads(self) -> Iterator[Thread]:
        return (t for t in self.threads.values() if t.id not in self._runs_of)


def _size(run: RunRecord) -> int:
    return _RECORD_BYTES + len(run.text) + frozen.size_of(run.messages)


def _expired(expires_at: float | None) -> bool:
    return expires_at is not None and expires_at <= time.time()
