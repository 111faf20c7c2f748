"""A store with a clock of its own, and workers over it."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from lumosai_plugins.schedules.items import Item
from lumosai_plugins.schedules.settings import Settings
from lumosai_plugins.schedules.store import Store
from lumosai_plugins.schedules.worker import Worker
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.runs import RunRequest, RunResult

START = 1_800_000_000.0
Run = Callable[[RunRequest], Awaitable[RunResult]]


class Clock:
    """Tells what time a test says it is."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class Kept:
    """Values by key that expire by the test's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._values: dict[tuple[str, str], tuple[Any, float | None]] = {}
        self.reads = 0

    def _alive(self, place: tuple[str, str]) -> bool:
        found = self._values.get(place)
        return found is not None and (found[1] is None or found[1] > self._clock.now)

    async def kv_get(self, namespace: str, key: str) -> Any:
        self.reads += 1
        place = (namespace, key)
        return copy.deepcopy(self._values[place][0]) if self._alive(place) else None

    async def kv_set(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> None:
        self._values[namespace, key] = (copy.deepcopy(value), None if ttl is None else self._clock.now + ttl)

    async def kv_add(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> bool:
        if self._alive((namespace, key)):
            return False
        await self.kv_set(namespace, key, value, ttl)
        return True

    async def kv_delete(self, namespace: str, key: str) -> bool:
        was = self._alive((namespace, key))
        self._values.pop((namespace, key), None)
        return was

    async def kv_keys(self, namespace: str, prefix: str = "") -> Sequence[str]:
        return sorted(k for n, k in self._values if n == namespace and k.startswith(prefix) and self._alive((n, k)))


class Runs:
    """Makes runs as a test says."""

    def __init__(self) -> None:
        self.made: list[RunRequest] = []
        self.outcomes: list[Any] = []
        self.wait: Callable[[], Awaitable[None]] | None = None

    async def run(self, request: RunRequest) -> RunResult:
        self.made.append(request)
        if self.wait is not None:
            await self.wait()
        outcome = self.outcomes.pop(0) if self.outcomes else "done"
        if isinstance(outcome, Exception):
            raise outcome
        return outcome if isinstance(outcome, RunResult) else RunResult("r", request.agent, "completed", str(outcome))


class World:
    """One store, and as many workers as a test wants."""

    def __init__(self, **settings: Any) -> None:
        self.clock = Clock()
        self.kv = Kept(self.clock)
        self.runs = Runs()
        self.settings = Settings.of(settings)
        self.store = self.fresh()

    def fresh(self) -> Store:
        return Store(self.kv, self.settings, self.clock)

    def worker(self) -> Worker:
        return Worker(self.runs, self.fresh(), PluginContext("schedules").log)  # type: ignore[arg-type]

    async def look(self, worker: Worker, **forward: float) -> None:
        """Let time pass, and a worker look at what is due and do it."""
        self.clock.now += forward.get("seconds", 0.0)
        await worker.look()
        await settled(worker)

    async def states(self) -> list[tuple[str, int]]:
        return [(i.state, i.attempts) for i in await self.store.items()]

    async def only(self) -> Item:
        (item,) = await self.store.items()
        return item


async def settled(worker: Worker) -> None:
    """Wait until a worker has done what it began."""
    import asyncio

    while worker._working:
        await asyncio.wait(list(worker._working.values()))
        await asyncio.sleep(0)


@pytest.fixture
def world() -> Callable[..., World]:
    return World
